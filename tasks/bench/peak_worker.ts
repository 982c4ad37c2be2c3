/**
 * One thread that measures the peak: it takes the kernel's module once, then for how many
 * milliseconds to run it, and answers turns a second.
 *
 * @module
 */

import { parentPort } from "node:worker_threads";

/** Turns between two looks at the clock: about a millisecond. */
const TURNS = 100_000;

let run: (turns: number, x: number) => number;
parentPort!.on("message", (message: WebAssembly.Module | number) => {
  if (typeof message !== "number") {
    run = new WebAssembly.Instance(message).exports.run as typeof run;
    return;
  }
  const start = performance.now();
  let turns = 0;
  while (performance.now() - start < message) {
    run(TURNS, 0.5);
    turns += TURNS;
  }
  parentPort!.postMessage(turns / ((performance.now() - start) / 1000));
});
