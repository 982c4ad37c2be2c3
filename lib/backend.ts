/**
 * The one place that chooses where tensors and rollouts run.
 *
 * @module
 */

import * as tf from "@tensorflow/tfjs";
import { OpsEngine } from "./rollout/ops/ops_engine.ts";
import { setRolloutEngine } from "./rollout/rollout.ts";
import type { RolloutEngine } from "./rollout/types.ts";
import { WasmEngine } from "./rollout/wasm/wasm_engine.ts";
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
  const asked = options.backend ?? Deno.env.get(BACKEND_VARIABLE) ?? "auto";
  if (!(BACKENDS as readonly string[]).includes(asked)) {
    const near = nearest(asked, BACKENDS);
    throw new InputError(`Cannot choose a backend: ${asked} is not one of ${BACKENDS.join(", ")}`, {
      code: "bad-backend",
      hint: near ? `Did you mean ${near}?` : "",
    });
  }
  const shape = { channels, hidden };
  // Otherwise tfjs advertises its native package on every start.
  tf.enableProdMode();
  const webgpu = asked === "webgpu" || asked === "auto" && await hasGpu(shape);
  const tensorflow = asked === "tensorflow"
    ? await loadTensorflow()
    : asked === "auto" && !webgpu
    ? await loadTensorflowOnGpu()
    : undefined;
  const engine = webgpu
    ? await openWebGpu(shape)
    : tensorflow !== undefined
    ? new OpsEngine()
    : await openCpu(asked, shape, threads);
  setRolloutEngine(engine);
  const name = tensorflow === undefined ? engine.name : "tensorflow";
  const library = tensorflow === undefined
    ? ""
    : `, libtensorflow ${tensorflow.version} on ${tensorflow.gpu ? "a GPU" : "the CPU"}`;
  return {
    name,
    describe: () => `${name}: ${engine.description}${library}`,
    dispose: () => engine.dispose(),
  };
}

/** What an engine is created for. */
type ModelShape = Required<Pick<BackendOptions, "channels" | "hidden">>;

/** The fused engine, or plain ops if they were requested or the model has no kernels. */
async function openCpu(
  asked: string,
  shape: ModelShape,
  threads?: number,
): Promise<RolloutEngine> {
  const fits = WasmEngine.canRun(shape);
  if (asked === "wasm" && !fits) {
    throw new InputError(
      "Cannot run on wasm: channels and hidden must be multiples of 8, " +
        `got ${shape.channels} and ${shape.hidden}`,
      { code: "bad-backend", hint: "Change them, or use --backend ops" },
    );
  }
  await tf.setBackend("cpu");
  if (asked === "ops" || !fits) return new OpsEngine();
  return await WasmEngine.create({ shape, ...(threads && { threads }) });
}

/** The engine for GPUs. It and tfjs's own backend are loaded only here. */
async function openWebGpu(shape: ModelShape): Promise<RolloutEngine> {
  quietenMesa();
  const { WebGpuEngine } = await import("./rollout/webgpu/webgpu_engine.ts");
  return await WebGpuEngine.create({ shape });
}

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
