import { Worker } from "node:worker_threads";
import type { ModelShape } from "../types.ts";
import { type Build, hasRelaxedSimd, hasSharedMemory } from "./build.ts";
import { MAX_PAGES } from "./buffers.ts";
import { compileKernels } from "./compile.ts";
import type { Thread, ThreadStart } from "./thread.ts";
import { WasmEngine } from "./wasm_engine.ts";

/**
 * Creates the engine: compiles its kernels if necessary, and starts its threads.
 *
 * @param options.shape Channels and hidden units of the model. Default: 16 and 64.
 * @param options.threads Threads, including this one. Default: one per core.
 * @param options.relaxed Whether to use relaxed SIMD. Default: if the machine has it.
 * @param options.shared Whether threads share memory. Default: if the runtime supports it. Without
 * it there is only one thread.
 * @param options.wide Whether the kernels are for V8's revectorizer, see the tasks' V8 flags.
 * Default: true.
 * @param options.checked Whether every access to memory is checked, for tests; much slower.
 * @throws {RangeError} If the shape cannot be run or there is less than one thread.
 */
export async function createWasmEngine(
  options: { shape?: ModelShape; threads?: number } & Partial<Build> = {},
): Promise<WasmEngine> {
  const shape = options.shape ?? { channels: 16, hidden: 64 };
  const threads = options.threads ?? navigator.hardwareConcurrency;
  const { relaxed = hasRelaxedSimd(), shared = hasSharedMemory() } = options;
  const { wide = true, checked = false } = options;
  const build = { relaxed, shared, wide, checked };
  if (!Number.isInteger(threads) || threads < 1) {
    throw new RangeError(`Cannot start threads: must be at least 1, got ${threads}`);
  }
  const module = await compileKernels(shape, build);
  return await WasmEngine.start(module, {
    shape,
    build,
    threads,
    maxPages: MAX_PAGES,
    startThread: startDenoThread,
  });
}

/** Starts a thread that, while it sleeps, does not keep the program alive. */
async function startDenoThread(start: ThreadStart): Promise<Thread> {
  // Without an environment of its own it would ask for all of this one's
  const worker = new Worker(workerUrl(), { env: {} });
  const ready = new Promise((resolve, reject) =>
    worker.once("message", resolve).once("error", reject)
  );
  worker.postMessage(start);
  await ready;
  worker.unref();
  return worker;
}

/** A worker starts from a file or from data: one from the web is imported by a line of data. */
function workerUrl(): URL {
  const url = new URL("./worker.ts", import.meta.url);
  if (url.protocol === "file:") return url;
  return new URL(`data:text/javascript,import ${JSON.stringify(url)}`);
}
