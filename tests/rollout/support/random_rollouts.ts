/** Rollouts drawn at random, to compare engines on shapes that nobody thought of. */

import * as tf from "@tensorflow/tfjs";
import assert from "node:assert/strict";
import {
  type NcaWeights,
  type RolloutEngine,
  type RolloutOptions,
  type Stats,
  WEIGHT_NAMES,
} from "../../../lib/rollout/types.ts";
import { Random } from "../../../lib/support/random.ts";

/** A rollout: all of it follows from these numbers. */
export interface RandomRollout {
  seed: number;
  channels: number;
  hidden: number;
  kernel: number;
  /** Channels of the image. */
  images: number;
  batch: number;
  height: number;
  width: number;
  steps: number;
  fireRate: number;
  stats: Stats;
  /** Whether masks are given, in place of the hashed ones. */
  masked: boolean;
}

/**
 * Draws a rollout of a model's shape.
 *
 * @param seconds How long plain ops may take for it, about.
 */
export function randomRollout(
  { channels, hidden }: { channels: number; hidden: number },
  seed: number,
  seconds: number,
): RandomRollout {
  const random = new Random(channels, hidden, seed);
  const from = (least: number, most: number) => least + random.integer(most - least + 1);
  const kernel = 2 * (random.uniform() < 0.5 ? from(0, 3) : from(0, 15)) + 1;
  // Cells times steps; a cell costs plain ops about so many microseconds.
  let room = 1e6 * seconds / (channels * kernel ** 2 + 3 * (channels + hidden) + 60);
  const within = (least: number, most: number) => {
    const drawn = from(least, Math.max(least, Math.min(most, Math.floor(room))));
    room /= drawn;
    return drawn;
  };
  return {
    seed,
    channels,
    hidden,
    kernel,
    images: from(1, 4),
    width: within(random.uniform() < 0.5 && room > 130 ? 48 : 1, 130),
    batch: within(1, 4),
    steps: within(1, 3),
    height: within(1, 90),
    fireRate: random.uniform() < 0.2 ? 1 : from(1, 10) / 10,
    stats: random.uniform() < 0.5 ? "slice" : "batch",
    masked: random.uniform() < 0.3,
  };
}

/**
 * The last state, and the gradients of a weighted sum of it by the state and the weights.
 *
 * @param noise Relative noise on every number that goes in.
 */
export function runRandom(
  engine: RolloutEngine,
  rollout: RandomRollout,
  noise = 0,
): Map<string, Float32Array> {
  const { channels: c, hidden: h, kernel: k, images, batch, height, width, seed } = rollout;
  const random = new Random(seed);
  const shake = new Random(seed, 1);
  const normal = (shape: number[], scale: number, mean = 0) =>
    tf.tensor(
      Float32Array.from(
        { length: shape.reduce((a, b) => a * b) },
        () => (mean + scale * random.normal()) * (1 + noise * shake.normal()),
      ),
      shape,
    );
  const results = tf.tidy(() => {
    const size = [batch, height, width, c];
    const state = normal(size, 1);
    const weights: Record<keyof NcaWeights, tf.Tensor> = {
      perceptionWeight: normal([c, 1, k, k], 1 / k),
      perceptionBias: normal([c], 0.3),
      fc1Weight: normal([h, 2 * c, 1, 1], 1 / Math.sqrt(2 * c)),
      fc1Bias: normal([h], 0.3),
      bnWeight: normal([h], 0.3, 1),
      bnBias: normal([h], 0.3),
      fc2Weight: normal([c - images, h, 1, 1], 0.5 / Math.sqrt(h)),
      fc2Bias: normal([c - images], 0.1),
    };
    const slope = normal(size, 1);
    const cells = rollout.steps * batch * height * width;
    const masks = Uint8Array.from(
      { length: rollout.masked ? cells : 0 },
      () => random.uniform() < rollout.fireRate ? 1 : 0,
    );
    const options: RolloutOptions = {
      steps: rollout.steps,
      fireRate: rollout.fireRate,
      seeds: Array.from({ length: batch }, () => random.integer(2 ** 32)),
      stats: rollout.stats,
      firstStep: random.integer(3),
      ...(rollout.masked && { masks }),
    };
    const named = (tensors: tf.Tensor[]) =>
      Object.fromEntries(tensors.map((x, i) => [WEIGHT_NAMES[i], x])) as unknown as NcaWeights;
    const gradients = tf.grads((x, ...tensors) =>
      engine.rollout(x as tf.Tensor4D, named(tensors), options).mul(slope).sum()
    )([state, ...WEIGHT_NAMES.map((name) => weights[name])]);
    // Without a gradient the engine keeps no states: another path, the same result.
    const last = engine.rollout(state as tf.Tensor4D, weights, options);
    return [last, ...gradients].map((tensor) => Float32Array.from(tensor.dataSync()));
  });
  return new Map(["last state", "state", ...WEIGHT_NAMES].map((name, i) => [name, results[i]!]));
}

/** What arithmetic in float32 may differ by, relative to an array's norm. */
const TOLERANCE = 1e-4;

/**
 * What of an engine's results is not as plain ops give it.
 *
 * @returns For each array that differs its name and its relative error.
 */
export function differences(
  actual: Map<string, Float32Array>,
  ops: RolloutEngine,
  rollout: RandomRollout,
): string[] {
  const expected = runRandom(ops, rollout);
  const [before, after] = [expected, actual].map((results) =>
    results.get("last state")!.filter((_, i) => i % rollout.channels < rollout.images)
  );
  assert.deepEqual(after, before, "the image has changed");
  const failed = [...expected].filter(([name, values]) => {
    // Batch norm cancels them: noise in the plain ops, zero here.
    if (name === "perceptionBias" || name === "fc1Bias") return actual.get(name)!.some(Boolean);
    // Of a single cell it cancels all.
    const { batch, stats, height, width } = rollout;
    const single = height * width * (stats === "batch" ? batch : 1) === 1;
    const floor = single ? TOLERANCE * Math.sqrt(values.length) : 0;
    return !(distance(actual.get(name)!, values) <= TOLERANCE * norm(values) + floor);
  });
  if (failed.length === 0) return [];
  // A unit on the very edge of ReLU, or two cells of nearly one value: what rounding decides, noise
  // of its size decides otherwise in the plain ops too.
  const shaken = runRandom(ops, rollout, 1e-6);
  return failed
    .filter(([name, values]) =>
      !(distance(actual.get(name)!, values) <= 10 * distance(shaken.get(name)!, values))
    )
    .map(([name, values]) =>
      `${name} (${(distance(actual.get(name)!, values) / norm(values)).toExponential(1)})`
    );
}

function distance(a: Float32Array, b: Float32Array): number {
  return norm(a.map((value, i) => value - b[i]!));
}

function norm(values: Float32Array): number {
  return Math.sqrt(values.reduce((sum, value) => sum + value ** 2, 0));
}
