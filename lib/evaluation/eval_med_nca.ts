/**
 * The tutorial's evaluation, by slice, and by patient.
 *
 * @module
 */

import * as tf from "@tensorflow/tfjs";
import { DICE_SMOOTH } from "../losses/dice_loss.ts";
import { segmentationLoss } from "../losses/segmentation_loss.ts";
import { cellSeeds } from "../nca/cell_seeds.ts";
import type { MedNca } from "../nca/med_nca.ts";
import type { Targets } from "../slices/case.ts";
import type { Batch, SliceDataset } from "../slices/slice_dataset.ts";
import { codesOf, type Overlap, overlap, overlapScores, sumOverlaps } from "./overlap.ts";
import { probabilitiesOf, storedMask } from "./probabilities.ts";
import { finiteMean } from "./statistics.ts";

/** Options of {@linkcode evalMedNca}. */
export interface EvalOptions {
  /** Slices per batch; does not affect the result. Default: 4. */
  batchSize?: number;
  /** Decides which cells fire. Default: 0. */
  seed?: number;
  /** Stops the work; the promise is rejected with the signal's reason. */
  signal?: AbortSignal;
  /** Called after each batch with the number of finished slices. */
  onProgress?: (done: number, total: number) => void;
}

/** The scores of one slice, on the model's grid. */
export interface SliceScore {
  /** The id of its case. */
  case: string;
  /** Its index within the case. */
  index: number;
  /** The soft Dice loss (mean over classes): 0 is perfect. */
  diceLoss: number;
  /** The cross-entropy of training. */
  bce: number;
  /**
   * The tutorial's Dice score of the slice (mean over classes): 1 is perfect; 1 or about 0 if the
   * label is empty.
   */
  dice: number;
}

/** The Dice score of one volume, on the model's grid. */
export interface VolumeScore {
  case: string;
  /** The mean over its classes; NaN if label and prediction are empty. */
  dice: number;
  /** Of each class. */
  classes: number[];
}

/** The result of {@linkcode evalMedNca}. */
export interface EvalResult {
  /** Mean Dice loss over slices. */
  diceLoss: number;
  /** Mean cross-entropy over slices. */
  bce: number;
  /** Mean of the tutorial's Dice score over slices. */
  dice: number;
  /** Mean Dice score over the volumes in which it is defined; NaN if there are none. */
  volumeDice: number;
  /** The same for each class. */
  classes: { name: string; volumeDice: number }[];
  /** Each slice. */
  slices: SliceScore[];
  /** Each volume. */
  volumes: VolumeScore[];
}

/**
 * Scores prepared slices on the model's grid, as in the tutorial, and by volume. Fast, for
 * validation during training. For results use `evaluateCases`, which scores images in their own
 * grid and in millimetres. Both make the same predictions.
 *
 * Batch norm uses the statistics of each slice.
 *
 * @param model Not changed.
 * @param dataset Prepared slices with labels.
 * @throws {RangeError} If there are no slices.
 * @throws The signal's reason, if it was aborted.
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
  const { targets } = dataset.manifest.settings;
  const k = targets.classes.length;
  const sets = targets.classes.map((_, index) => codesOf(targets, index));
  const slices: SliceScore[] = [];
  const volumes = new Map<string, Overlap[][]>();
  const { neighbours } = model.config;
  for await (const batch of dataset.batches({ batchSize, shuffle: false, neighbours })) {
    signal?.throwIfAborted();
    const [logitsTensor, lossesTensor] = scoreBatch(model, batch, targets.kind, seed);
    const [logits, losses] = await Promise.all([
      logitsTensor.data<"float32">(),
      lossesTensor.data<"float32">(),
    ]);
    tf.dispose([logitsTensor, lossesTensor]);
    const pixels = batch.height * batch.width;
    for (const [i, record] of batch.records.entries()) {
      const own = logits.subarray(i * pixels * k, (i + 1) * pixels * k);
      const mask = storedMask(probabilitiesOf(own, targets.kind, k), targets);
      const label = batch.codes.subarray(i * pixels, (i + 1) * pixels);
      const overlaps = sets.map((codes) => overlap(mask, label, codes));
      slices.push({
        case: record.case,
        index: record.index,
        diceLoss: losses[2 * i]!,
        bce: losses[2 * i + 1]!,
        dice: finiteMean(overlaps.map(smoothDice)),
      });
      volumes.set(record.case, [...volumes.get(record.case) ?? [], overlaps]);
    }
    onProgress?.(slices.length, dataset.length);
    await new Promise((resolve) => setTimeout(resolve));
  }
  const scores = [...volumes].map(([id, parts]): VolumeScore => {
    const classes = sets.map((_, c) =>
      overlapScores(sumOverlaps(parts.map((part) => part[c]!))).Dice
    );
    return { case: id, dice: finiteMean(classes), classes };
  });
  return {
    diceLoss: mean(slices.map((slice) => slice.diceLoss)),
    bce: mean(slices.map(({ bce }) => bce)),
    dice: mean(slices.map(({ dice }) => dice)),
    volumeDice: finiteMean(scores.map(({ dice }) => dice)),
    classes: targets.classes.map(({ name }, c) => ({
      name,
      volumeDice: finiteMean(scores.map(({ classes }) => classes[c]!)),
    })),
    slices,
    volumes: scores,
  };
}

/** The tutorial's Dice score, `diceScore`, which is defined for an empty slice too. */
function smoothDice({ TP, FP, FN }: Overlap): number {
  return (2 * TP + DICE_SMOOTH) / (2 * TP + FP + FN + DICE_SMOOTH);
}

/** Logits [B, H, W, k], and Dice loss and cross-entropy of each slice [B, 2]. */
function scoreBatch(
  model: MedNca,
  batch: Batch,
  kind: Targets["kind"],
  seed: number,
): [tf.Tensor, tf.Tensor] {
  const { size, height, width, channels, classes, records } = batch;
  return tf.tidy(() => {
    const shape = (planes: number): [number, number, number, number] => [
      size,
      height,
      width,
      planes,
    ];
    const seeds = cellSeeds(seed, records.map(({ index }) => index));
    const images = tf.tensor4d(batch.images, shape(channels));
    const logits = model.forward(images, { seeds, stats: "slice" });
    const labels = tf.tensor4d(batch.labels, shape(classes));
    const keep = batch.keep && tf.tensor4d(batch.keep, shape(1));
    const losses = records.map((_, i) => {
      const slice = (tensor: tf.Tensor4D) => tensor.slice([i, 0, 0, 0], [1, -1, -1, -1]);
      const { dice, bce } = segmentationLoss(slice(logits), slice(labels), {
        kind,
        keep: keep && slice(keep),
      });
      return tf.stack([dice, bce]);
    });
    return [logits, tf.stack(losses)];
  });
}

/** NaN must show in the mean, so that training stops. */
function mean(values: readonly number[]): number {
  return values.reduce((a, b) => a + b, 0) / values.length;
}
