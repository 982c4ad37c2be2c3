/**
 * Differentiable tfjs operations on plain arrays, for engines whose tensors are arrays in memory.
 *
 * @module
 */

import * as tf from "@tensorflow/tfjs";
import { rolloutEngine } from "./rollout.ts";

/** Whether operations beside the rollout run on arrays; see `RolloutEngine.operations`. */
export function onArrays(): boolean {
  return rolloutEngine().operations === "arrays";
}

/** An operation on one tensor. */
export interface ArrayOp<R extends tf.Rank> {
  /** The shape of the result. */
  readonly shape: tf.ShapeMap[R];
  /** Maps the input's values to the result's. */
  readonly forward: (values: Float32Array) => Float32Array;
  /** Maps the result's gradient to the input's. Runs after `forward`, if at all. */
  readonly backward: (gradient: Float32Array) => Float32Array;
}

/**
 * Runs an operation on a tensor's values. Differentiable.
 *
 * @param x Any shape. tfjs must be able to read it synchronously, as on its `cpu` backend.
 *
 * @example
 * ```ts
 * import * as tf from "@tensorflow/tfjs";
 * import { arrayOp } from "./array_op.ts";
 * import assert from "node:assert/strict";
 *
 * await tf.setBackend("cpu");
 * const double = (x: tf.Tensor) =>
 *   arrayOp<tf.Rank.R1>(x, {
 *     shape: [2],
 *     forward: (values) => values.map((value) => 2 * value),
 *     backward: (gradient) => gradient.map((slope) => 2 * slope),
 *   });
 * assert.deepEqual([...double(tf.tensor1d([1, 2])).dataSync()], [2, 4]);
 * assert.deepEqual([...tf.grad(double)(tf.tensor1d([1, 2])).dataSync()], [2, 2]);
 * ```
 */
export function arrayOp<R extends tf.Rank>(x: tf.Tensor, op: ArrayOp<R>): tf.Tensor<R> {
  const run = tf.customGrad((x) => {
    const { shape, dtype } = x as tf.Tensor;
    return {
      value: tf.tensor(op.forward((x as tf.Tensor).dataSync<"float32">()), op.shape),
      gradFunc: (dy) => tf.tensor(op.backward(dy.dataSync<"float32">()), shape, dtype),
    };
  });
  return run(x) as tf.Tensor<R>;
}
