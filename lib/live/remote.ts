/**
 * Calls from the page to its worker.
 *
 * @module
 */

import { InputError } from "../support/errors.ts";
import { watchLifeline } from "./lifeline.ts";
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
        reply({ error: { ...describe(error as Error), isAbort: signal.aborted } });
      } finally {
        running.delete(id);
      }
    };
    last = last.then(call);
  });
}

function describe(error: Error): { message: string; hint: string; isInput: boolean } {
  const { message } = error;
  if (error instanceof InputError) return { message, hint: error.hint, isInput: true };
  // What browsers say where they have no memory left
  if (!/out of memory|allocat|array length/i.test(message)) {
    return { message, hint: "", isInput: false };
  }
  return {
    message: `The browser has not enough memory: ${message}`,
    hint: "Close other tabs, or use deno task predict",
    isInput: true,
  };
}

/** The arguments of a function, without its context. */
type Values<F> = F extends (call: CallContext, ...values: infer V) => unknown ? V : never;

/** Options of a call. */
export interface CallOptions {
  readonly signal?: AbortSignal;
  readonly onProgress?: (done: number, total: number) => void;
}

/** Why a worker is no longer there. */
function ended(why: string): InputError {
  return new InputError(`The part of the page that computes has stopped: ${why}`, {
    code: "bad-backend",
    hint: "Reload the page; if it happens again, close other tabs",
  });
}

/** Calls a worker's functions. */
export class Remote<A extends Api> {
  readonly #start: (name: string) => Worker;
  readonly #onEnd: (error: InputError) => void;
  #worker: Worker | null = null;
  /** Why there is none. */
  #error = ended("it did not start");
  #next = 0;
  readonly #waiting = new Map<
    number,
    { settle: (reply: Reply | InputError) => void; options: CallOptions }
  >();

  /**
   * @param start Starts a worker with a name.
   * @param onEnd Called when it has ended, or is ended as it failed; all calls have been rejected.
   */
  constructor(start: (name: string) => Worker, onEnd: (error: InputError) => void) {
    this.#start = start;
    this.#onEnd = onEnd;
    this.restart();
  }

  /** Starts a worker, as the one before has ended. */
  restart(): void {
    const name = `med-nca ${Math.random()}`;
    const worker = this.#worker = this.#start(name);
    const unwatch = watchLifeline(name, () => end(ended("the browser ended it")));
    const end = (error: InputError) => {
      if (worker !== this.#worker) return;
      unwatch();
      worker.terminate();
      this.#worker = null;
      this.#error = error;
      for (const { settle } of this.#waiting.values()) settle(error);
      this.#onEnd(error);
    };
    worker.addEventListener("message", ({ data }: MessageEvent<Reply>) => {
      const waiting = this.#waiting.get(data.id);
      if (data.progress !== undefined) waiting?.options.onProgress?.(...data.progress);
      else waiting?.settle(data);
    });
    worker.addEventListener("error", ({ message }) =>
      // There is no message where its file is missing
      end(message ? ended(message) : cannotLoad("the page's worker", "there is no answer")));
  }

  /**
   * Calls a function.
   *
   * @throws {InputError} The function's errors, or that the worker has ended.
   * @throws {DOMException} An `AbortError`, if the call was cancelled.
   */
  call<K extends keyof A & string>(
    name: K,
    values: Values<A[K]>,
    options: CallOptions = {},
  ): Promise<Awaited<ReturnType<A[K]>>> {
    const worker = this.#worker;
    if (worker === null) return Promise.reject(this.#error);
    const id = this.#next++;
    options.signal?.addEventListener("abort", () => worker.postMessage({ id, cancel: true }));
    return new Promise((resolve, reject) => {
      const settle = (reply: Reply | InputError) => {
        this.#waiting.delete(id);
        if (reply instanceof InputError) return reject(reply);
        const { value, error } = reply;
        if (error === undefined) resolve(value as Awaited<ReturnType<A[K]>>);
        else if (error.isAbort) reject(new DOMException(error.message, "AbortError"));
        else if (!error.isInput) reject(new Error(error.message));
        else reject(new InputError(error.message, { code: "bad-image", hint: error.hint }));
      };
      this.#waiting.set(id, { settle, options });
      worker.postMessage({ id, name, values } satisfies Request);
    });
  }
}
