/**
 * The page's worker for dcm2niix, which the build places beside it, its WebAssembly compressed. It
 * prints nothing: series names and dates are the patient's.
 *
 * @module
 */

import { inflate } from "./inflate.ts";

for (const name of ["log", "info", "warn", "error"] as const) console[name] = () => {};
const load = globalThis.fetch;
// All that it asks for is its WebAssembly
globalThis.fetch = async (address) =>
  new Response(inflate(await load(address)), { headers: { "content-type": "application/wasm" } });
await import(new URL("dcm2niix/worker.jpeg.js", import.meta.url).href);
