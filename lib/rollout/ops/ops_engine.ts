/**
 * The rollout in plain tfjs ops: the definition of the others, readable and slow, on any tfjs
 * backend.
 *
 * @module
 */

import * as tf from "@tensorflow/tfjs";
import { fireMask } from "../fire_mask.ts";
import {
  BATCH_NORM_EPSILON,
  type NcaWeights,
  type RolloutEngine,
  type RolloutOptions,
  type Stats,
} from "../types.ts";

/**
 * Perception: every channel is convolved with its own k×k kernel; zeros beyond the border.
 *
 * @param state [B, H, W, c].
 * @returns [B, H, W, c].
 */
export function perceive(state: tf.Tensor4D, weights: NcaWeights): tf.Tensor4D {
  const [c, , k] = weights.perceptionWeight.shape as [number, number, number, number];
  // PyTorch stores [c, 1, k, k], tfjs convolves with [k, k, c, 1].
  const kernel = weights.perceptionWeight.transpose([2, 3, 0, 1]).as4D(k, k, c, 1);
  return tf.depthwiseConv2d(state, kernel, 1, "same").add(weights.perceptionBias);
}

/**
 * Batch norm with the statistics of the current batch (biased variance), and a learnt scale and
 * shift.
 *
 * @param x [B, H, W, h].
 * @param stats Whether statistics are per slice or over the batch.
 */
export function batchNorm(x: tf.Tensor4D, weights: NcaWeights, stats: Stats): tf.Tensor4D {
  const { mean, variance } = tf.moments(x, stats === "slice" ? [1, 2] : [0, 1, 2], true);
  return x.sub(mean).div(variance.add(BATCH_NORM_EPSILON).sqrt())
    .mul(weights.bnWeight).add(weights.bnBias);
}

/**
 * One step of the automaton: perceive, compute an update, apply it to the cells that fire.
 *
 * @param state [B, H, W, c].
 * @param mask [B, H, W, 1], 1 where the cell fires.
 * @returns The next state, [B, H, W, c]; the first channels, the image, do not change.
 */
export function ncaStep(
  state: tf.Tensor4D,
  weights: NcaWeights,
  mask: tf.Tensor4D,
  stats: Stats,
): tf.Tensor4D {
  const [h, c2] = weights.fc1Weight.shape as [number, number];
  const [out] = weights.fc2Weight.shape as [number];
  const [b, height, width, c] = state.shape;

  const both = tf.concat([perceive(state, weights), state], 3).as2D(-1, c2);
  const hidden = tf.matMul(both, weights.fc1Weight.as2D(h, c2), false, true).add(weights.fc1Bias);
  const active = batchNorm(hidden.as4D(b, height, width, h), weights, stats).relu();
  const change = tf.matMul(active.as2D(-1, h), weights.fc2Weight.as2D(out, h), false, true)
    .add(weights.fc2Bias).as4D(b, height, width, out);
  return state.add(tf.pad(change.mul(mask), [[0, 0], [0, 0], [0, 0], [c - out, 0]]));
}

/** The engine of plain ops, on the current tfjs backend. */
export class OpsEngine implements RolloutEngine {
  readonly name = "ops";
  readonly operations = "tfjs";
  readonly unreadSteps = 1;

  get description(): string {
    return `plain tfjs ops on the ${tf.getBackend()} backend`;
  }

  rollout(state: tf.Tensor4D, weights: NcaWeights, options: RolloutOptions): tf.Tensor4D {
    const [b, height, width] = state.shape;
    return tf.tidy(() => {
      let current = state;
      for (let i = 0; i < options.steps; i++) {
        const mask = options.masks?.slice(i * b * height * width, (i + 1) * b * height * width) ??
          batchMask(options, (options.firstStep ?? 0) + i, height * width);
        current = ncaStep(
          current,
          weights,
          tf.tensor4d(new Float32Array(mask), [b, height, width, 1]),
          options.stats,
        );
      }
      return options.steps === 0 ? state.clone() : current;
    });
  }

  dispose(): void {}
}

function batchMask(options: RolloutOptions, step: number, cells: number): Uint8Array {
  const mask = new Uint8Array(options.seeds.length * cells);
  for (const [slice, seed] of options.seeds.entries()) {
    mask.set(fireMask({ seed, step, cells, fireRate: options.fireRate }), slice * cells);
  }
  return mask;
}
