/**
 * Writes and reads the scores of all cases.
 *
 * @module
 */

import { join } from "@std/path";
import * as v from "valibot";
import { csvLine } from "../support/csv.ts";
import { InputError } from "../support/errors.ts";
import { writeFileAtomic, writeJsonAtomic } from "../support/files.ts";
import { ifThere, readText } from "../support/read_text.ts";
import type { CaseMetrics } from "./case_metrics.ts";
import { type ScoreStatistics, scoreStatistics } from "./statistics.ts";
import {
  type EvaluationSummary,
  foregroundMean,
  labelNames,
  METRICS,
  SCORES,
  type Statistics,
} from "./summary.ts";

/**
 * Writes `summary.json` and `summary.csv`: one row per case, then the mean, the standard deviation,
 * the median and the limits of the mean's 95 % confidence interval. With several classes the first
 * columns are means over the classes, followed by those of each class, such as "Dice (zone)".
 * Undefined values are `null` in JSON and empty in CSV.
 *
 * @param folder The folder; created if missing.
 */
export async function writeSummary(folder: string, summary: EvaluationSummary): Promise<void> {
  await writeJsonAtomic(join(folder, "summary.json"), summary);
  await writeFileAtomic(join(folder, "summary.csv"), summaryCsv(summary));
}

/** A block of the table's columns. */
interface Block {
  /** Suffix of the columns' names. */
  suffix: string;
  cases: readonly CaseMetrics[];
  mean: CaseMetrics;
  statistics: Statistics;
}

function summaryCsv(summary: EvaluationSummary): string {
  const { metric_per_case: cases, labels, foreground_statistics: foreground } = summary;
  const perLabel = Object.keys(summary.mean).map((key): Block => ({
    suffix: labels === undefined ? "" : ` (${labels[key]})`,
    cases: cases.map(({ metrics }) => metrics[key]!),
    mean: summary.mean[key]!,
    statistics: summary.statistics[key]!,
  }));
  const blocks = foreground === undefined ? perLabel : [{
    suffix: "",
    cases: cases.map(({ metrics }) => foregroundMean(metrics)),
    mean: summary.foreground_mean,
    statistics: foreground,
  }, ...perLabel];
  const qualities = cases.flatMap(({ quality }) => quality ?? []);
  const nqm = scoreStatistics(qualities, summary.confidence_interval.seed);
  const row = (name: string, values: (block: Block) => readonly unknown[], quality: unknown) =>
    csvLine([name, ...blocks.flatMap(values), ...(qualities.length > 0 ? [quality] : [])]);
  const statistic = (name: string, of: (statistics: ScoreStatistics) => number) => {
    const values = ({ statistics }: Block) =>
      METRICS.map((metric) => {
        const found = (statistics as Partial<Record<string, ScoreStatistics>>)[metric];
        return found && of(found);
      });
    return row(name, values, of(nqm));
  };
  return [
    row("case", ({ suffix }) => METRICS.map((metric) => metric + suffix), "NQM"),
    ...cases.map(({ case: id, quality }, i) =>
      row(id, (block) => METRICS.map((metric) => block.cases[i]![metric]), quality)
    ),
    row("mean", ({ mean }) => METRICS.map((metric) => mean[metric]), nqm.mean),
    statistic("sd", ({ sd }) => sd),
    statistic("median", ({ median }) => median),
    statistic("ci95_low", ({ ci95 }) => ci95[0]),
    statistic("ci95_high", ({ ci95 }) => ci95[1]),
  ].join("");
}

/** NaN too, as what is undefined is read. */
const number = v.custom<number>((value) => typeof value === "number");
const entries = <Name extends string, Schema>(names: readonly Name[], schema: Schema) =>
  Object.fromEntries(names.map((name) => [name, schema])) as Record<Name, Schema>;
/** Summaries of older versions lack these. */
const newer = { SoftDice: v.optional(number, NaN), SliceDice: v.optional(number, NaN) };
const MetricsSchema = v.object({ ...entries(METRICS, number), ...newer });
const ScoreSchema = v.object({
  ...entries(["n", "mean", "sd", "median"], number),
  ci95: v.tuple([number, number]),
});
const NONE: ScoreStatistics = scoreStatistics([], 0);
const StatisticsSchema = v.object({
  ...entries(SCORES, ScoreSchema),
  SoftDice: v.optional(ScoreSchema, NONE),
  SliceDice: v.optional(ScoreSchema, NONE),
});

const SummarySchema = v.pipe(
  v.looseObject({
    foreground_mean: MetricsSchema,
    mean: v.record(v.string(), MetricsSchema),
    metric_per_case: v.array(v.looseObject({
      case: v.string(),
      reference_file: v.string(),
      prediction_file: v.nullable(v.string()),
      metrics: v.record(v.string(), MetricsSchema),
      quality: v.exactOptional(number),
    })),
    statistics: v.record(v.string(), StatisticsSchema),
    foreground_statistics: v.exactOptional(StatisticsSchema),
    labels: v.exactOptional(v.record(v.string(), v.string())),
    undefined_dice: v.array(v.string()),
    problems: v.array(v.string()),
  }),
  v.check((summary) => {
    const parts = [summary.mean, summary.statistics];
    const all = [...parts, ...summary.metric_per_case.map(({ metrics }) => metrics)];
    return Object.keys(labelNames(summary))
      .every((key) => all.every((part) => Object.hasOwn(part, key)));
  }, "a class is missing"),
);

/**
 * Reads the `summary.json` of a folder.
 *
 * @returns `undefined` if there is none.
 * @throws {InputError} If it is not a summary.
 */
export async function readSummary(folder: string): Promise<EvaluationSummary | undefined> {
  const path = join(folder, "summary.json");
  const text = await ifThere(readText(path, { what: "scores", code: "bad-run" }));
  if (text === undefined) return undefined;
  try {
    const summary = JSON.parse(
      text,
      (key, value) => value === null && key !== "prediction_file" ? NaN : value,
    );
    return v.parse(SummarySchema, summary) as unknown as EvaluationSummary;
  } catch (cause) {
    throw new InputError("Cannot read scores: the file is not a summary from this program", {
      code: "bad-run",
      path,
      hint: "Score the run again with deno task evaluate",
      cause,
    });
  }
}
