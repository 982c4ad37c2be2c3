import * as tf from "@tensorflow/tfjs";
import { DICE_SMOOTH } from "./dice_loss.ts";

/**
 * The Dice loss of each class, [k], and the mean cross-entropy over the pixels that count. Both are
 * differentiable with respect to the logits. See `segmentationLoss` for the definition.
 *
 * @param logits [B, H, W, k].
 * @param labels [B, H, W, k] of 0 and 1.
 * @param options.exclusive Whether classes exclude each other.
 * @param options.keep [B, H, W, 1], 0 where a pixel is ignored; null if all count.
 */
export function tensorLoss(
  logits: tf.Tensor,
  labels: tf.Tensor,
  { exclusive, keep }: { exclusive: boolean; keep: tf.Tensor | null },
): { classes: tf.Tensor1D; bce: tf.Scalar } {
  const k = logits.shape.at(-1)!;
  // Exclusive classes compete with one background, each region with one of its own: [P, groups, of].
  const [groups, of] = exclusive ? [1, k] : [k, 1];
  return tf.tidy(() => {
    const truth = labels.reshape([-1, groups, of]);
    const scores = tf.concat(
      [tf.zeros([truth.shape[0]!, groups, 1]), logits.reshape(truth.shape)],
      2,
    );
    const logs = tf.logSoftmax(scores);
    const counts = keep === null ? tf.ones([truth.shape[0]!, 1]) : keep.reshape([-1, 1]);
    const weights = counts.expandDims(2);
    const background = tf.sub(1, truth.sum(2, true));
    const entropy = tf.concat([background, truth], 2).mul(logs).mul(weights).sum().neg();
    const p = logs.slice([0, 0, 1]).exp().reshape([-1, k]);
    const z = truth.reshape([-1, k]);
    const intersection = p.mul(z).mul(counts).sum(0).mul(2).add(DICE_SMOOTH);
    const union = p.add(z).mul(counts).sum(0).add(DICE_SMOOTH);
    return {
      classes: tf.sub(1, intersection.div(union)) as tf.Tensor1D,
      bce: entropy.div(tf.maximum(counts.sum().mul(groups), 1)) as tf.Scalar,
    };
  });
}
