/**
 * The threads that run the kernels: this one and workers that sleep between jobs.
 *
 * @module
 */

import { Worker } from "node:worker_threads";
import type { Arena } from "./arena.ts";

/** Words of the control block, each a 32-bit integer. */
export const CONTROL = { generation: 0, task: 1, job: 2 } as const;

/** The barrier's words, on a cache line of their own. See `assembly/threads.ts`. */
export const SYNC_OFFSET = 64;

/** Words at {@linkcode SYNC_OFFSET}. */
export const SYNC = { arrived: 0, generation: 1, next: 2, failed: 3 } as const;

/** What the kernels export. */
export interface Kernels {
  forward(job: number, thread: number): void;
  backward(job: number, thread: number): void;
}

/** The tasks by their number in the control block. */
export const TASKS = ["forward", "backward"] as const;

/** What a worker is given. */
export interface WorkerStart {
  module: WebAssembly.Module;
  memory: WebAssembly.Memory;
  control: number;
  thread: number;
}

/** Runs the kernels on several threads. */
export class Team {
  /** The number of threads, this one included. */
  readonly threads: number;
  /** The address of the barrier's words. */
  readonly sync: number;
  readonly #control: number;
  readonly #kernels: Kernels;
  readonly #arena: Arena;
  readonly #workers: Worker[] = [];

  private constructor(module: WebAssembly.Module, arena: Arena, threads: number) {
    this.threads = threads;
    this.#arena = arena;
    this.#control = arena.allocate(2 * SYNC_OFFSET);
    this.sync = this.#control + SYNC_OFFSET;
    arena.bytes.fill(0, this.#control, this.#control + 2 * SYNC_OFFSET);
    this.#kernels = instantiate(module, arena.memory);
  }

  /**
   * Starts the threads.
   *
   * @param module The compiled kernels.
   * @param arena Their memory.
   * @param threads How many threads, this one included.
   */
  static async start(module: WebAssembly.Module, arena: Arena, threads: number): Promise<Team> {
    const team = new Team(module, arena, threads);
    const ready = [];
    for (let thread = 1; thread < threads; thread++) {
      const worker = new Worker(new URL("./worker.ts", import.meta.url));
      const control = team.#control;
      // A job blocks this thread, and a worker cannot finish starting while it is blocked.
      ready.push(
        new Promise((resolve, reject) => worker.once("message", resolve).once("error", reject)),
      );
      worker.postMessage({ module, memory: arena.memory, control, thread } satisfies WorkerStart);
      team.#workers.push(worker);
    }
    await Promise.all(ready);
    // Workers that sleep do not keep the program alive.
    for (const worker of team.#workers) worker.unref();
    return team;
  }

  /** Runs a task on every thread and returns when all are done. */
  run(task: typeof TASKS[number], job: number): void {
    const words = this.#arena.integers;
    const control = this.#control / 4;
    words[this.sync / 4 + SYNC.arrived] = 0;
    words[this.sync / 4 + SYNC.next] = 0;
    words[control + CONTROL.task] = TASKS.indexOf(task);
    words[control + CONTROL.job] = job;
    Atomics.add(words, control + CONTROL.generation, 1);
    Atomics.notify(words, control + CONTROL.generation);
    try {
      this.#kernels[task](job, 0);
    } catch (cause) {
      throw new Error(`Cannot run ${task}: a thread of the engine failed`, { cause });
    }
  }

  /** Ends the workers. */
  dispose(): void {
    for (const worker of this.#workers) worker.terminate();
  }
}

/** An instance of the kernels on a memory. */
export function instantiate(module: WebAssembly.Module, memory: WebAssembly.Memory): Kernels {
  const instance = new WebAssembly.Instance(module, {
    env: {
      memory,
      abort: () => {
        throw new Error("The kernel stopped itself");
      },
    },
  });
  return instance.exports as unknown as Kernels;
}
