/**
 * The scores that choose the best epoch.
 *
 * @module
 */

import * as tf from "@tensorflow/tfjs";
import { bceLoss } from "../losses/bce_loss.ts";
import { diceLoss } from "../losses/dice_loss.ts";
import { FOREGROUND_LOGIT } from "../losses/dice_score.ts";
import type { MedNca } from "../nca/med_nca.ts";
import type { Batch, SliceDataset } from "../slices/slice_dataset.ts";
import { hash32 } from "../support/random.ts";

/** What {@linkcode validate} measures. */
export interface ValidationScores {
  /** Dice loss + BCE, mean over slices. */
  loss: number;
  /** Dice loss, mean over slices. */
  dice: number;
  /** Binary cross-entropy, mean over slices. */
  bce: number;
  /**
   * Dice score over all slices of a patient, mean over patients; `null` where truth and
   * prediction are empty for all of them.
   */
  volumeDice: number | null;
}

/**
 * Scores a model on slices, on the model's grid. Each slice is normalised by itself and has masks
 * of its own, the same in every epoch, so scores compare and do not depend on the batch size.
 *
 * @param options.seed Of the masks.
 * @param options.signal Stops it.
 * @returns `null` where it was stopped.
 */
export async function validate(
  model: MedNca,
  dataset: SliceDataset,
  options: { batchSize: number; seed: number; signal?: AbortSignal | undefined },
): Promise<ValidationScores | null> {
  const { batchSize, seed, signal } = options;
  const volumes = new Map<string, { both: number; either: number }>();
  let dice = 0, bce = 0, slices = 0;
  for await (const batch of dataset.batches({ batchSize, shuffle: false })) {
    if (signal?.aborted) return null;
    const seeds = batch.records.map((_, i) => hash32(seed, slices + i));
    const [logitsTensor, lossesTensor] = scoreBatch(model, batch, seeds);
    const [logits, losses] = await Promise.all([logitsTensor.data(), lossesTensor.data()]);
    tf.dispose([logitsTensor, lossesTensor]);
    const pixels = batch.height * batch.width;
    batch.records.forEach((record, i) => {
      dice += losses[2 * i]!;
      bce += losses[2 * i + 1]!;
      const volume = volumes.get(record.case) ?? { both: 0, either: 0 };
      volumes.set(record.case, volume);
      for (let p = i * pixels; p < (i + 1) * pixels; p++) {
        const predicted = logits[p]! > FOREGROUND_LOGIT ? 1 : 0;
        volume.both += predicted * batch.labels[p]!;
        volume.either += predicted + batch.labels[p]!;
      }
    });
    slices += batch.size;
  }
  const scores = [...volumes.values()].filter(({ either }) => either > 0)
    .map(({ both, either }) => 2 * both / either);
  return {
    loss: (dice + bce) / slices,
    dice: dice / slices,
    bce: bce / slices,
    volumeDice: scores.length === 0 ? null : scores.reduce((a, b) => a + b) / scores.length,
  };
}

/** Logits [B, H, W, 1], and Dice loss and BCE of each slice [B, 2]. */
function scoreBatch(model: MedNca, batch: Batch, seeds: number[]): [tf.Tensor, tf.Tensor] {
  return tf.tidy(() => {
    const { images, labels } = batchTensors(batch);
    const logits = model.forward(images, { seeds, stats: "slice" });
    const ofSlice = labels.unstack();
    const losses = logits.unstack().map((slice, i) =>
      tf.stack([diceLoss(slice, ofSlice[i]!), bceLoss(slice, ofSlice[i]!)])
    );
    return [logits, tf.stack(losses)];
  });
}

/** A batch as tensors [B, H, W, 1]. */
export function batchTensors(batch: Batch): { images: tf.Tensor4D; labels: tf.Tensor4D } {
  const shape: [number, number, number, number] = [batch.size, batch.height, batch.width, 1];
  return { images: tf.tensor4d(batch.images, shape), labels: tf.tensor4d(batch.labels, shape) };
}
