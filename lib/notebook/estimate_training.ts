/**
 * How long a training will take.
 *
 * @module
 */

import * as tf from "@tensorflow/tfjs";
import { segmentationLoss } from "../losses/segmentation_loss.ts";
import { MedNca } from "../nca/med_nca.ts";
import type { SliceDataset } from "../slices/slice_dataset.ts";
import type { Config } from "../training/config.ts";
import { batchTensors, lossGradients } from "../training/loss_gradients.ts";
import { modelConfig } from "../training/model_config.ts";

/** Steps to measure, after one to warm up. */
const MEASURED = 3;
/** The time of scoring a slice, as a part of training on it: forward only. */
const SCORING = 0.4;

/**
 * Estimates the duration of a training from a few steps on a model of its own.
 *
 * @param data.train The training slices.
 * @param data.validation The slices that are scored after every epoch, if any.
 * @param config The training's configuration.
 * @param now A clock in milliseconds. Default: that of this machine.
 * @returns Seconds.
 */
export async function estimateTraining(
  { train, validation }: { train: SliceDataset; validation?: SliceDataset },
  config: Config,
  now: () => number = () => performance.now(),
): Promise<number> {
  const { settings } = train.manifest;
  const model = new MedNca(modelConfig(config, settings));
  try {
    const { batchSize, neighbours } = config;
    const { value: batch } = await train.batches({ batchSize, neighbours }).next();
    if (!batch) return 0;
    const step = async () => {
      const losses = tf.tidy(() => {
        const { images, labels, keep } = batchTensors(batch);
        return lossGradients(model, () => {
          const logits = model.forward(images, { seeds: batch.records.map((_, i) => i) });
          return segmentationLoss(logits, labels, { kind: settings.targets.kind, keep });
        }).losses;
      });
      await losses.data();
      losses.dispose();
    };
    await step();
    const start = now();
    for (let i = 0; i < MEASURED; i++) await step();
    const perSlice = (now() - start) / 1000 / MEASURED / batch.size;
    const trained = train.lengthWith(config.emptySlices);
    return config.epochs * perSlice * (trained + SCORING * (validation?.length ?? 0));
  } finally {
    model.dispose();
  }
}
