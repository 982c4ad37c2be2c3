import * as tf from "@tensorflow/tfjs";
import { segmentationLoss } from "../../lib/losses/segmentation_loss.ts";
import type { MedNca } from "../../lib/nca/med_nca.ts";
import type { Adam } from "../../lib/training/adam.ts";
import type { TrainingBatch } from "../../lib/training/augment.ts";
import { batchTensors, lossGradients } from "../../lib/training/loss_gradients.ts";

/** One step of the loop at a rate of 1e-3: [loss, Dice loss, cross-entropy] before it. */
export function trainingStep(
  model: MedNca,
  adam: Adam,
  batch: TrainingBatch,
  seeds: readonly number[],
): tf.Tensor1D {
  return tf.tidy(() => {
    const { images, labels } = batchTensors(batch);
    const { gradients, losses } = lossGradients(
      model,
      () => segmentationLoss(model.forward(images, { seeds }), labels),
    );
    adam.apply(gradients, 1e-3);
    return losses;
  });
}
