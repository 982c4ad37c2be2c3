/**
 * Formats scores as a table for a terminal.
 *
 * @module
 */

import {
  type EvaluationSummary,
  labelNames,
  type ScoreName,
  SCORES,
  type Statistics,
} from "./summary.ts";
import { FEWEST_FOR_INTERVAL } from "./statistics.ts";
import { alignColumns } from "./text_table.ts";

/** The name, digits and special cases of a score. */
const SHOWN: Record<
  ScoreName,
  { label: string; digits: number; percent?: boolean; distance?: boolean }
> = {
  Dice: { label: "volume Dice", digits: 4 },
  IoU: { label: "IoU", digits: 4 },
  Precision: { label: "precision", digits: 4 },
  Recall: { label: "recall", digits: 4 },
  HD95: { label: "HD95", digits: 2, distance: true },
  ASSD: { label: "ASSD", digits: 2, distance: true },
  VolumeDifference: { label: "volume difference, mL", digits: 3 },
  RelativeVolumeDifference: { label: "volume difference, %", digits: 1, percent: true },
  SoftDice: { label: "soft Dice", digits: 4 },
  SliceDice: { label: "mean Dice of slices", digits: 4 },
};

/**
 * The scores over all cases as a table: mean, standard deviation, median and the 95 % confidence
 * interval of the mean; for several classes one table each, and their mean. Scores that are defined
 * in no case are left out; if one is undefined in some cases, the last column has the number of
 * cases, and a note below gives the reason.
 *
 * @param summary From `evaluateCases`.
 * @returns Lines, starting with the header.
 */
export function formatScores(summary: EvaluationSummary): string[] {
  const { metric_per_case: cases, foreground_statistics: foreground } = summary;
  const keys = Object.keys(labelNames(summary));
  const lines = keys.flatMap((key) => [
    ...labelTitle(summary, key),
    ...statisticsTable(summary.statistics[key]!, cases.length),
  ]);
  if (foreground !== undefined) {
    lines.push("mean over the classes:", ...statisticsTable(foreground, cases.length));
  }
  if (cases.length < FEWEST_FOR_INTERVAL) {
    lines.push(`An interval needs ${FEWEST_FOR_INTERVAL} cases`);
  }
  if (summary.undefined_dice.length > 0) {
    lines.push(
      `Dice is undefined (label and prediction are empty): ${summary.undefined_dice.join(", ")}`,
    );
  }
  const missed = cases.flatMap(({ case: id, metrics }) =>
    keys.filter((key) => metrics[key]!.n_pred === 0 && metrics[key]!.n_ref > 0)
      .map((key) => keys.length > 1 ? `${id} (${summary.labels![key]})` : id)
  );
  if (missed.length > 0) {
    lines.push(`Distances are undefined (the prediction is empty): ${missed.join(", ")}`);
  }
  return lines;
}

/** The line above the rows of a class; none if there is only one class. */
export function labelTitle({ labels }: Pick<EvaluationSummary, "labels">, key: string): string[] {
  return labels === undefined ? [] : [`${labels[key]} (${key}):`];
}

function statisticsTable(statistics: Statistics, cases: number): string[] {
  // Pictures have no volume, and no millimetres
  const unit = statistics.VolumeDifference.n > 0 ? "mm" : "pixels";
  const rows = SCORES.filter((name) => statistics[name].n > 0).map((name) => {
    const { label, digits, percent, distance } = SHOWN[name];
    const { n, mean, sd, median, ci95: [low, high] } = statistics[name];
    const text = (value: number) =>
      Number.isFinite(value) ? (percent ? 100 * value : value).toFixed(digits) : "–";
    return [
      distance ? `${label}, ${unit}` : label,
      text(mean),
      text(sd),
      text(median),
      Number.isFinite(low) ? `${text(low)} to ${text(high)}` : "–",
      n < cases ? `${n} of ${cases} cases` : "",
    ];
  });
  return alignColumns([["", "mean", "sd", "median", "95 % interval", ""], ...rows]);
}
