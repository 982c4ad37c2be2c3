/**
 * One table of the scores of many trainings: by settings and seed, over patients.
 *
 * @module
 */

import type { CaseMetrics } from "../evaluation/case_metrics.ts";
import { finiteMean, scoreStatistics } from "../evaluation/statistics.ts";
import {
  type EvaluationSummary,
  foregroundMean,
  labelNames,
  type ScoreName,
  SCORES,
} from "../evaluation/summary.ts";
import { alignColumns } from "../evaluation/text_table.ts";
import { csvLine } from "../support/csv.ts";

/** The scores of one training, or of a cross-validation, with one seed. */
export interface SeedScores {
  readonly variant: string;
  readonly seed: number;
  readonly summary: EvaluationSummary;
  /** The patient of each case that is not its own. */
  readonly patients: Readonly<Record<string, string>>;
  /** The validation score of the best epoch, mean over the folds; null without validation. */
  readonly validation: number | null;
}

/** A row: one seed, or all seeds of the same settings. */
export interface ScoreRow {
  readonly variant: string;
  /** Null for all seeds. */
  readonly seed: number | null;
  /** The class; empty for the mean over the classes. */
  readonly label: string;
  readonly score: ScoreName;
  /** In how many patients the score is defined. */
  readonly patients: number;
  readonly mean: number;
  /** Between patients; for all seeds of each patient's mean over the seeds. */
  readonly sdPatients: number;
  /** Between the means of the seeds; NaN for one seed. */
  readonly sdSeeds: number;
}

type ByPatient = ReadonlyMap<string, number>;

/**
 * Means over patients, with the spread between patients apart from that between seeds. A patient
 * with several cases counts once, with their mean.
 *
 * @param all The seeds of the same settings are neighbours.
 */
export function scoreRows(all: readonly SeedScores[]): ScoreRow[] {
  return [...Map.groupBy(all, ({ variant }) => variant)].flatMap(([variant, seeds]) => {
    const names = labelNames(seeds[0]!.summary);
    const labels = Object.keys(names).length === 1 ? [null] : [null, ...Object.keys(names)];
    return labels.flatMap((key) =>
      SCORES.flatMap((score): ScoreRow[] => {
        const of = (metrics: Readonly<Record<string, CaseMetrics>>) =>
          (key === null ? foregroundMean(metrics) : metrics[key]!)[score];
        const bySeed = seeds.map((one) => patientMeans(one, of));
        const common = { variant, label: key === null ? "" : names[key]!, score };
        const single = seeds.map(({ seed }, i) => ({
          ...{ ...common, seed, ...statistics(bySeed[i]!) },
          sdSeeds: NaN,
        }));
        const means = single.map(({ mean }) => mean);
        const over = { ...common, seed: null, ...statistics(meanOverSeeds(bySeed)) };
        return [...single, { ...over, sdSeeds: scoreStatistics(means, 0).sd }];
      })
    );
  });
}

function patientMeans(
  { summary, patients }: SeedScores,
  of: (metrics: Readonly<Record<string, CaseMetrics>>) => number,
): ByPatient {
  const cases = Map.groupBy(
    summary.metric_per_case,
    (scored) => patients[scored.case] ?? scored.case,
  );
  return new Map(
    cases.entries().map(([id, scans]) => [id, finiteMean(scans.map((scan) => of(scan.metrics)))]),
  );
}

function meanOverSeeds(bySeed: readonly ByPatient[]): ByPatient {
  const ids = new Set(bySeed.flatMap((scores) => [...scores.keys()]));
  return new Map(
    ids.values().map((id) => [id, finiteMean(bySeed.map((scores) => scores.get(id) ?? NaN))]),
  );
}

function statistics(scores: ByPatient): Pick<ScoreRow, "patients" | "mean" | "sdPatients"> {
  const { n, mean, sd } = scoreStatistics([...scores.values()], 0);
  return { patients: n, mean, sdPatients: sd };
}

/** The table as CSV, one line per row; what is not defined is empty. */
export function scoreCsv(rows: readonly ScoreRow[]): string {
  return [
    csvLine("settings,seed,class,score,patients,mean,sd_patients,sd_seeds".split(",")),
    ...rows.map((row) =>
      csvLine([
        ...[row.variant, row.seed ?? "all", row.label, row.score],
        ...[row.patients, row.mean, row.sdPatients, row.sdSeeds],
      ])
    ),
  ].join("");
}

/** The means over all classes of one score as lines for a terminal. */
export function formatScoreRows(rows: readonly ScoreRow[], score: ScoreName): string[] {
  const number = (value: number) => Number.isFinite(value) ? value.toFixed(4) : "–";
  const shown = rows.filter((row) => row.label === "" && row.score === score);
  return alignColumns([
    ["", "patients", `${score}, mean`, "sd of patients", "sd of seeds"],
    ...shown.map((row) => [
      `${row.variant} ${row.seed === null ? "all seeds" : `seed ${row.seed}`}`.trim(),
      ...[String(row.patients), number(row.mean), number(row.sdPatients), number(row.sdSeeds)],
    ]),
  ]);
}

/**
 * The settings with the highest validation score, mean over their seeds; the first of equals.
 *
 * @returns Null if there is nothing to choose, or any training had no validation.
 */
export function bestVariant(all: readonly SeedScores[]): { name: string; score: number } | null {
  const scored = [...Map.groupBy(all, ({ variant }) => variant)].map(([name, seeds]) => ({
    name,
    score: seeds.reduce((sum, { validation }) => sum + (validation ?? NaN), 0) / seeds.length,
  }));
  if (scored.length < 2 || scored.some(({ score }) => Number.isNaN(score))) return null;
  return scored.reduce((best, next) => next.score > best.score ? next : best);
}
