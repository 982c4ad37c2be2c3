/**
 * The one place that chooses where tensors and rollouts run.
 *
 * @module
 */

import * as tf from "@tensorflow/tfjs";
import { OpsEngine } from "./rollout/ops/ops_engine.ts";
import { setRolloutEngine } from "./rollout/rollout.ts";
import { WasmEngine } from "./rollout/wasm/wasm_engine.ts";
import { InputError } from "./support/errors.ts";
import { nearest } from "./support/nearest.ts";
import { loadTensorflow, loadTensorflowOnGpu } from "./tensorflow_backend.ts";

/** What `--backend` takes. */
export const BACKENDS = ["auto", "wasm", "ops", "tensorflow"] as const;

/** The name of a backend. */
export type BackendName = typeof BACKENDS[number];

/** The environment variable that chooses a backend where no flag does. */
export const BACKEND_VARIABLE = "MED_NCA_BACKEND";

/** The backend that was chosen. */
export interface Backend {
  /** Its name: never "auto". */
  readonly name: Exclude<BackendName, "auto">;
  /** A line for people: what was chosen and why. */
  describe(): string;
  /** Ends its threads and frees its memory. */
  dispose(): void;
}

/** What {@linkcode initBackend} takes. */
export interface BackendOptions {
  /**
   * Which backend; by default the environment variable `MED_NCA_BACKEND`, else "auto": TensorFlow
   * where its optional package is installed and finds a GPU, else the fused engine on the CPU, or
   * plain ops for a model whose shape it has no kernels for.
   */
  backend?: string;
  /** Threads of the `wasm` engine; by default as many as there are cores. */
  threads?: number;
  /** Channels of the model that will run. Default 16. */
  channels?: number;
  /** Hidden units of the model that will run. Default 64. */
  hidden?: number;
}

/**
 * Chooses where to run and sets tfjs and the rollout up for it. Call it once, before the first
 * tensor is made.
 *
 * @throws {InputError} Where the name is not known, the backend cannot run the model, or its native
 * library is not installed.
 */
export async function initBackend(options: BackendOptions = {}): Promise<Backend> {
  const { threads, channels = 16, hidden = 64 } = options;
  const asked = options.backend ?? Deno.env.get(BACKEND_VARIABLE) ?? "auto";
  if (!(BACKENDS as readonly string[]).includes(asked)) {
    const near = nearest(asked, BACKENDS);
    throw new InputError(`Cannot choose a backend: ${asked} is not one of ${BACKENDS.join(", ")}`, {
      hint: near ? `Did you mean ${near}?` : "",
    });
  }
  const fits = WasmEngine.canRun({ channels, hidden });
  if (asked === "wasm" && !fits) {
    throw new InputError(
      "Cannot run on wasm: channels and hidden must be multiples of 8, " +
        `got ${channels} and ${hidden}`,
      { hint: "Change them, or take --backend ops" },
    );
  }
  // Otherwise tfjs advertises its native package on every start.
  tf.enableProdMode();
  const tensorflow = asked === "tensorflow"
    ? await loadTensorflow()
    : asked === "auto"
    ? await loadTensorflowOnGpu()
    : undefined;
  if (tensorflow === undefined) await tf.setBackend("cpu");
  const engine = tensorflow !== undefined || asked === "ops" || !fits
    ? new OpsEngine()
    : await WasmEngine.create({ shape: { channels, hidden }, ...(threads && { threads }) });
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
