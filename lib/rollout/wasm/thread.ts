/**
 * A thread of the `wasm` engine: it sleeps until a job arrives, runs its part, and sleeps again.
 *
 * @module
 */

import type { teamBuffers } from "./buffers.ts";
import { instantiate, TASKS } from "./kernels.ts";

/** The longest sleep in ms: the runtime can end a worker only between sleeps. */
const NAP = 100;

/** Where the words of {@linkcode teamBuffers} lie among the memory's integers. */
export type Words = {
  [B in keyof ReturnType<typeof teamBuffers>]: Record<string, number>;
};

/** The input of a thread. */
export interface ThreadStart {
  module: WebAssembly.Module;
  memory: WebAssembly.Memory;
  words: Words;
  thread: number;
}

/** A running thread. */
export interface Thread {
  terminate(): void;
}

/** Starts a thread and resolves when it is ready: Deno and browsers have different workers. */
export type StartThread = (start: ThreadStart) => Promise<Thread>;

/**
 * Runs jobs until the worker is ended.
 *
 * @param onReady Called before the first sleep.
 */
export function runThread(
  { module, memory, words, thread }: ThreadStart,
  onReady: () => void,
): never {
  const kernels = instantiate(
    module,
    memory,
    (address, bytes) => `The kernels accessed ${bytes} bytes at ${address}, outside of all buffers`,
  );
  const { control, sync } = words;
  const integers = new Int32Array(memory.buffer);
  let seen = 0;
  onReady();
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
}
