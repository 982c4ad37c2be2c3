/**
 * One step of the tutorial's loop.
 *
 * @module
 */

import * as tf from "@tensorflow/tfjs";
import { segmentationLoss } from "../losses/segmentation_loss.ts";
import type { MedNca } from "../nca/med_nca.ts";
import type { Batch } from "../slices/slice_dataset.ts";
import type { Adam } from "./adam.ts";

/**
 * Forward, Dice loss + BCE, backward, Adam.
 *
 * @param options.seeds One a slice, for the masks.
 * @param options.learningRate Of this step.
 * @returns [loss, Dice loss, BCE, the optimiser's squares] of the batch, losses before the step;
 * not read yet so that a GPU need not be waited for; the caller disposes it. The squares are finite
 * as long as all gradients were.
 */
export function trainingStep(
  model: MedNca,
  adam: Adam,
  batch: Batch,
  options: { seeds: readonly number[]; learningRate: number },
): tf.Tensor1D {
  return tf.tidy(() => {
    const shape: [number, number, number, number] = [batch.size, batch.height, batch.width, 1];
    const images = tf.tensor4d(batch.images, shape);
    const labels = tf.tensor4d(batch.labels, shape);
    let losses: tf.Scalar[] = [];
    const { grads } = tf.variableGrads(() => {
      const logits = model.forward(images, { seeds: options.seeds });
      const { loss, dice, bce } = segmentationLoss(logits, labels);
      losses = [loss, dice, bce].map((value) => tf.keep(value) as tf.Scalar);
      return loss;
    }, model.variables);
    adam.apply(model.variables.map(({ name }) => grads[name]!), options.learningRate);
    const figures = tf.stack([...losses, adam.squares()]) as tf.Tensor1D;
    tf.dispose(losses);
    return figures;
  });
}
