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
  /** The Dice loss; the mean over several classes. */
  dice: tf.Scalar;
  /** The cross-entropy: binary for one class and for regions, softmax for exclusive classes. */
  bce: tf.Scalar;
  /** The Dice loss of each class, [k]. */
  classes: tf.Tensor1D;
}

/** The meaning of labels for the loss. */
export interface LossOptions {
  /**
   * Whether labels are exclusive classes, or regions, which may overlap. Default: "classes".
   */
  readonly kind?: "classes" | "regions";
  /**
   * [B, H, W, 1], 1 where a pixel counts, 0 where it is ignored; null: all count. Default: null.
   */
  readonly keep?: tf.Tensor | null;
}

/**
 * The loss over a whole batch. With one class it is the tutorial's: {@linkcode diceLoss} +
 * {@linkcode bceLoss}.
 *
 * Several classes: a softmax over the logits and a background of logit 0, its cross-entropy
 * averaged over the pixels that count, plus the mean Dice loss over classes. Regions: one sigmoid
 * each, the binary cross-entropy averaged over pixels and regions, plus the mean of their Dice
 * losses.
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
