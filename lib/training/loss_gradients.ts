import * as tf from "@tensorflow/tfjs";
import type { SegmentationLoss } from "../losses/segmentation_loss.ts";
import type { MedNca } from "../nca/med_nca.ts";
import type { TrainingBatch } from "./augment.ts";

/** A batch as tensors for the model and the loss. */
export interface BatchTensors {
  /** [B, H, W, channels]. */
  images: tf.Tensor4D;
  /** [B, H, W, classes] of 0 and 1. */
  labels: tf.Tensor4D;
  /** [B, H, W, 1], 0 where a pixel is ignored; null if all count. */
  keep: tf.Tensor4D | null;
}

/** Converts a batch to tensors. */
export function batchTensors(batch: TrainingBatch): BatchTensors {
  const { size, height, width, channels, classes } = batch;
  return {
    images: tf.tensor4d(batch.images, [size, height, width, channels]),
    labels: tf.tensor4d(batch.labels, [size, height, width, classes]),
    keep: batch.keep && tf.tensor4d(batch.keep, [size, height, width, 1]),
  };
}

/**
 * Computes a loss and its gradients with respect to the model's parameters. Call it within
 * `tf.tidy`.
 *
 * @returns One gradient per parameter, in the order of `model.variables`; and the figures [loss,
 * Dice loss, cross-entropy, the Dice loss of each class] as a tensor, so that a GPU need not be
 * waited for.
 */
export function lossGradients(
  model: MedNca,
  loss: () => SegmentationLoss,
): { gradients: tf.Tensor[]; losses: tf.Tensor1D } {
  let kept: tf.Tensor1D;
  const { grads } = tf.variableGrads(() => {
    const { loss: total, dice, bce, classes } = loss();
    kept = tf.keep(tf.concat1d([tf.stack([total, dice, bce]) as tf.Tensor1D, classes]));
    return total;
  }, model.variables);
  const losses = kept!.clone();
  kept!.dispose();
  return { gradients: model.variables.map(({ name }) => grads[name]!), losses };
}
