/**
 * Chooses where tensors and rollouts run.
 *
 * @module
 */

import * as tf from "@tensorflow/tfjs";
import { OpsEngine } from "./rollout/ops/ops_engine.ts";
import { setRolloutEngine } from "./rollout/rollout.ts";
import type { ModelShape, RolloutEngine } from "./rollout/types.ts";
import { canCompile } from "./rollout/wasm/build.ts";
import { createWasmEngine } from "./rollout/wasm/create_wasm_engine.ts";
import { findHardware } from "./rollout/webgpu/adapter.ts";
import { InputError } from "./support/errors.ts";
import { nearest } from "./support/nearest.ts";
import { loadTensorflow, loadTensorflowOnGpu } from "./tensorflow_backend.ts";

/** What `--backend` takes. */
export const BACKENDS = ["auto", "wasm", "ops", "webgpu", "tensorflow"] as const;

/** The name of a backend. */
export type BackendName = typeof BACKENDS[number];

/** The environment variable that chooses a backend if no flag does. */
export const BACKEND_VARIABLE = "MED_NCA_BACKEND";

/** The backend that was chosen. */
export interface Backend {
  /** Its name: never "auto". */
  readonly name: Exclude<BackendName, "auto">;
  /** What was chosen, in one line for the user. */
  describe(): string;
  /** Ends its threads and frees its memory. */
  dispose(): void;
}

/** What {@linkcode initBackend} takes. */
export interface BackendOptions {
  /**
   * Which backend. Default: the environment variable `MED_NCA_BACKEND`, or "auto": the first that
   * works of the GPU engine (on hardware GPUs, outside notebooks), TensorFlow (if its optional
   * package is installed and finds a GPU), the fused CPU engine, and plain ops (for shapes without
   * kernels).
   */
  backend?: string;
  /** Threads of the `wasm` engine. Default: one per core. */
  threads?: number;
  /** Channels of the model that will run. Default: 16. */
  channels?: number;
  /** Hidden units of the model that will run. Default: 64. */
  hidden?: number;
}

/** What is available. Slow checks run only if the choice depends on them. */
export interface AvailableBackends {
  /** A GPU for WebGPU, with readable tensors. */
  webgpu(): Promise<boolean>;
  /** TensorFlow's library with a GPU. */
  tensorflow(): Promise<boolean>;
  /** Whether the fused engine has kernels for the model. */
  wasm: boolean;
}

/**
 * The chosen backend: the requested one, or for "auto" the fastest available.
 *
 * @throws {InputError} If there is no backend of this name.
 */
export async function chooseBackend(
  asked: string,
  available: AvailableBackends,
): Promise<Backend["name"]> {
  const backend = BACKENDS.find((name) => name === asked);
  if (backend === undefined) {
    const near = nearest(asked, BACKENDS);
    throw new InputError(`Cannot choose a backend: ${asked} is not one of ${BACKENDS.join(", ")}`, {
      code: "bad-backend",
      hint: near ? `Did you mean ${near}?` : "",
    });
  }
  if (backend !== "auto") return backend;
  if (await available.webgpu()) return "webgpu";
  if (await available.tensorflow()) return "tensorflow";
  return available.wasm ? "wasm" : "ops";
}

/**
 * Chooses where to run and sets tfjs and the rollout up for it. Call it once, before the first
 * tensor is made.
 *
 * On `webgpu`, tensors can only be read with `await tensor.data()`, not with `dataSync()`.
 *
 * @throws {InputError} If the name is unknown, the backend cannot run the model, its native library
 * is not installed, or there is no GPU.
 */
export async function initBackend(options: BackendOptions = {}): Promise<Backend> {
  const { threads, channels = 16, hidden = 64 } = options;
  const shape = { channels, hidden };
  // Otherwise tfjs advertises its native package on every start.
  tf.enableProdMode();
  const name = await chooseBackend(options.backend ?? Deno.env.get(BACKEND_VARIABLE) ?? "auto", {
    webgpu: () => hasGpu(shape),
    tensorflow: async () => await loadTensorflowOnGpu() !== undefined,
    wasm: canCompile(shape),
  });
  const { engine, library } = await open[name](shape, threads);
  setRolloutEngine(engine);
  return {
    name,
    describe: () => `${name}: ${engine.description}${library}`,
    dispose: () => engine.dispose(),
  };
}

/** An engine, and the native library below it, for {@linkcode Backend.describe}. */
interface Opened {
  engine: RolloutEngine;
  library: string;
}

/** Sets tfjs up for each backend and makes the engine. */
const open: Record<
  Backend["name"],
  (shape: ModelShape, threads: number | undefined) => Promise<Opened>
> = {
  wasm: async (shape, threads) => {
    if (!canCompile(shape)) {
      throw new InputError(
        "Cannot run on wasm: channels and hidden must be multiples of 8, " +
          `got ${shape.channels} and ${shape.hidden}`,
        { code: "bad-backend", hint: "Change them, or use --backend ops" },
      );
    }
    await tf.setBackend("cpu");
    const engine = await createWasmEngine({ shape, ...(threads && { threads }) });
    return { engine, library: "" };
  },
  ops: async () => {
    await tf.setBackend("cpu");
    return { engine: new OpsEngine(), library: "" };
  },
  webgpu: async (shape) => {
    quietenMesa();
    // It and tfjs's own backend are loaded only here.
    const { WebGpuEngine } = await import("./rollout/webgpu/webgpu_engine.ts");
    return { engine: await WebGpuEngine.create({ shape }), library: "" };
  },
  tensorflow: async () => {
    const { version, gpu } = await loadTensorflow();
    const library = `, libtensorflow ${version} on ${gpu ? "a GPU" : "the CPU"}`;
    return { engine: new OpsEngine(), library };
  },
};

/** Whether `auto` chooses a GPU: only hardware, and not in notebooks, where cells read tensors. */
async function hasGpu(shape: ModelShape): Promise<boolean> {
  if (inNotebook()) return false;
  quietenMesa();
  return await findHardware(shape) !== null;
}

/** Notebooks read tensors with `dataSync`, which WebGPU supports only in browsers. */
function inNotebook(): boolean {
  try {
    return (Deno as { jupyter?: unknown }).jupyter !== undefined;
  } catch {
    return false;
  }
}

/** Keeps a layer of Mesa's drivers from printing errors when there is no desktop session. */
export function quietenMesa(): void {
  if (Deno.build.os !== "linux" || Deno.env.has("XDG_RUNTIME_DIR")) return;
  Deno.env.set("NODEVICE_SELECT", "1");
}
