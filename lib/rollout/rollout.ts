/**
 * "Run one NCA n steps" as one differentiable op. It is nearly all of the program's cost, so there
 * are several engines; `lib/backend.ts` chooses one.
 *
 * @module
 */

import type * as tf from "@tensorflow/tfjs";
import { OpsEngine } from "./ops/ops_engine.ts";
import { fireThreshold } from "./fire_mask.ts";
import type { NcaWeights, RolloutEngine, RolloutOptions } from "./types.ts";

let engine: RolloutEngine = new OpsEngine();

/** The current engine of {@linkcode rollout}. Default: plain ops. */
export function rolloutEngine(): RolloutEngine {
  return engine;
}

/** Sets the engine of {@linkcode rollout}. The previous one is not disposed. */
export function setRolloutEngine(next: RolloutEngine): void {
  engine = next;
}

/**
 * Runs one NCA some steps.
 *
 * @param state [B, H, W, c], the image in its first channels.
 * @param weights In PyTorch's shapes.
 * @param options Steps, fire rate, one seed per slice, statistics.
 * @returns The state after the last step, [B, H, W, c].
 * @throws {TypeError} If shapes do not fit together.
 * @throws {RangeError} If an option is out of range.
 */
export function rollout(
  state: tf.Tensor4D,
  weights: NcaWeights,
  options: RolloutOptions,
): tf.Tensor4D {
  checkRollout(state, weights, options);
  return engine.rollout(state, weights, options);
}

function checkRollout(state: tf.Tensor4D, weights: NcaWeights, options: RolloutOptions): void {
  const [b, height, width, c] = state.shape;
  const k = weights.perceptionWeight.shape[2]!;
  const h = weights.fc1Weight.shape[0]!;
  const changing = weights.fc2Weight.shape[0]!;
  const expected: [keyof NcaWeights, number[]][] = [
    ["perceptionWeight", [c, 1, k, k]],
    ["perceptionBias", [c]],
    ["fc1Weight", [h, 2 * c, 1, 1]],
    ["fc1Bias", [h]],
    ["bnWeight", [h]],
    ["bnBias", [h]],
    ["fc2Weight", [changing, h, 1, 1]],
    ["fc2Bias", [changing]],
  ];
  for (const [name, shape] of expected) {
    if (String(weights[name].shape) !== String(shape)) {
      throw new TypeError(
        `Cannot run an NCA: ${name} must be [${shape}] for a state of ${c} channels, ` +
          `got [${weights[name].shape}]`,
      );
    }
  }
  if (changing < 1 || changing >= c) {
    throw new TypeError(
      `Cannot run an NCA: fc2Weight must have from 1 to ${
        c - 1
      } rows for a state of ${c} channels, ` +
        `got ${changing}`,
    );
  }
  if (k % 2 === 0) throw new RangeError(`Cannot run an NCA: kernel size must be odd, got ${k}`);
  if (!Number.isInteger(options.steps) || options.steps < 0) {
    throw new RangeError(`Cannot run an NCA: steps must be a whole number, got ${options.steps}`);
  }
  if (options.seeds.length !== b) {
    throw new TypeError(
      `Cannot run an NCA: one seed for each of the ${b} slices is needed, ` +
        `got ${options.seeds.length}`,
    );
  }
  for (const seed of options.seeds) {
    if (seed !== seed >>> 0) {
      throw new RangeError(`Cannot run an NCA: a seed must be an integer below 2³², got ${seed}`);
    }
  }
  fireThreshold(options.fireRate);
  const masks = options.steps * b * height * width;
  if (options.masks !== undefined && options.masks.length !== masks) {
    throw new TypeError(
      `Cannot run an NCA: masks must hold ${masks} values, got ${options.masks.length}`,
    );
  }
}
