import * as tf from "@tensorflow/tfjs";

/** Added to numerator and denominator, so that empty masks have a score. */
export const DICE_SMOOTH = 1e-5;

/**
 * The soft Dice loss over the whole batch: 1 − (2 Σpz + s) / (Σp + Σz + s) with p = sigmoid(logits),
 * z the labels and s = 1e-5.
 *
 * @param logits Any shape.
 * @param labels 0 or 1, of the same shape.
 * @returns A scalar from 0 (perfect) to 1. Differentiable with respect to the logits.
 *
 * @example
 * ```ts
 * import * as tf from "@tensorflow/tfjs";
 * import { diceLoss } from "./dice_loss.ts";
 * import assert from "node:assert/strict";
 *
 * await tf.setBackend("cpu");
 * const loss = diceLoss(tf.tensor1d([20, 20, -20]), tf.tensor1d([1, 1, 0]));
 * assert(loss.dataSync()[0]! < 1e-5);
 * ```
 */
export function diceLoss(logits: tf.Tensor, labels: tf.Tensor): tf.Scalar {
  const op = tf.customGrad((x, save) => {
    const logits = x as tf.Tensor;
    const p = tf.sigmoid(logits);
    const intersection = tf.sum(tf.mul(p, labels)).mul(2).add(DICE_SMOOTH);
    const union = tf.sum(p).add(tf.sum(labels)).add(DICE_SMOOTH);
    (save as tf.GradSaveFunc)([p, intersection, union]);
    return {
      value: tf.sub(1, tf.div(intersection, union)) as tf.Scalar,
      // d/dp = I/U² − 2z/U, times dp/dx = p (1 − p)
      gradFunc: (dy, saved) => {
        const [p, intersection, union] = saved as tf.Tensor[];
        const slope = tf.sub(
          intersection!.div(union!.square()),
          labels.mul(tf.div(2, union!)),
        );
        return slope.mul(p!.sub(p!.square())).mul(dy);
      },
    };
  });
  return tf.tidy(() => op(logits) as tf.Scalar);
}
