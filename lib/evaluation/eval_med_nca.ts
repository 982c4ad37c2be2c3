/**
 * The tutorial's evaluation, slice by slice, and by patient beside it.
 *
 * @module
 */

import * as tf from "@tensorflow/tfjs";
import { bceLoss } from "../losses/bce_loss.ts";
import { diceLoss } from "../losses/dice_loss.ts";
import { diceScore, FOREGROUND_LOGIT } from "../losses/dice_score.ts";
import type { MedNca } from "../nca/med_nca.ts";
import type { Batch, SliceDataset } from "../slices/slice_dataset.ts";
import { hash32 } from "../support/random.ts";

/** How {@linkcode evalMedNca} runs. */
export interface EvalOptions {
  /** Slices at a time; the result does not depend on it. 4 unless told. */
  batchSize?: number;
  /** Decides which cells fire; 0 unless told. */
  seed?: number;
  /** Stops the work: the promise is rejected with its reason. */
  signal?: AbortSignal;
  /** Told after each batch how many slices are done. */
  onProgress?: (done: number, total: number) => void;
}

/** The scores of one slice, on the model's grid. */
export interface SliceScore {
  /** Whose slice it is. */
  case: string;
  /** Which slice of the volume. */
  index: number;
  /** The soft Dice loss: 0 is perfect. */
  diceLoss: number;
  /** Binary cross-entropy. */
  bce: number;
  /** The tutorial's Dice score: 1 is perfect; 1 or about 0 where the label is empty. */
  dice: number;
}

/** What {@linkcode evalMedNca} measures. */
export interface EvalResult {
  /** Mean Dice loss over slices. */
  diceLoss: number;
  /** Mean binary cross-entropy over slices. */
  bce: number;
  /** Mean of the tutorial's Dice score over slices. */
  dice: number;
  /** Mean Dice score over volumes, those where it is undefined left out; NaN for none. */
  volumeDice: number;
  /** Each slice. */
  slices: SliceScore[];
  /** Each volume; NaN where label and prediction are empty. */
  volumes: { case: string; dice: number }[];
}

/**
 * Scores a model on prepared slices, on the model's grid, as the tutorial does, and by volume.
 * Batch norm takes its statistics of each slice by itself.
 *
 * @param model Is not changed; no tensor is left behind.
 * @param dataset Prepared slices with labels.
 * @throws {RangeError} Where there are no slices.
 * @throws The signal's reason, where it was aborted.
 *
 * @example
 * ```ts ignore
 * const test = await SliceDataset.open("prepared/data.example", { cases: split.test });
 * const { diceLoss, bce, dice, volumeDice } = await evalMedNca(model, test);
 * ```
 */
export async function evalMedNca(
  model: MedNca,
  dataset: SliceDataset,
  options: EvalOptions = {},
): Promise<EvalResult> {
  const { batchSize = 4, seed = 0, signal, onProgress } = options;
  if (dataset.length === 0) throw new RangeError("Cannot evaluate: there are no slices");
  const slices: SliceScore[] = [];
  const volumes = new Map<string, { both: number; either: number }>();
  for await (const batch of dataset.batches({ batchSize, shuffle: false })) {
    signal?.throwIfAborted();
    const seeds = batch.records.map(({ index }) => hash32(seed, index));
    const [logitsTensor, lossesTensor] = scoreBatch(model, batch, seeds);
    const [logits, losses] = await Promise.all([
      logitsTensor.data<"float32">(),
      lossesTensor.data<"float32">(),
    ]);
    tf.dispose([logitsTensor, lossesTensor]);
    const pixels = batch.height * batch.width;
    for (const [i, record] of batch.records.entries()) {
      const [x, z] = [logits, batch.labels].map((a) => a.subarray(i * pixels, (i + 1) * pixels));
      slices.push({
        case: record.case,
        index: record.index,
        diceLoss: losses[2 * i]!,
        bce: losses[2 * i + 1]!,
        dice: diceScore(x!, z!),
      });
      const volume = volumes.get(record.case) ?? { both: 0, either: 0 };
      volumes.set(record.case, volume);
      for (let p = 0; p < pixels; p++) {
        const predicted = x![p]! > FOREGROUND_LOGIT ? 1 : 0;
        volume.both += predicted * z![p]!;
        volume.either += predicted + z![p]!;
      }
    }
    onProgress?.(slices.length, dataset.length);
    await new Promise((resolve) => setTimeout(resolve));
  }
  const scores = [...volumes].map(([id, { both, either }]) => ({
    case: id,
    dice: 2 * both / either,
  }));
  return {
    diceLoss: mean(slices.map((slice) => slice.diceLoss)),
    bce: mean(slices.map(({ bce }) => bce)),
    dice: mean(slices.map(({ dice }) => dice)),
    volumeDice: mean(scores.map(({ dice }) => dice).filter(Number.isFinite)),
    slices,
    volumes: scores,
  };
}

/** Logits [B, H, W, 1], and Dice loss and BCE of each slice [B, 2]. */
function scoreBatch(
  model: MedNca,
  batch: Batch,
  seeds: readonly number[],
): [tf.Tensor, tf.Tensor] {
  return tf.tidy(() => {
    const shape: [number, number, number, number] = [batch.size, batch.height, batch.width, 1];
    const logits = model.forward(tf.tensor4d(batch.images, shape), { seeds, stats: "slice" });
    const labels = tf.tensor4d(batch.labels, shape).unstack();
    const losses = logits.unstack().map((slice, i) =>
      tf.stack([diceLoss(slice, labels[i]!), bceLoss(slice, labels[i]!)])
    );
    return [logits, tf.stack(losses)];
  });
}

function mean(values: readonly number[]): number {
  return values.reduce((a, b) => a + b, 0) / values.length;
}
