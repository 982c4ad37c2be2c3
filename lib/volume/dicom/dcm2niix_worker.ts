/**
 * dcm2niix's own worker, but one that prints nothing: what it says has names of series and dates.
 *
 * @module
 */

import { Dcm2niix } from "@niivue/dcm2niix";

for (const name of ["log", "info", "warn", "error"] as const) console[name] = () => {};
let script = "";
// It starts a worker from a file that only it knows: this worker takes its place
globalThis.Worker = class {
  constructor(url: URL) {
    script = url.href;
  }
} as unknown as typeof Worker;
void new Dcm2niix().init();
await import(script);
