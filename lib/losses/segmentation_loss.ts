/**
 * What training makes small: Dice loss + cross-entropy.
 *
 * @module
 */

import * as tf from "@tensorflow/tfjs";
import { arrayOp, onArrays } from "../rollout/array_op.ts";
import { type ArrayLoss, arrayLoss } from "./array_loss.ts";
import { bceLoss } from "./bce_loss.ts";
import { diceLoss } from "./dice_loss.ts";
import { tensorLoss } from "./tensor_loss.ts";

/** A loss and its parts. Only `loss` carries a gradient. */
export interface SegmentationLoss {
  /** `dice + bce`. */
  loss: tf.Scalar;
  /** The Dice loss, of several classes their mean. */
  dice: tf.Scalar;
  /** The cross-entropy: binary of one class and of regions, softmax of exclusive classes. */
  bce: tf.Scalar;
  /** The Dice loss of each class, [k]. */
  classes: tf.Tensor1D;
}

/** What labels mean to the loss. */
export interface LossOptions {
  /**
   * Whether the labels are classes, of which at most one holds at a pixel, or regions, which may
   * overlap. Default: "classes".
   */
  readonly kind?: "classes" | "regions";
  /** [B, H, W, 1], 1 where a pixel counts, 0 where it is ignored; null, the default: all count. */
  readonly keep?: tf.Tensor | null;
}

/**
 * The loss over a whole batch. With one class it is the tutorial's: {@linkcode diceLoss} +
 * {@linkcode bceLoss}.
 *
 * Several classes: a softmax over the logits beside a background of logit 0, its cross-entropy
 * averaged over the pixels that count, and the mean over classes of the Dice loss. Regions: a sigmoid
 * each, the binary cross-entropy averaged over pixels and regions, and the mean of their Dice losses.
 *
 * @param logits [B, H, W, k], with one class any shape.
 * @param labels 0 and 1, of the same shape.
 *
 * @example
 * ```ts
 * import * as tf from "@tensorflow/tfjs";
 * import { segmentationLoss } from "./segmentation_loss.ts";
 * import assert from "node:assert/strict";
 *
 * await tf.setBackend("cpu");
 * const one = segmentationLoss(tf.zeros([1, 1, 2, 1]), tf.tensor4d([0, 1], [1, 1, 2, 1]));
 * assert.ok(Math.abs(one.bce.dataSync()[0]! - Math.log(2)) < 1e-6);
 * assert.ok(Math.abs(one.loss.dataSync()[0]! - Math.log(2) - 0.5) < 1e-5);
 * // Two classes and the background, all equally likely
 * const two = segmentationLoss(tf.zeros([1, 1, 1, 2]), tf.tensor4d([0, 1], [1, 1, 1, 2]));
 * assert.ok(Math.abs(two.bce.dataSync()[0]! - Math.log(3)) < 1e-6);
 * ```
 */
export function segmentationLoss(
  logits: tf.Tensor,
  labels: tf.Tensor,
  { kind = "classes", keep = null }: LossOptions = {},
): SegmentationLoss {
  const k = logits.rank === 4 ? logits.shape[3]! : 1;
  const exclusive = kind === "classes";
  if (!onArrays()) {
    if (k > 1 || keep !== null) {
      const { classes, bce } = tensorLoss(logits, labels, { exclusive, keep });
      const dice = tf.mean(classes) as tf.Scalar;
      return { loss: dice.add(bce), dice, bce, classes };
    }
    const [dice, bce] = [diceLoss(logits, labels), bceLoss(logits, labels)];
    return { loss: dice.add(bce), dice, bce, classes: dice.as1D() };
  }
  const given = {
    ...{ classes: k, exclusive },
    labels: labels.dataSync<"float32">(),
    keep: keep?.dataSync<"float32">() ?? null,
  };
  let scored: ArrayLoss;
  const loss = arrayOp<tf.Rank.R0>(logits, {
    shape: [],
    forward: (logits) => {
      scored = arrayLoss({ ...given, logits });
      return Float32Array.of(scored.dice + scored.bce);
    },
    backward: ([slope]) => scored.gradient(slope!),
  });
  const { dice, bce, classes } = scored!;
  return { loss, dice: tf.scalar(dice), bce: tf.scalar(bce), classes: tf.tensor1d([...classes]) };
}
