/**
 * One thread that measures the peak.
 *
 * @module
 */

import { parentPort } from "node:worker_threads";
import type { PeakAnswer, PeakRequest, PeakStart } from "./peak.ts";

let run: (turns: number, x: number) => number;
parentPort!.on("message", (message: PeakStart | PeakRequest) => {
  if ("module" in message) {
    run = new WebAssembly.Instance(message.module).exports.run as typeof run;
    return;
  }
  const { milliseconds, turns } = message;
  const start = performance.now();
  let done = 0;
  while (performance.now() - start < milliseconds) {
    run(turns, 0.5);
    done += turns;
  }
  const rate = done / ((performance.now() - start) / 1000);
  parentPort!.postMessage({ rate } satisfies PeakAnswer);
});
