/**
 * One thread of the `wasm` engine: it sleeps until a job comes, runs its share, and sleeps again.
 *
 * @module
 */

import { parentPort } from "node:worker_threads";
import { CONTROL, instantiate, SYNC, SYNC_OFFSET, TASKS, type WorkerStart } from "./team.ts";

/** How long one sleep lasts at the most, in ms: the runtime ends a worker only between sleeps. */
const NAP = 100;

parentPort!.once("message", ({ module, memory, control, thread }: WorkerStart) => {
  const kernels = instantiate(module, memory);
  const words = new Int32Array(memory.buffer);
  const at = control / 4;
  const sync = (control + SYNC_OFFSET) / 4;
  let seen = 0;
  parentPort!.postMessage("ready");
  while (true) {
    Atomics.wait(words, at + CONTROL.generation, seen, NAP);
    const generation = Atomics.load(words, at + CONTROL.generation);
    if (generation === seen) continue;
    seen = generation;
    try {
      kernels[TASKS[words[at + CONTROL.task]!]!](words[at + CONTROL.job]!, thread);
    } catch (error) {
      // The others wait for this thread at the barrier.
      Atomics.store(words, sync + SYNC.failed, 1);
      Atomics.notify(words, sync + SYNC.generation);
      throw error;
    }
  }
});
