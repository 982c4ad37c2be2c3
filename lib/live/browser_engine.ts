/**
 * Chooses the engine in a browser.
 *
 * @module
 */

import * as tf from "@tensorflow/tfjs";
import { setRolloutEngine } from "../rollout/rollout.ts";
import type { ModelShape, RolloutEngine } from "../rollout/types.ts";
import { hasRelaxedSimd, hasSharedMemory } from "../rollout/wasm/build.ts";
import type { Thread, ThreadStart } from "../rollout/wasm/thread.ts";
import { WasmEngine } from "../rollout/wasm/wasm_engine.ts";
import { findHardware } from "../rollout/webgpu/adapter.ts";
import { InputError } from "../support/errors.ts";
import type { BackendName, BrowserEngine } from "./backend_name.ts";
import { KERNEL_SHAPES, kernelFile } from "./kernel_files.ts";
import { loadFile } from "./load_file.ts";

/** 1 GB: browsers on phones reserve no more. */
const MAX_PAGES = 16384;

/** More threads gain little on slices. */
const MOST_THREADS = 8;

/** What runs, and what it was started for. */
let current: { wanted: string; engine: RolloutEngine; facts: BrowserEngine } | null = null;

/**
 * Starts WebGPU if there is a hardware adapter, else WebAssembly: on threads if the page is
 * isolated, otherwise on one thread. What runs already is used again: that threads end is an error,
 * see `lifeline.ts`.
 *
 * @param base The address of the page's files.
 * @throws {InputError} If the page has no kernels for the model.
 */
export async function startEngine(
  shape: ModelShape,
  backend: BackendName,
  base: string,
): Promise<BrowserEngine> {
  const wanted = JSON.stringify([shape, backend]);
  if (current?.wanted === wanted) return current.facts;
  tf.enableProdMode();
  const isGpu = backend === "webgpu" || (backend === "auto" && await hasGpu(shape));
  if (!isGpu) requireKernels(shape);
  current?.engine.dispose();
  current = null;
  const notes: string[] = [];
  const attempt = async (open: () => Promise<RolloutEngine>, what: string) => {
    try {
      return await open();
    } catch (error) {
      notes.push(`${what} did not start: ${(error as Error).message}`);
      return null;
    }
  };
  const wants = (name: BackendName) => backend === "auto" || backend === name;
  let [name, engine]: [BrowserEngine["name"], RolloutEngine | null] = ["webgpu", null];
  if (isGpu) engine = await attempt(() => openWebGpu(shape), "WebGPU");
  if (engine === null && (wants("threads") || backend === "webgpu")) {
    name = "threads";
    if (hasSharedMemory()) engine = await attempt(() => openWasm(shape, base, true), "Threads");
    else notes.push("No threads: the page is not isolated from others");
  }
  if (engine === null) [name, engine] = ["wasm", await openWasm(shape, base, false)];
  setRolloutEngine(engine);
  current = { wanted, engine, facts: { name, description: engine.description, notes } };
  return current.facts;
}

async function hasGpu(shape: ModelShape): Promise<boolean> {
  return await findHardware(shape).catch(() => null) !== null;
}

async function openWebGpu(shape: ModelShape): Promise<RolloutEngine> {
  const { WebGpuEngine } = await import("../rollout/webgpu/webgpu_engine.ts");
  return await WebGpuEngine.create({ shape });
}

function requireKernels({ channels, hidden }: ModelShape): void {
  if (KERNEL_SHAPES.some((each) => each.channels === channels && each.hidden === hidden)) return;
  const known = KERNEL_SHAPES.map((each) => `${each.channels} and ${each.hidden}`).join(", ");
  throw new InputError(
    `Cannot run this model: the page has kernels for ${known} channels and hidden units, ` +
      `not for ${channels} and ${hidden}`,
    { code: "bad-backend", hint: "Use deno task predict" },
  );
}

async function openWasm(shape: ModelShape, base: string, shared: boolean): Promise<RolloutEngine> {
  requireKernels(shape);
  await tf.setBackend("cpu");
  const build = { relaxed: hasRelaxedSimd(), shared, wide: false, checked: false };
  const response = await loadFile(new URL(kernelFile(shape, build), base));
  const module = await WebAssembly.compile(await response.arrayBuffer());
  const threads = shared ? Math.min(navigator.hardwareConcurrency, MOST_THREADS) : 1;
  return await WasmEngine.start(module, {
    ...{ shape, build, threads, maxPages: MAX_PAGES },
    startThread: (start) => startThread(start, base),
  });
}

function startThread(start: ThreadStart, base: string): Promise<Thread> {
  const { name } = globalThis as unknown as { readonly name: string };
  const worker = new Worker(new URL("thread.js", base), { type: "module", name });
  return new Promise((resolve, reject) => {
    worker.onmessage = () => resolve(worker);
    worker.onerror = ({ message }) => reject(new Error(message || "a worker did not start"));
    worker.postMessage(start);
  });
}
