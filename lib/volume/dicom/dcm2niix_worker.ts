/**
 * dcm2niix's own worker without its output, which contains series names and dates.
 *
 * @module
 */

import { Dcm2niix } from "@niivue/dcm2niix";

for (const name of ["log", "info", "warn", "error"] as const) console[name] = () => {};
let script = "";
// It starts a worker from an internal file; this worker replaces it
globalThis.Worker = class {
  constructor(url: URL) {
    script = url.href;
  }
} as unknown as typeof Worker;
void new Dcm2niix().init();
await import(script);
