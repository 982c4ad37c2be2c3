/**
 * What training makes small: Dice loss + BCE.
 *
 * @module
 */

import * as tf from "@tensorflow/tfjs";
import { bceLoss } from "./bce_loss.ts";
import { DICE_SMOOTH, diceLoss } from "./dice_loss.ts";

/** A loss and its parts. Only `loss` carries a gradient. */
export interface SegmentationLoss {
  /** `dice + bce`. */
  loss: tf.Scalar;
  dice: tf.Scalar;
  bce: tf.Scalar;
}

/**
 * The tutorial's loss: {@linkcode diceLoss} + {@linkcode bceLoss}, over the whole batch.
 *
 * On tfjs's `cpu` backend, where the `wasm` engine runs, both and their gradients are one pass over
 * the cells: as some twenty tfjs operations they took a twentieth of a training step.
 *
 * @param logits Any shape.
 * @param labels 0 and 1, of the same shape.
 *
 * @example
 * ```ts
 * import * as tf from "@tensorflow/tfjs";
 * import { segmentationLoss } from "./segmentation_loss.ts";
 * import assert from "node:assert/strict";
 *
 * await tf.setBackend("cpu");
 * const { loss, bce } = segmentationLoss(tf.tensor1d([0, 0]), tf.tensor1d([0, 1]));
 * assert.ok(Math.abs(bce.dataSync()[0]! - Math.log(2)) < 1e-6);
 * assert.ok(Math.abs(loss.dataSync()[0]! - Math.log(2) - 0.5) < 1e-5);
 * ```
 */
export function segmentationLoss(logits: tf.Tensor, labels: tf.Tensor): SegmentationLoss {
  if (tf.getBackend() !== "cpu") {
    const [dice, bce] = [diceLoss(logits, labels), bceLoss(logits, labels)];
    return { loss: dice.add(bce), dice, bce };
  }
  const z = labels.dataSync<"float32">();
  const p = new Float32Array(z.length);
  let [dice, bce, intersection, union] = [0, 0, 0, 0];
  const op = tf.customGrad((x) => {
    const values = (x as tf.Tensor).dataSync<"float32">();
    let [both, predicted, truth] = [0, 0, 0];
    for (let i = 0; i < values.length; i++) {
      const [logit, label] = [values[i]!, z[i]!];
      const small = Math.exp(-Math.abs(logit));
      const probability = (logit < 0 ? small : 1) / (1 + small);
      p[i] = probability;
      both += probability * label;
      predicted += probability;
      truth += label;
      bce += Math.max(logit, 0) - logit * label + Math.log1p(small);
    }
    intersection = 2 * both + DICE_SMOOTH;
    union = predicted + truth + DICE_SMOOTH;
    dice = 1 - intersection / union;
    bce /= values.length;
    return {
      value: tf.scalar(dice + bce),
      gradFunc: (dy) => {
        // dDice/dp = I/U² − 2z/U, dp/dx = p (1 − p); dBCE/dx = (p − z)/N.
        const slope = dy.dataSync()[0]!;
        const [a, b] = [intersection / union ** 2, 2 / union];
        const gradient = new Float32Array(p.length);
        for (let i = 0; i < p.length; i++) {
          const [probability, label] = [p[i]!, z[i]!];
          gradient[i] = slope *
            ((a - b * label) * probability * (1 - probability) + (probability - label) / p.length);
        }
        return tf.tensor(gradient, logits.shape);
      },
    };
  });
  const loss = tf.tidy(() => op(logits) as tf.Scalar);
  return { loss, dice: tf.scalar(dice), bce: tf.scalar(bce) };
}
