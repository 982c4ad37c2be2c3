/** A rollout with all of its gradients, to compare engines. */

import * as tf from "@tensorflow/tfjs";
import type { NCA2D } from "../../../lib/nca/nca2d.ts";
import type { RolloutEngine, RolloutOptions } from "../../../lib/rollout/types.ts";
import { Random } from "../../../lib/support/random.ts";

/** The last state, and the gradients of a weighted sum of it by the state and the weights. */
export function runAll(
  engine: RolloutEngine,
  nca: NCA2D,
  state: tf.Tensor4D,
  options: RolloutOptions,
): Float32Array[] {
  return tf.tidy(() => {
    const random = new Random(5);
    const slope = tf.tensor(
      Float32Array.from({ length: state.size }, () => random.normal()),
      state.shape,
    );
    const variables = [...nca.variables.values()];
    const input = tf.variable(state);
    const { grads } = tf.variableGrads(
      () => engine.rollout(input as tf.Tensor4D, nca.weights, options).mul(slope).sum(),
      [input, ...variables],
    );
    // Without a gradient the engine keeps no states: another path, the same result.
    const last = engine.rollout(state, nca.weights, options);
    const arrays = [last, ...[input, ...variables].map(({ name }) => grads[name]!)]
      .map((tensor) => Float32Array.from(tensor.dataSync()));
    input.dispose();
    return arrays;
  });
}

/** A batch of states [B, H, W, c]. */
export function randomState(shape: [number, number, number, number], seed: number): tf.Tensor4D {
  const random = new Random(seed);
  const size = shape.reduce((a, b) => a * b);
  // A mean far from 0 in some channels: the covariance must not lose its digits.
  const values = Float32Array.from(
    { length: size },
    (_, i) => random.normal() + (i % shape[3] === 3 ? 30 : 0),
  );
  return tf.tensor4d(values, shape);
}
