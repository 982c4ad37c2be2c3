/**
 * The scores of all cases together.
 *
 * @module
 */

import type { CaseMetrics } from "./case_metrics.ts";
import { finiteMean, RESAMPLES, type ScoreStatistics, scoreStatistics } from "./statistics.ts";

/** The scores, without the counts of voxels. */
export const SCORES = [
  "Dice",
  "IoU",
  "Precision",
  "Recall",
  "HD95",
  "ASSD",
  "VolumeDifference",
  "RelativeVolumeDifference",
  "SoftDice",
  "SliceDice",
] as const satisfies readonly (keyof CaseMetrics)[];

/** The name of a score. */
export type ScoreName = (typeof SCORES)[number];

/** All measures of a case, in the order of the files. */
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
  /** Its id. */
  case: string;
  /** The file of its label. */
  reference_file: string;
  /** The file of its prediction, if written. */
  prediction_file: string | null;
  /** By label: see `scoreLabels`. */
  metrics: Record<string, CaseMetrics>;
  /** The NCA quality metric, of predictions from several samples: see `ncaQuality`. */
  quality?: number;
}

/** Statistics of the scores over the cases. */
export type Statistics = Record<ScoreName, ScoreStatistics>;

/**
 * What `summary.json` holds: nnU-Net's `foreground_mean`, `mean` and `metric_per_case`; and also
 * statistics and problems. With one class its key is "1".
 */
export interface EvaluationSummary {
  /** The means over the labels. */
  foreground_mean: CaseMetrics;
  /** By label, the means over the cases in which a score is defined; NaN if there are none. */
  mean: Record<string, CaseMetrics>;
  /** In the order of the cases. */
  metric_per_case: ScoredCase[];
  /** By label, statistics over the cases. */
  statistics: Record<string, Statistics>;
  /** With several classes: statistics of each case's mean over the classes. */
  foreground_statistics?: Statistics;
  /** With several classes: the name of each label. */
  labels?: Record<string, string>;
  /** How the confidence intervals were made. */
  confidence_interval: { method: "percentile bootstrap"; resamples: number; seed: number };
  /**
   * Cases without Dice and IoU, since prediction and reference are empty; with several classes as
   * "case (class)".
   */
  undefined_dice: string[];
  /** Problems of cases, as "case: problem". */
  problems: string[];
}

/** The means of several metrics, each over those in which it is defined. */
function meanMetrics(parts: readonly CaseMetrics[]): CaseMetrics {
  return Object.fromEntries(
    METRICS.map((name) => [name, finiteMean(parts.map((part) => part[name]))]),
  ) as unknown as CaseMetrics;
}

/** The means of a case's metrics over its classes. */
export function foregroundMean(metrics: Readonly<Record<string, CaseMetrics>>): CaseMetrics {
  return meanMetrics(Object.values(metrics));
}

/** The Dice score of a case; with several classes the mean of those in which it is defined. */
export function caseDice({ metrics }: Pick<ScoredCase, "metrics">): number {
  return foregroundMean(metrics).Dice;
}

/**
 * Summarises the scores of cases.
 *
 * @param cases The scored cases, all with the same labels.
 * @param options.names The names of the labels, by key.
 * @param options.problems Problems of cases.
 * @param options.seed The seed of the confidence intervals.
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

/** The names of a summary's labels, by key; empty for one class. */
export function labelNames(
  { labels }: Pick<EvaluationSummary, "labels">,
): Record<string, string> {
  return labels ?? { "1": "" };
}

function statisticsOf(parts: readonly CaseMetrics[], seed: number): Statistics {
  return Object.fromEntries(
    SCORES.map((name) => [name, scoreStatistics(parts.map((part) => part[name]), seed)]),
  ) as Statistics;
}
