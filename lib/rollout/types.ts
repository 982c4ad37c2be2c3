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
  /** `fc2.weight` [c − n, h, 1, 1]: its number of rows gives the number of image channels. */
  fc2Weight: tf.Tensor;
  /** `fc2.bias` [c − n]. */
  fc2Bias: tf.Tensor;
}

/** The order of the weights in an engine's op. */
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

/** The cells over which batch norm takes its statistics: each slice, or the batch. */
export type Stats = "slice" | "batch";

/** The part of a model's shape that kernels depend on. */
export interface ModelShape {
  /** Channels of a cell's state, c. */
  readonly channels: number;
  /** Hidden units of the update network, h. */
  readonly hidden: number;
}

/** Options of a rollout. */
export interface RolloutOptions {
  /** The number of steps. */
  steps: number;
  /** The probability that a cell fires in a step, 0 to 1. */
  fireRate: number;
  /** One seed per slice of the batch, integers in [0, 2³²). */
  seeds: readonly number[];
  /** The cells over which batch norm takes its statistics. */
  stats: Stats;
  /** The number of the first step, to continue another rollout. Default: 0. */
  firstStep?: number;
  /** Masks [steps, B, H, W] of 0 and 1 instead of the hashed ones, to compare implementations. */
  masks?: Uint8Array;
}

/** A state on the way of a rollout of one slice, from which it can go on. */
export interface RolloutPoint {
  /** The number of steps before it. */
  readonly step: number;
  /** [H, W, c]. */
  readonly state: Float32Array;
  /** What the engine of fused kernels goes on with; null before the first step, and elsewhere. */
  readonly shift: Float32Array | null;
}

/** Options of a rollout of one slice that is looked at on its way. */
export interface RunOptions {
  /** Height and width. */
  readonly size: readonly [number, number];
  /** Channels of a cell's state. */
  readonly channels: number;
  /** The probability that a cell fires in a step. */
  readonly fireRate: number;
  /** Decides which cells fire. */
  readonly seed: number;
  /** The number of the first step, to continue another rollout. */
  readonly firstStep: number;
  /** More steps than that are not run. */
  readonly most: number;
}

/** A rollout of one slice that is looked at on its way. */
export interface RolloutRun {
  /** Goes on until so many steps are done. */
  advance(to: number): void;
  /** Some channels of the state, [H, W, count]. */
  read(first: number, count: number): Promise<Float32Array>;
  /** The state, to go on from it later. */
  save(): Promise<RolloutPoint>;
  /** Frees its memory. */
  dispose(): void;
}

/** An implementation of the rollout, and how the operations around it should run. */
export interface RolloutEngine {
  /** Its name for `--backend`. */
  readonly name: "ops" | "wasm" | "webgpu";
  /** A short description of what it runs on. */
  readonly description: string;
  /**
   * How resampling, losses and the reading of logits run: as tfjs operations, or as passes over
   * arrays, which is faster if tensors are arrays in memory. Both give the same values.
   */
  readonly operations: "tfjs" | "arrays";
  /**
   * The number of training steps whose figures may be read later, so that the CPU never waits for a
   * GPU.
   */
  readonly unreadSteps: number;
  /**
   * Runs one NCA. Differentiable in tfjs.
   *
   * @param state [B, H, W, c], the image in the first n channels.
   * @returns The state after the last step, [B, H, W, c].
   */
  rollout(state: tf.Tensor4D, weights: NcaWeights, options: RolloutOptions): tf.Tensor4D;
  /**
   * Begins a rollout that is looked at on its way, or goes on with one, in the engine's own memory.
   * Without it, see `run.ts`.
   */
  start?(point: RolloutPoint, weights: NcaWeights, options: RunOptions): RolloutRun;
  /** Frees threads and memory. */
  dispose(): void;
}
