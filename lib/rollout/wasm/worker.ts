/**
 * One thread of the `wasm` engine: it sleeps until a job comes, runs its share, and sleeps again.
 *
 * @module
 */

import { parentPort } from "node:worker_threads";
import { instantiate, TASKS, type WorkerStart } from "./team.ts";

/** How long one sleep lasts at the most, in ms: the runtime ends a worker only between sleeps. */
const NAP = 100;

parentPort!.once("message", ({ module, memory, words, thread }: WorkerStart) => {
  const kernels = instantiate(
    module,
    memory,
    (address, bytes) => `The kernels touched ${bytes} bytes at ${address}, outside of all buffers`,
  );
  const { control, sync } = words;
  const integers = new Int32Array(memory.buffer);
  let seen = 0;
  parentPort!.postMessage("ready");
  while (true) {
    Atomics.wait(integers, control.generation!, seen, NAP);
    const generation = Atomics.load(integers, control.generation!);
    if (generation === seen) continue;
    seen = generation;
    try {
      kernels[TASKS[integers[control.task!]!]!](integers[control.job!]!, thread);
    } catch (error) {
      // The others wait for this thread at the barrier.
      Atomics.store(integers, sync.failed!, 1);
      Atomics.notify(integers, sync.generation!);
      throw error;
    }
  }
});
