/**
 * The threads that run the kernels: this one and workers that sleep between jobs.
 *
 * @module
 */

import { Worker } from "node:worker_threads";
import { Allocation } from "./allocation.ts";
import type { Arena } from "./arena.ts";
import { teamBuffers } from "./buffers.ts";
import type { CheckedRanges } from "./checked.ts";

/** What the kernels export. */
export interface Kernels {
  forward(job: number, thread: number): void;
  backward(job: number, thread: number): void;
}

/** The tasks by their number in the control block. */
export const TASKS = ["forward", "backward"] as const;

/** Where the words of {@linkcode teamBuffers} lie among the memory's integers. */
export type Words = {
  [B in keyof ReturnType<typeof teamBuffers>]: Record<string, number>;
};

/** What a worker is given. */
export interface WorkerStart {
  module: WebAssembly.Module;
  memory: WebAssembly.Memory;
  words: Words;
  thread: number;
}

/** Runs the kernels on several threads. */
export class Team {
  /** The number of threads, this one included. */
  readonly threads: number;
  /** What the threads share. */
  readonly memory: Allocation;
  readonly #words: Words;
  readonly #kernels: Kernels;
  readonly #arena: Arena;
  #ranges: CheckedRanges | undefined;
  readonly #workers: Worker[] = [];

  private constructor(module: WebAssembly.Module, arena: Arena, threads: number) {
    this.threads = threads;
    this.#arena = arena;
    this.memory = new Allocation(arena);
    this.memory.add(teamBuffers());
    for (const { begin, end } of this.memory.ranges()) arena.bytes.fill(0, begin, end);
    this.#words = { control: this.memory.words("control"), sync: this.memory.words("sync") };
    this.#kernels = instantiate(
      module,
      arena.memory,
      (address, bytes) => this.#ranges!.describe(address, bytes),
    );
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
      const worker = new Worker(workerUrl());
      // A job blocks this thread, and a worker cannot finish starting while it is blocked.
      ready.push(
        new Promise((resolve, reject) => worker.once("message", resolve).once("error", reject)),
      );
      worker.postMessage(
        { module, memory: arena.memory, words: team.#words, thread } satisfies WorkerStart,
      );
      team.#workers.push(worker);
    }
    await Promise.all(ready);
    // Workers that sleep do not keep the program alive.
    for (const worker of team.#workers) worker.unref();
    return team;
  }

  /**
   * Runs a task on every thread and returns when all are done.
   *
   * @param job The address of the job.
   * @param ranges What it may touch.
   */
  run(task: typeof TASKS[number], job: number, ranges: CheckedRanges): void {
    this.#ranges = ranges;
    const integers = this.#arena.integers;
    const { control, sync } = this.#words;
    integers[sync.arrived!] = 0;
    integers[sync.next!] = 0;
    integers[control.task!] = TASKS.indexOf(task);
    integers[control.job!] = job;
    Atomics.add(integers, control.generation!, 1);
    Atomics.notify(integers, control.generation!);
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

/** A worker starts from a file or from data: one from the web is imported by a line of data. */
function workerUrl(): URL {
  const url = new URL("./worker.ts", import.meta.url);
  if (url.protocol === "file:") return url;
  return new URL(`data:text/javascript,import ${JSON.stringify(url)}`);
}

/**
 * An instance of the kernels on a memory.
 *
 * @param describe Says what a checked build touched that it may not.
 */
export function instantiate(
  module: WebAssembly.Module,
  memory: WebAssembly.Memory,
  describe: (address: number, bytes: number) => string,
): Kernels {
  const instance = new WebAssembly.Instance(module, {
    env: {
      memory,
      abort: () => {
        throw new Error("The kernel stopped itself");
      },
      outside: (address: number, bytes: number) => {
        throw new RangeError(describe(address >>> 0, bytes));
      },
    },
  });
  return instance.exports as unknown as Kernels;
}
