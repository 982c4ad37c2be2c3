/**
 * Calls from the page to its worker.
 *
 * @module
 */

import { InputError } from "../support/errors.ts";
import { cannotLoad } from "./load_file.ts";

/** A worker's functions, of cloneable values. */
export type Api = Record<string, (call: CallContext, ...values: never[]) => unknown>;

/** The context of a running function. */
export interface CallContext {
  /** Aborted if the caller has cancelled the call. */
  readonly signal: AbortSignal;
  /** Reports progress to the caller. */
  readonly progress: (done: number, total: number) => void;
}

type Request = { id: number; name: string; values: unknown[] } | { id: number; cancel: true };

interface Reply {
  id: number;
  value?: unknown;
  progress?: [done: number, total: number];
  error?: { message: string; hint: string; isInput: boolean; isAbort: boolean };
}

/** Answers calls in a worker, one after the other. */
export function serveCalls(api: Api): void {
  const running = new Map<number, AbortController>();
  let last: Promise<void> = Promise.resolve();
  addEventListener("message", ({ data }: MessageEvent<Request>) => {
    const { id } = data;
    if ("cancel" in data) {
      running.get(id)?.abort();
      return;
    }
    const reply = (rest: Omit<Reply, "id">) => postMessage({ id, ...rest } satisfies Reply);
    const controller = new AbortController();
    running.set(id, controller);
    const { signal } = controller;
    const call = async () => {
      try {
        signal.throwIfAborted();
        const progress = (done: number, total: number) => reply({ progress: [done, total] });
        reply({ value: await api[data.name]!({ signal, progress }, ...data.values as never[]) });
      } catch (error) {
        const { message } = error as Error;
        const [isInput, hint] = error instanceof InputError ? [true, error.hint] : [false, ""];
        reply({ error: { message, hint, isInput, isAbort: signal.aborted } });
      } finally {
        running.delete(id);
      }
    };
    last = last.then(call);
  });
}

/** The arguments of a function, without its context. */
type Values<F> = F extends (call: CallContext, ...values: infer V) => unknown ? V : never;

/** Options of a call. */
export interface CallOptions {
  readonly signal?: AbortSignal;
  readonly onProgress?: (done: number, total: number) => void;
}

/** Calls a worker's functions. */
export class Remote<A extends Api> {
  readonly #worker: Worker;
  #next = 0;
  readonly #waiting = new Map<number, { settle: (reply: Reply) => void; options: CallOptions }>();

  /** @param onCrash Called if the worker itself fails. */
  constructor(worker: Worker, onCrash: (error: Error) => void) {
    this.#worker = worker;
    worker.addEventListener("message", ({ data }: MessageEvent<Reply>) => {
      const waiting = this.#waiting.get(data.id);
      if (data.progress !== undefined) waiting?.options.onProgress?.(...data.progress);
      else waiting?.settle(data);
    });
    worker.addEventListener("error", ({ message }) =>
      // There is no message where its file is missing
      onCrash(
        message ? new Error(message) : cannotLoad("the page's worker", "there is no answer"),
      ));
  }

  /**
   * Calls a function.
   *
   * @throws {InputError} The function's errors.
   * @throws {DOMException} An `AbortError`, if the call was cancelled.
   */
  call<K extends keyof A & string>(
    name: K,
    values: Values<A[K]>,
    options: CallOptions = {},
  ): Promise<Awaited<ReturnType<A[K]>>> {
    const id = this.#next++;
    options.signal?.addEventListener("abort", () => this.#worker.postMessage({ id, cancel: true }));
    return new Promise((resolve, reject) => {
      const settle = ({ value, error }: Reply) => {
        this.#waiting.delete(id);
        if (error === undefined) resolve(value as Awaited<ReturnType<A[K]>>);
        else if (error.isAbort) reject(new DOMException(error.message, "AbortError"));
        else if (!error.isInput) reject(new Error(error.message));
        else reject(new InputError(error.message, { code: "bad-image", hint: error.hint }));
      };
      this.#waiting.set(id, { settle, options });
      this.#worker.postMessage({ id, name, values } satisfies Request);
    });
  }
}
