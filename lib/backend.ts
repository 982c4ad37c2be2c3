/**
 * The one place that chooses where tensors and rollouts run.
 *
 * @module
 */

import * as tf from "@tensorflow/tfjs";
import { OpsEngine } from "./rollout/ops/ops_engine.ts";
import { setRolloutEngine } from "./rollout/rollout.ts";
import type { RolloutEngine } from "./rollout/types.ts";
import { InputError } from "./support/errors.ts";
import { nearest } from "./support/nearest.ts";

/** What `--backend` takes. */
export const BACKENDS = ["auto", "wasm", "ops"] as const;

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

/**
 * Chooses where to run and sets tfjs and the rollout up for it. Call it once, before the first
 * tensor is made.
 *
 * @param options.backend Which to take; by default the environment variable `MED_NCA_BACKEND`,
 *   else "auto": the fused engine on the CPU.
 * @param options.threads Threads of the `wasm` engine; by default as many as there are cores.
 * @throws {InputError} Where the name is not known.
 */
export async function initBackend(
  options: { backend?: string; threads?: number } = {},
): Promise<Backend> {
  const asked = options.backend ?? Deno.env.get(BACKEND_VARIABLE) ?? "auto";
  if (!(BACKENDS as readonly string[]).includes(asked)) {
    const near = nearest(asked, BACKENDS);
    throw new InputError(`Cannot choose a backend: ${asked} is not one of ${BACKENDS.join(", ")}`, {
      hint: near ? `Did you mean ${near}?` : "",
    });
  }
  // Otherwise tfjs advertises its native package on every start.
  tf.enableProdMode();
  await tf.setBackend("cpu");
  const engine: RolloutEngine = new OpsEngine();
  setRolloutEngine(engine);
  return {
    name: "ops",
    describe: () => `${engine.name}: ${engine.description}`,
    dispose: () => engine.dispose(),
  };
}
