/**
 * The scores of all cases together.
 *
 * @module
 */

import type { CaseMetrics } from "./case_metrics.ts";
import { finiteMean, RESAMPLES, type ScoreStatistics, scoreStatistics } from "./statistics.ts";

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

/** All that is measured of a case, in the order of files. */
export const METRICS = [
  ...SCORES,
  "TP",
  "FP",
  "FN",
  "TN",
  "n_pred",
  "n_ref",
] as const satisfies readonly (keyof CaseMetrics)[];

/** The scores of one case. */
export interface ScoredCase {
  /** Its name. */
  case: string;
  /** The file of its label. */
  reference_file: string;
  /** The file that its prediction was written to, if it was. */
  prediction_file: string | null;
  /** By label: see `scoreLabels`. */
  metrics: Record<string, CaseMetrics>;
  /** The NCA quality metric, of predictions from several samples: see `ncaQuality`. */
  quality?: number;
}

/** How scores spread over the cases. */
export type Statistics = Record<ScoreName, ScoreStatistics>;

/**
 * What `summary.json` holds: nnU-Net's `foreground_mean`, `mean` and `metric_per_case`; beside them
 * statistics and the problems met. With one class its key is "1".
 */
export interface EvaluationSummary {
  /** The means over the labels. */
  foreground_mean: CaseMetrics;
  /** By label, the means over the cases in which a score is defined; NaN if it is in none. */
  mean: Record<string, CaseMetrics>;
  /** In the order of the cases. */
  metric_per_case: ScoredCase[];
  /** By label, how the scores spread over the cases. */
  statistics: Record<string, Statistics>;
  /** Of several classes: how each case's mean over the classes spreads. */
  foreground_statistics?: Statistics;
  /** Of several classes: the name of each label. */
  labels?: Record<string, string>;
  /** How the confidence intervals were made. */
  confidence_interval: { method: "percentile bootstrap"; resamples: number; seed: number };
  /**
   * Cases that are in no mean of Dice and IoU, since prediction and reference are empty; of several
   * classes as "case (class)".
   */
  undefined_dice: string[];
  /** What was wrong with cases, "case: what". */
  problems: string[];
}

/** The means of several metrics, each over those in which it is defined. */
export function meanMetrics(parts: readonly CaseMetrics[]): CaseMetrics {
  return Object.fromEntries(
    METRICS.map((name) => [name, finiteMean(parts.map((part) => part[name]))]),
  ) as unknown as CaseMetrics;
}

/** The means of a case's metrics over its classes. */
export function foregroundMean(metrics: Readonly<Record<string, CaseMetrics>>): CaseMetrics {
  return meanMetrics(Object.values(metrics));
}

/** The Dice score of a case: of several classes the mean of those in which it is defined. */
export function caseDice({ metrics }: Pick<ScoredCase, "metrics">): number {
  return foregroundMean(metrics).Dice;
}

/**
 * Summarises the scores of cases.
 *
 * @param cases The scored cases, all with the same labels.
 * @param options.names What the labels are called, by key.
 * @param options.problems What was wrong with cases.
 * @param options.seed Of the confidence intervals.
 */
export function summarize(
  cases: readonly ScoredCase[],
  { names, problems, seed }: {
    names: Readonly<Record<string, string>>;
    problems: readonly string[];
    seed: number;
  },
): EvaluationSummary {
  const keys = Object.keys(names);
  const several = keys.length > 1;
  const byKey = <T>(of: (key: string) => T) =>
    Object.fromEntries(keys.map((key) => [key, of(key)])) as Record<string, T>;
  const of = (key: string) => cases.map(({ metrics }) => metrics[key]!);
  const mean = byKey((key) => meanMetrics(of(key)));
  return {
    foreground_mean: foregroundMean(mean),
    mean,
    metric_per_case: [...cases],
    statistics: byKey((key) => statisticsOf(of(key), seed)),
    ...(several && {
      foreground_statistics: statisticsOf(cases.map((each) => foregroundMean(each.metrics)), seed),
      labels: { ...names },
    }),
    confidence_interval: { method: "percentile bootstrap", resamples: RESAMPLES, seed },
    undefined_dice: cases.flatMap(({ case: id, metrics }) =>
      keys.filter((key) => Number.isNaN(metrics[key]!.Dice))
        .map((key) => several ? `${id} (${names[key]})` : id)
    ),
    problems: [...problems],
  };
}

/** What the labels of a summary are called, by key; of one class nothing. */
export function labelNames({ labels }: Pick<EvaluationSummary, "labels">): Record<string, string> {
  return labels ?? { "1": "" };
}

function statisticsOf(parts: readonly CaseMetrics[], seed: number): Statistics {
  return Object.fromEntries(
    SCORES.map((name) => [name, scoreStatistics(parts.map((part) => part[name]), seed)]),
  ) as Statistics;
}
