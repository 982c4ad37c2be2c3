/**
 * What a run measures each epoch, and its CSV.
 *
 * @module
 */

import * as v from "valibot";
import { writeFileAtomic } from "../support/files.ts";

const measured = v.nullable(v.number());

/** Checks {@linkcode EpochMetrics} that were stored. */
export const EpochMetricsSchema = v.object({
  /** Counted from 1. */
  epoch: v.number(),
  /** Dice loss + BCE on the training slices. */
  loss: v.number(),
  /** Dice loss, 0 is perfect. */
  dice: v.number(),
  /** Binary cross-entropy. */
  bce: v.number(),
  /** The learning rate of the epoch. */
  lr: v.number(),
  /** Dice loss + BCE on the validation slices, each by itself; `null` without validation. */
  valLoss: measured,
  /** Dice loss on the validation slices. */
  valDice: measured,
  /** Binary cross-entropy on the validation slices. */
  valBce: measured,
  /** Dice score over whole validation volumes, mean over patients: 1 is perfect. */
  valVolumeDice: measured,
  /** What the epoch took. */
  seconds: v.number(),
});

/** The means of one epoch. Losses are means over batches; `loss = dice + bce`. */
export type EpochMetrics = v.InferOutput<typeof EpochMetricsSchema>;

const COLUMNS: readonly (readonly [string, keyof EpochMetrics])[] = [
  ["epoch", "epoch"],
  ["loss", "loss"],
  ["dice", "dice"],
  ["bce", "bce"],
  ["lr", "lr"],
  ["val_loss", "valLoss"],
  ["val_dice", "valDice"],
  ["val_bce", "valBce"],
  ["val_volume_dice", "valVolumeDice"],
  ["seconds", "seconds"],
];

/**
 * Writes the history of a run as CSV, one row an epoch; what was not measured is empty.
 *
 * Columns: `epoch,loss,dice,bce,lr,val_loss,val_dice,val_bce,val_volume_dice,seconds`.
 */
export async function writeMetrics(path: string, history: readonly EpochMetrics[]): Promise<void> {
  const lines = [
    COLUMNS.map(([column]) => column).join(","),
    ...history.map((row) => COLUMNS.map(([, key]) => row[key] ?? "").join(",")),
  ];
  await writeFileAtomic(path, lines.join("\n") + "\n");
}
