/**
 * What a run measures each epoch, and its CSV.
 *
 * @module
 */

import { writeFileAtomic } from "../support/files.ts";

/** The means of one epoch. Losses are means over batches; `loss = dice + bce`. */
export interface EpochMetrics {
  /** Counted from 1. */
  epoch: number;
  /** Dice loss + BCE on the training slices. */
  loss: number;
  /** Dice loss, 0 is perfect. */
  dice: number;
  /** Binary cross-entropy. */
  bce: number;
  /** The learning rate of the epoch. */
  lr: number;
  /** Dice loss + BCE on the validation slices, each by itself; `null` without validation. */
  valLoss: number | null;
  /** Dice loss on the validation slices. */
  valDice: number | null;
  /** Binary cross-entropy on the validation slices. */
  valBce: number | null;
  /** Dice score over whole validation volumes, mean over patients: 1 is perfect. */
  valVolumeDice: number | null;
  /** What the epoch took. */
  seconds: number;
}

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
