/**
 * The scores of all cases, as files.
 *
 * @module
 */

import { join } from "@std/path";
import { InputError } from "../support/errors.ts";
import { writeFileAtomic, writeJsonAtomic } from "../support/files.ts";
import type { CaseMetrics } from "./metrics.ts";
import { RESAMPLES, type ScoreStatistics, scoreStatistics } from "./statistics.ts";

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
  /** The NCA quality metric, of predictions from several samples: see `ncaQuality`. */
  quality?: number;
}

/**
 * What `summary.json` holds: nnU-Net's `foreground_mean`, `mean` and `metric_per_case`; beside them
 * statistics and the problems met.
 */
export interface EvaluationSummary {
  /** The means over the labels, of which there is one. */
  foreground_mean: CaseMetrics;
  /** The means over the cases in which a score is defined; NaN where it is in none. */
  mean: { "1": CaseMetrics };
  /** In the order of the cases. */
  metric_per_case: ScoredCase[];
  /** How the scores spread over the cases. */
  statistics: { "1": Record<ScoreName, ScoreStatistics> };
  /** How the confidence intervals were made. */
  confidence_interval: { method: "percentile bootstrap"; resamples: number; seed: number };
  /** Cases that are in no mean of Dice and IoU, since prediction and reference are empty. */
  undefined_dice: string[];
  /** What was wrong with cases, "case: what". */
  problems: string[];
}

/** The scores proper, that is all but the counts of voxels. */
export const SCORES = [
  "Dice",
  "IoU",
  "Precision",
  "Recall",
  "HD95",
  "ASSD",
  "VolumeDifference",
  "RelativeVolumeDifference",
] as const satisfies readonly (keyof CaseMetrics)[];

/** The name of a score. */
export type ScoreName = (typeof SCORES)[number];

const COLUMNS = [
  ...SCORES,
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
 * @param options.seed Of the confidence intervals; 0 unless told.
 */
export function summarize(
  cases: readonly ScoredCase[],
  problems: readonly string[] = [],
  { seed = 0 }: { seed?: number } = {},
): EvaluationSummary {
  const values = (name: keyof CaseMetrics) => cases.map(({ metrics }) => metrics["1"][name]);
  const mean = Object.fromEntries(COLUMNS.map((name) => {
    const defined = values(name).filter(Number.isFinite);
    return [name, defined.reduce((a, b) => a + b, 0) / defined.length];
  })) as unknown as CaseMetrics;
  const statistics = Object.fromEntries(
    SCORES.map((name) => [name, scoreStatistics(values(name), { seed })]),
  ) as Record<ScoreName, ScoreStatistics>;
  return {
    foreground_mean: mean,
    mean: { "1": mean },
    metric_per_case: [...cases],
    statistics: { "1": statistics },
    confidence_interval: { method: "percentile bootstrap", resamples: RESAMPLES, seed },
    undefined_dice: cases.filter(({ metrics }) => Number.isNaN(metrics["1"].Dice))
      .map((scored) => scored.case),
    problems: [...problems],
  };
}

/**
 * Writes `summary.json` and `summary.csv`: one row a case, then the mean, the standard deviation,
 * the median and the limits of the mean's 95 % confidence interval. What is undefined is `null` in
 * the one and empty in the other.
 *
 * @param folder Where to; made if missing.
 */
export async function writeSummary(folder: string, summary: EvaluationSummary): Promise<void> {
  await writeJsonAtomic(join(folder, "summary.json"), summary);
  const statistics: Partial<Record<keyof CaseMetrics, ScoreStatistics>> = summary.statistics["1"];
  const qualities = summary.metric_per_case.flatMap(({ quality }) => quality ?? []);
  const sampled = qualities.length > 0;
  const nqm = scoreStatistics(qualities, { seed: summary.confidence_interval.seed });
  const row = (
    name: string,
    value: (column: keyof CaseMetrics) => number | undefined,
    quality?: number,
  ) =>
    [
      csvText(name),
      ...COLUMNS.map((column) => number(value(column))),
      ...(sampled ? [number(quality)] : []),
    ].join(",");
  const lines = [
    ["case", ...COLUMNS, ...(sampled ? ["NQM"] : [])].join(","),
    ...summary.metric_per_case.map((scored) =>
      row(scored.case, (column) => scored.metrics["1"][column], scored.quality)
    ),
    row("mean", (column) => summary.mean["1"][column], nqm.mean),
    row("sd", (column) => statistics[column]?.sd, nqm.sd),
    row("median", (column) => statistics[column]?.median, nqm.median),
    row("ci95_low", (column) => statistics[column]?.ci95[0], nqm.ci95[0]),
    row("ci95_high", (column) => statistics[column]?.ci95[1], nqm.ci95[1]),
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
    // Enough to tell it from another program's file, and from one of an older version
    for (const scored of summary.metric_per_case) scored.metrics["1"].Dice.toFixed();
    for (const name of SCORES) summary.statistics["1"][name].mean.toFixed();
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

function number(value: number | undefined): string {
  return Number.isFinite(value) ? String(value) : "";
}

function csvText(text: string): string {
  return /[",\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
