/**
 * The scores of all cases, as files.
 *
 * @module
 */

import { join } from "@std/path";
import { InputError } from "../support/errors.ts";
import { writeFileAtomic, writeJsonAtomic } from "../support/files.ts";
import type { CaseMetrics } from "./metrics.ts";

/** The scores of one case. */
export interface ScoredCase {
  /** Its name. */
  case: string;
  /** The file of its label. */
  reference_file: string;
  /** The file that its prediction was written to, if it was. */
  prediction_file: string | null;
  /** By label, of which there is one. */
  metrics: { "1": CaseMetrics };
}

/** What `summary.json` holds: nnU-Net's shape, and the problems met. */
export interface EvaluationSummary {
  /** The means over the labels, of which there is one. */
  foreground_mean: CaseMetrics;
  /** The means over the cases in which a score is defined; NaN where it is in none. */
  mean: { "1": CaseMetrics };
  /** In the order of the cases. */
  metric_per_case: ScoredCase[];
  /** Cases that are in no mean of Dice and IoU, since prediction and reference are empty. */
  undefined_dice: string[];
  /** What was wrong with cases, "case: what". */
  problems: string[];
}

const COLUMNS = [
  "Dice",
  "IoU",
  "Precision",
  "Recall",
  "HD95",
  "ASSD",
  "VolumeDifference",
  "TP",
  "FP",
  "FN",
  "TN",
  "n_pred",
  "n_ref",
] as const satisfies readonly (keyof CaseMetrics)[];

/**
 * Summarises the scores of cases.
 *
 * @param cases The scored cases.
 * @param problems What was wrong with cases.
 */
export function summarize(
  cases: readonly ScoredCase[],
  problems: readonly string[] = [],
): EvaluationSummary {
  const mean = Object.fromEntries(COLUMNS.map((name) => {
    const values = cases.map(({ metrics }) => metrics["1"][name]).filter(Number.isFinite);
    return [name, values.reduce((a, b) => a + b, 0) / values.length];
  })) as unknown as CaseMetrics;
  return {
    foreground_mean: mean,
    mean: { "1": mean },
    metric_per_case: [...cases],
    undefined_dice: cases.filter(({ metrics }) => Number.isNaN(metrics["1"].Dice))
      .map((scored) => scored.case),
    problems: [...problems],
  };
}

/**
 * Writes `summary.json` and `summary.csv` (one row a case, then the mean). What is undefined is
 * `null` in the one and empty in the other.
 *
 * @param folder Where to; made if missing.
 */
export async function writeSummary(folder: string, summary: EvaluationSummary): Promise<void> {
  await writeJsonAtomic(join(folder, "summary.json"), summary);
  const row = (name: string, metrics: CaseMetrics) =>
    [csvText(name), ...COLUMNS.map((column) => number(metrics[column]))].join(",");
  const lines = [
    ["case", ...COLUMNS].join(","),
    ...summary.metric_per_case.map((scored) => row(scored.case, scored.metrics["1"])),
    row("mean", summary.mean["1"]),
  ];
  await writeFileAtomic(join(folder, "summary.csv"), lines.join("\n") + "\n");
}

/**
 * Reads the `summary.json` of a folder.
 *
 * @returns `undefined` where there is none.
 * @throws {InputError} Where it is no summary.
 */
export async function readSummary(folder: string): Promise<EvaluationSummary | undefined> {
  const path = join(folder, "summary.json");
  try {
    const summary: EvaluationSummary = JSON.parse(
      await Deno.readTextFile(path),
      (key, value) => value === null && key !== "prediction_file" ? NaN : value,
    );
    // Enough to tell it from another program's file
    for (const scored of summary.metric_per_case) scored.metrics["1"].Dice.toFixed();
    return summary;
  } catch (cause) {
    if (cause instanceof Deno.errors.NotFound) return undefined;
    throw new InputError("Cannot read scores: the file is no summary of ours", {
      code: "bad-run",
      path,
      hint: "Score the run again with deno task evaluate",
      cause,
    });
  }
}

function number(value: number): string {
  return Number.isFinite(value) ? String(value) : "";
}

function csvText(text: string): string {
  return /[",\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
