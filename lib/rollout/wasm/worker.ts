/**
 * One thread of the `wasm` engine: it sleeps until a job comes, runs its share, and sleeps again.
 *
 * @module
 */

import { parentPort } from "node:worker_threads";
import { CONTROL, instantiate, TASKS, type WorkerStart } from "./team.ts";

/** How long one sleep lasts at the most, in ms: the runtime ends a worker only between sleeps. */
const NAP = 100;

parentPort!.once("message", ({ module, memory, control, thread }: WorkerStart) => {
  const kernels = instantiate(module, memory);
  const words = new Int32Array(memory.buffer);
  const at = control / 4;
  let seen = 0;
  let seenPages = 0;
  parentPort!.postMessage("ready");
  while (true) {
    Atomics.wait(words, at + CONTROL.generation, seen, NAP);
    const generation = Atomics.load(words, at + CONTROL.generation);
    if (generation === seen) continue;
    seen = generation;
    // Growth by another thread reaches this one's instance late, unless it grows by nothing itself.
    const pages = words[at + CONTROL.pages]!;
    if (pages !== seenPages) memory.grow(0);
    seenPages = pages;
    kernels[TASKS[words[at + CONTROL.task]!]!](words[at + CONTROL.job]!, thread);
  }
});
