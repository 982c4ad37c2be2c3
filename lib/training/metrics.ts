import * as v from "valibot";
import { csvLine } from "../support/csv.ts";
import { writeFileAtomic } from "../support/files.ts";

const measured = v.nullable(v.number());

/** Checks stored {@linkcode EpochMetrics}. */
export const EpochMetricsSchema = v.object({
  /** Counted from 1. */
  epoch: v.number(),
  /** Dice loss + cross-entropy on the training slices. */
  loss: v.number(),
  /** Dice loss (mean over classes): 0 is perfect. */
  dice: v.number(),
  /** Cross-entropy: binary for one class and for regions, softmax for exclusive classes. */
  bce: v.number(),
  /** The learning rate of the epoch. */
  lr: v.number(),
  /**
   * Dice loss + cross-entropy on the validation slices, one at a time; `null` without validation.
   */
  valLoss: measured,
  /** Dice loss on the validation slices. */
  valDice: measured,
  /** Cross-entropy on the validation slices. */
  valBce: measured,
  /** Dice score of the validation slices, as in the tutorial: 1 is perfect. */
  valScore: v.optional(measured, null),
  /** Dice score over whole validation volumes, mean over patients: 1 is perfect. */
  valVolumeDice: measured,
  /** For several classes: the score of each, in the order of the logits; else empty. */
  classes: v.optional(
    v.array(v.object({ name: v.string(), dice: v.number(), valVolumeDice: measured })),
    [],
  ),
  /** The duration of the epoch. */
  seconds: v.number(),
});

/** The means of one epoch. Losses are means over batches; `loss = dice + bce`. */
export type EpochMetrics = v.InferOutput<typeof EpochMetricsSchema>;

type Column = readonly [name: string, value: (row: EpochMetrics) => number | null | undefined];

/**
 * Writes the history of a run as CSV, one row per epoch; missing values are empty.
 *
 * Columns: `epoch,loss,dice,bce,lr,val_loss,val_dice,val_bce,val_volume_dice`, for several classes
 * `dice (NAME)` and `val_volume_dice (NAME)` of each, then `seconds`. `dice` and `val_dice` are
 * losses, `val_volume_dice` are scores.
 */
export async function writeMetrics(path: string, history: readonly EpochMetrics[]): Promise<void> {
  const classes = history[0]?.classes ?? [];
  const columns: Column[] = [
    ["epoch", ({ epoch }) => epoch],
    ["loss", ({ loss }) => loss],
    ["dice", ({ dice }) => dice],
    ["bce", ({ bce }) => bce],
    ["lr", ({ lr }) => lr],
    ["val_loss", ({ valLoss }) => valLoss],
    ["val_dice", ({ valDice }) => valDice],
    ["val_bce", ({ valBce }) => valBce],
    ["val_volume_dice", ({ valVolumeDice }) => valVolumeDice],
    ...classes.flatMap(({ name }, i): Column[] => [
      [`dice (${name})`, (row) => row.classes[i]?.dice],
      [`val_volume_dice (${name})`, (row) => row.classes[i]?.valVolumeDice],
    ]),
    ["seconds", ({ seconds }) => seconds],
  ];
  const lines = [
    csvLine(columns.map(([name]) => name)),
    ...history.map((row) => csvLine(columns.map(([, value]) => value(row)))),
  ];
  await writeFileAtomic(path, lines.join(""));
}

/** The tags of the event log; TensorBoard shows the descriptions beside the curves. */
const DESCRIPTIONS: Readonly<Record<string, string>> = {
  "Loss": "Dice loss + cross-entropy; lower is better",
  "Dice": "Dice **loss**, under the tutorial's name: 0 is perfect. See DiceScore for the score",
  "BCE": "Cross-entropy; lower is better",
  "DiceScore": "Soft Dice score of the training slices, 1 − Dice loss: 1 is perfect",
  "LearningRate": "Adam's step size",
  "Val/Loss": "Dice loss + cross-entropy of the validation slices; lower is better",
  "Val/Dice":
    "Dice **loss** of the validation slices, under the tutorial's name: 0 is perfect. See " +
    "Val/DiceScore and Val/VolumeDice for scores",
  "Val/BCE": "Cross-entropy of the validation slices; lower is better",
  "Val/DiceScore": "Dice score of the validation slices, thresholded: 1 is perfect",
  "Val/VolumeDice": "Dice score of whole validation volumes, mean over patients: 1 is perfect",
};

/**
 * The scalars of an epoch for TensorBoard: the tutorial's tags, of which `Dice/epoch` and
 * `Val/Dice` are losses, scores beside them, and for several classes `DiceScore/epoch (NAME)` and
 * `Val/VolumeDice (NAME)`.
 */
export function epochScalars(metrics: EpochMetrics): Record<string, number> {
  const { loss, dice, bce, lr, valLoss, valDice, valBce, valScore, valVolumeDice } = metrics;
  const values: [tag: string, value: number | null][] = [
    ["Loss/epoch", loss],
    ["Dice/epoch", dice],
    ["BCE/epoch", bce],
    ["DiceScore/epoch", 1 - dice],
    ["LearningRate", lr],
    ["Val/Loss", valLoss],
    ["Val/Dice", valDice],
    ["Val/BCE", valBce],
    ["Val/DiceScore", valScore],
    ["Val/VolumeDice", valVolumeDice],
    ...metrics.classes.flatMap(({ name, dice, valVolumeDice }): typeof values => [
      [`DiceScore/epoch (${name})`, 1 - dice],
      [`Val/VolumeDice (${name})`, valVolumeDice],
    ]),
  ];
  return Object.fromEntries(
    values.filter((entry): entry is [string, number] => entry[1] !== null),
  );
}

/** The scalars of a step. */
export function stepScalars(
  { loss, dice, bce }: { loss: number; dice: number; bce: number },
): Record<string, number> {
  return { "Loss/batch": loss, "Dice/batch": dice, "BCE/batch": bce };
}

/** The description of a tag of {@linkcode epochScalars} or {@linkcode stepScalars}. */
export function describeTag(tag: string): string | undefined {
  const name = tag.replace(/ \(.*\)$/, "");
  return DESCRIPTIONS[name] ?? DESCRIPTIONS[name.replace(/\/(epoch|batch)$/, "")];
}
