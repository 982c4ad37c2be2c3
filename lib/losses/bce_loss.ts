import * as tf from "@tensorflow/tfjs";

/**
 * The mean binary cross-entropy, computed from the logits so that it neither overflows nor loses
 * digits: max(x, 0) − x·z + log(1 + e^−|x|).
 *
 * @param logits Any shape.
 * @param labels 0 or 1, of the same shape.
 * @returns A scalar, at least 0. Differentiable with respect to the logits.
 *
 * @example
 * ```ts
 * import * as tf from "@tensorflow/tfjs";
 * import { bceLoss } from "./bce_loss.ts";
 * import assert from "node:assert/strict";
 *
 * await tf.setBackend("cpu");
 * const loss = bceLoss(tf.tensor1d([0, 0]), tf.tensor1d([1, 0]));
 * assert(Math.abs(loss.dataSync()[0]! - Math.LN2) < 1e-6);
 * ```
 */
export function bceLoss(logits: tf.Tensor, labels: tf.Tensor): tf.Scalar {
  // The gradient is written out because tfjs's gradients of max and abs are wrong at 0.
  const op = tf.customGrad((x, save) => {
    const logits = x as tf.Tensor;
    (save as tf.GradSaveFunc)([logits]);
    return {
      value: tf.mean(
        logits.relu().sub(logits.mul(labels)).add(logits.abs().neg().exp().log1p()),
      ) as tf.Scalar,
      gradFunc: (dy, saved) => {
        const [logits] = saved as tf.Tensor[];
        return tf.sigmoid(logits!).sub(labels).mul(dy.div(logits!.size));
      },
    };
  });
  return tf.tidy(() => op(logits) as tf.Scalar);
}
