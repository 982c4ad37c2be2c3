/**
 * The threads that process the cases of a data set.
 *
 * @module
 */

import { Worker } from "node:worker_threads";
import { type CaseResult, type CaseWork, processCase } from "./process_case.ts";

/** What a worker answers: the result, or the error that no finding tells. */
export type CaseAnswer = { number: number } & ({ result: CaseResult } | { error: unknown });

interface Member {
  worker: Worker;
  busy: number;
}

type Waiting = { resolve: (result: CaseResult) => void; reject: (error: unknown) => void };

/** Processes cases on other threads, or on this one where none were started. */
export class CaseWorkers {
  readonly #members: Member[] = [];
  readonly #waiting = new Map<number, Waiting>();
  #next = 0;

  private constructor() {}

  /**
   * Starts threads.
   *
   * @param most How many at the most; there are never more than cores. Below 2 there are none.
   */
  static start(most: number): CaseWorkers {
    const workers = new CaseWorkers();
    const count = Math.min(Math.floor(most), navigator.hardwareConcurrency);
    if (count < 2) return workers;
    for (let i = 0; i < count; i++) {
      const worker = new Worker(new URL("./case_worker.ts", import.meta.url));
      worker.on("message", (answer: CaseAnswer) => workers.#settle(answer));
      worker.on("error", (error) => workers.#fail(error));
      workers.#members.push({ worker, busy: 0 });
    }
    return workers;
  }

  /** Processes a case on the thread that has the least to do. */
  async run(work: CaseWork): Promise<CaseResult> {
    const [first] = this.#members.toSorted((a, b) => a.busy - b.busy);
    if (first === undefined) return await processCase(work);
    const number = this.#next++;
    first.busy++;
    try {
      return await new Promise<CaseResult>((resolve, reject) => {
        this.#waiting.set(number, { resolve, reject });
        first.worker.postMessage({ number, work });
      });
    } finally {
      first.busy--;
      this.#waiting.delete(number);
    }
  }

  /** Ends the threads. */
  close(): void {
    for (const { worker } of this.#members) worker.terminate();
  }

  #settle(answer: CaseAnswer): void {
    const waiting = this.#waiting.get(answer.number)!;
    if ("error" in answer) waiting.reject(answer.error);
    else waiting.resolve(answer.result);
  }

  #fail(error: unknown): void {
    for (const { reject } of this.#waiting.values()) reject(error);
  }
}
