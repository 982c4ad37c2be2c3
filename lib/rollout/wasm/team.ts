import { Allocation } from "./allocation.ts";
import type { Arena } from "./arena.ts";
import { teamBuffers } from "./buffers.ts";
import type { CheckedRanges } from "./checked.ts";
import { instantiate, type Kernels, TASKS } from "./kernels.ts";
import type { StartThread, Thread, Words } from "./thread.ts";

/** Runs the kernels on several threads. */
export class Team {
  /** The number of threads, this one included. */
  readonly threads: number;
  /** The memory that the threads share. */
  readonly memory: Allocation;
  readonly #words: Words;
  readonly #kernels: Kernels;
  readonly #arena: Arena;
  #ranges: CheckedRanges | undefined;
  readonly #workers: Thread[] = [];

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

  /** Starts the threads. */
  static async start(
    module: WebAssembly.Module,
    arena: Arena,
    threads: number,
    startThread: StartThread,
  ): Promise<Team> {
    const team = new Team(module, arena, threads);
    // A job blocks this thread, and a worker cannot finish starting while it is blocked.
    const starts = Array.from(
      { length: threads - 1 },
      (_, i) => startThread({ module, memory: arena.memory, words: team.#words, thread: i + 1 }),
    );
    team.#workers.push(...await Promise.all(starts));
    return team;
  }

  /** Runs a task on every thread and returns when all are done. */
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
