/**
 * What a rollout is made of: weights, options, and the engine that runs it.
 *
 * @module
 */

import type * as tf from "@tensorflow/tfjs";

/** Added to the variance in batch norm, PyTorch's default. */
export const BATCH_NORM_EPSILON = 1e-5;

/**
 * The weights of one NCA, in PyTorch's shapes (c channels, of which the first n are the image's and
 * never change, h hidden units, k×k kernel), in the order in which PyTorch's `state_dict` lists them.
 */
export interface NcaWeights {
  /** `perception.weight` [c, 1, k, k], a depthwise convolution. */
  perceptionWeight: tf.Tensor;
  /** `perception.bias` [c]. Batch norm cancels it: its gradient is zero. */
  perceptionBias: tf.Tensor;
  /** `fc1.weight` [h, 2c, 1, 1]; the columns are perception first, then the state. */
  fc1Weight: tf.Tensor;
  /** `fc1.bias` [h]. Batch norm cancels it: its gradient is zero. */
  fc1Bias: tf.Tensor;
  /** `bn.weight` [h], the scale. */
  bnWeight: tf.Tensor;
  /** `bn.bias` [h], the shift. */
  bnBias: tf.Tensor;
  /** `fc2.weight` [c − n, h, 1, 1]: how many channels it changes says how many are the image's. */
  fc2Weight: tf.Tensor;
  /** `fc2.bias` [c − n]. */
  fc2Bias: tf.Tensor;
}

/** The order in which an engine's op takes the weights. */
export const WEIGHT_NAMES = [
  "perceptionWeight",
  "perceptionBias",
  "fc1Weight",
  "fc1Bias",
  "bnWeight",
  "bnBias",
  "fc2Weight",
  "fc2Bias",
] as const satisfies (keyof NcaWeights)[];

/** Over which cells batch norm takes its statistics: those of each slice, or of the batch. */
export type Stats = "slice" | "batch";

/** What of a model's shape an engine's kernels are made for. */
export interface ModelShape {
  /** Numbers a cell holds, c. */
  readonly channels: number;
  /** Hidden units of the update network, h. */
  readonly hidden: number;
}

/** How an NCA is run. */
export interface RolloutOptions {
  /** The number of steps. */
  steps: number;
  /** The probability that a cell fires in a step, 0 to 1. */
  fireRate: number;
  /** One seed for each slice of the batch, integers from 0 below 2³². */
  seeds: readonly number[];
  /** Over which cells batch norm takes its statistics. */
  stats: Stats;
  /** The number of the first step, for a rollout that goes on where another ended. Default 0. */
  firstStep?: number;
  /** Masks [steps, B, H, W] of 0 and 1 in place of the hashed ones, to compare implementations. */
  masks?: Uint8Array;
}

/** One implementation of the rollout, and how the operations around it run best beside it. */
export interface RolloutEngine {
  /** Its name, as `--backend` takes it. */
  readonly name: "ops" | "wasm" | "webgpu";
  /** What it runs on, in a few words. */
  readonly description: string;
  /**
   * How resampling, losses and reading of logits run: as tfjs operations, or as passes over arrays,
   * which is faster where tensors are arrays in memory anyway. Both give the same values.
   */
  readonly operations: "tfjs" | "arrays";
  /** Of how many training steps the figures may stay unread, so that a GPU is never waited for. */
  readonly unreadSteps: number;
  /**
   * Runs one NCA and lets tfjs differentiate through it.
   *
   * @param state [B, H, W, c], the image in the first n channels.
   * @returns The state after the last step, [B, H, W, c].
   */
  rollout(state: tf.Tensor4D, weights: NcaWeights, options: RolloutOptions): tf.Tensor4D;
  /** Frees what it holds (threads, memory). */
  dispose(): void;
}
