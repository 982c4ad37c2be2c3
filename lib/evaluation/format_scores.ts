/**
 * Scores as a table for people.
 *
 * @module
 */

import { type EvaluationSummary, type ScoreName, SCORES } from "./summary.ts";

/** How a score is called, with how many digits it is shown, and what is special about it. */
const SHOWN: Record<
  ScoreName,
  { label: string; digits: number; percent?: boolean; distance?: boolean }
> = {
  Dice: { label: "Dice", digits: 4 },
  IoU: { label: "IoU", digits: 4 },
  Precision: { label: "precision", digits: 4 },
  Recall: { label: "recall", digits: 4 },
  HD95: { label: "HD95", digits: 2, distance: true },
  ASSD: { label: "ASSD", digits: 2, distance: true },
  VolumeDifference: { label: "volume difference, mL", digits: 3 },
  RelativeVolumeDifference: { label: "volume difference, %", digits: 1, percent: true },
};

/**
 * The scores over all cases as a table: mean, standard deviation, median and the 95 % confidence
 * interval of the mean. Scores that are defined in no case are left out; where one is undefined in
 * some cases, the last column says in how many it is defined. Below it stands why.
 *
 * @param summary From `evaluateCases`.
 * @returns Lines, the first of them the head.
 */
export function formatScores(summary: EvaluationSummary): string[] {
  const statistics = summary.statistics["1"];
  const cases = summary.metric_per_case.length;
  // Pictures have no volume, and no millimetres
  const unit = statistics.VolumeDifference.n > 0 ? "mm" : "pixels";
  const rows = SCORES.filter((name) => statistics[name].n > 0).map((name) => {
    const { label, digits, percent, distance } = SHOWN[name];
    const { n, mean, sd, median, ci95: [low, high] } = statistics[name];
    const text = (value: number) =>
      Number.isFinite(value) ? (percent ? 100 * value : value).toFixed(digits) : "–";
    const interval = Number.isFinite(low) ? `${text(low)} to ${text(high)}` : "–";
    return [
      distance ? `${label}, ${unit}` : label,
      text(mean),
      text(sd),
      text(median),
      interval,
      n < cases ? `${n} of ${cases} cases` : "",
    ];
  });
  const table = [["", "mean", "sd", "median", "95 % interval", ""], ...rows];
  const widths = table[0]!.map((_, column) => Math.max(...table.map((row) => row[column]!.length)));
  const lines = table.map((row) =>
    row.map((cell, i) => i === 0 ? cell.padEnd(widths[i]!) : cell.padStart(widths[i]!)).join("  ")
      .trimEnd()
  );
  if (summary.undefined_dice.length > 0) {
    lines.push(
      `Dice is undefined (nothing there, nothing found): ${summary.undefined_dice.join(", ")}`,
    );
  }
  const missed = summary.metric_per_case
    .filter(({ metrics: { "1": m } }) => m.n_pred === 0 && m.n_ref > 0);
  if (missed.length > 0) {
    lines.push(
      `Nothing was found, so no distance is defined: ${missed.map((m) => m.case).join(", ")}`,
    );
  }
  return lines;
}
