/**
 * The public face: everything of the tutorial's chapters from one import, `@med-nca/lib`.
 *
 * @example
 * ```ts
 * import { diceScore, initBackend, MedNca } from "./mod.ts";
 * import * as tf from "@tensorflow/tfjs";
 * import assert from "node:assert/strict";
 *
 * const backend = await initBackend({ backend: "ops" });
 * const model = new MedNca({ steps: [2, 1] });
 * const images = tf.ones<tf.Rank.R4>([1, 16, 16, 1]);
 * const logits = model.forward(images, { seeds: [0] });
 * assert(diceScore(logits, images) <= 1);
 * backend.dispose();
 * ```
 *
 * @module
 */

export * from "./backend.ts";
export * from "./evaluation/mod.ts";
export * from "./losses/mod.ts";
export * from "./nca/mod.ts";
export * from "./plots/mod.ts";
export { fireMask } from "./rollout/fire_mask.ts";
export * from "./rollout/rollout.ts";
export * from "./rollout/types.ts";
export * from "./slices/mod.ts";
export * from "./support/errors.ts";
export * from "./support/random.ts";
export * from "./training/mod.ts";
export * from "./volume/mod.ts";
