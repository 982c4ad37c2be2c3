/** Rollouts to compare engines on, in Deno and in a browser. */

import * as tf from "@tensorflow/tfjs";
import { NCA2D } from "../../../lib/nca/nca2d.ts";
import type { RolloutEngine, RolloutOptions } from "../../../lib/rollout/types.ts";
import { Random } from "../../../lib/support/random.ts";

const names = (nca: NCA2D) => ["first state", ...nca.variables.keys()];

/** The last state, and the gradients of a weighted sum of it by the state and the weights. */
export async function runExample(
  engine: RolloutEngine,
  { shape, kernel, hidden, options }: Example,
): Promise<Map<string, Float32Array>> {
  const random = new Random(5);
  const size = shape.reduce((a, b) => a * b);
  const normal = () => random.normal();
  const nca = new NCA2D({ channels: shape[3], hidden, kernel }, { seed: 3 });
  // A mean far from 0 in some channels: the covariance must not lose its digits.
  const state = Float32Array.from({ length: size }, (_, i) => normal() + (i % 5 === 3 ? 10 : 0));
  const input = tf.tidy(() => tf.variable(tf.tensor4d(state, shape)));
  const slope = tf.tensor4d(Float32Array.from({ length: size }, normal), shape);
  const { grads, value } = tf.variableGrads(
    () => engine.rollout(input as tf.Tensor4D, nca.weights, options).mul(slope).sum(),
    [input, ...nca.variables.values()],
  );
  // Without a gradient the engine keeps no states: another path, the same result.
  const last = engine.rollout(input as tf.Tensor4D, nca.weights, options);
  const results = new Map([["last state", await last.data<"float32">()]]);
  for (const [i, { name }] of [input, ...nca.variables.values()].entries()) {
    results.set(`gradient of ${names(nca)[i]}`, await grads[name]!.data<"float32">());
  }
  tf.dispose([input, slope, value, last, grads]);
  nca.dispose();
  return results;
}

/** A rollout: the state's shape, the model, the options. */
export interface Example {
  shape: [number, number, number, number];
  kernel: number;
  hidden: number;
  options: RolloutOptions;
}

const options = { steps: 2, fireRate: 0.5, seeds: [7, 8], stats: "slice" } as const;
/** What kernels may get wrong, by name. */
export const EXAMPLES: Record<string, Example> = {
  "a grid of no whole tile": { shape: [2, 13, 17, 16], kernel: 3, hidden: 64, options },
  "statistics of the batch": {
    shape: [2, 12, 12, 16],
    kernel: 3,
    hidden: 64,
    options: { ...options, stats: "batch" },
  },
  "a grid narrower than its kernel": { shape: [2, 20, 3, 16], kernel: 7, hidden: 64, options },
  "another model": { shape: [2, 16, 16, 12], kernel: 3, hidden: 40, options },
  "no cell that fires": {
    shape: [2, 8, 8, 16],
    kernel: 3,
    hidden: 64,
    options: { ...options, fireRate: 0 },
  },
  "a later part of a rollout": {
    shape: [2, 8, 8, 16],
    kernel: 3,
    hidden: 64,
    options: { ...options, firstStep: 5 },
  },
  // More cells than 1,024 tiles of 128, no whole chunk at the end
  "chunks of several tiles": {
    shape: [1, 366, 371, 4],
    kernel: 1,
    hidden: 4,
    options: { ...options, steps: 1, seeds: [9] },
  },
};
