import { Worker } from "node:worker_threads";
import { InputError } from "../support/errors.ts";
import type { CaseSource } from "./discovery/case_source.ts";
import { type CaseJob, extractCase } from "./extract_case.ts";

import type { CaseRecords } from "./unfinished.ts";

/** A request to a worker. */
export interface CaseRequest {
  number: number;
  source: CaseSource;
  job: CaseJob;
}

/** A worker's answer. */
export type CaseAnswer =
  & { number: number }
  & (
    | { records: CaseRecords }
    | { error: unknown; inputError: Pick<InputError, "message" | "code" | "hint" | "path"> | null }
  );

interface Member {
  worker: Worker;
  busy: number;
}

type Waiting = { resolve: (records: CaseRecords) => void; reject: (error: unknown) => void };

/** Cuts cases on other threads, or on this one if none were started. */
export class CaseWorkers {
  readonly #members: Member[] = [];
  readonly #waiting = new Map<number, Waiting>();
  #next = 0;

  private constructor() {}

  /**
   * Starts threads.
   *
   * @param most The most threads; never more than cores. Below 2: none.
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

  /** Runs {@linkcode extractCase} on the least busy thread. */
  async run(source: CaseSource, job: CaseJob): Promise<CaseRecords> {
    const [first] = this.#members.toSorted((a, b) => a.busy - b.busy);
    if (first === undefined) return await extractCase(source, job);
    const number = this.#next++;
    first.busy++;
    try {
      return await new Promise<CaseRecords>((resolve, reject) => {
        this.#waiting.set(number, { resolve, reject });
        first.worker.postMessage({ number, source, job } satisfies CaseRequest);
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
    if ("records" in answer) return waiting.resolve(answer.records);
    const { inputError } = answer;
    waiting.reject(inputError === null ? answer.error : InputError.revive(inputError));
  }

  #fail(error: unknown): void {
    for (const { reject } of this.#waiting.values()) reject(error);
  }
}
