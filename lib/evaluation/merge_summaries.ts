/**
 * The scores of a cross-validation: every patient once, scored by the fold that held it out.
 *
 * @module
 */

import { InputError } from "../support/errors.ts";
import { type EvaluationSummary, labelNames, type ScoreName, summarize } from "./summary.ts";
import { labelTitle } from "./format_scores.ts";
import { alignColumns } from "./text_table.ts";

/** The scores of one fold. */
export interface FoldSummary {
  /** Its number. */
  readonly fold: number;
  readonly summary: EvaluationSummary;
}

/** The result of {@linkcode mergeSummaries}: the scores of all patients, and their folds. */
export interface CrossValidationSummary extends EvaluationSummary {
  /** The cases of each fold. */
  folds: { fold: number; cases: string[] }[];
}

/**
 * Merges the scores of the folds into one table over all their cases: means, deviations and
 * intervals are over cases, not over folds.
 *
 * @param folds One or more.
 * @throws {InputError} If a case is in two folds, or folds were scored on other classes.
 */
export function mergeSummaries(folds: readonly FoldSummary[]): CrossValidationSummary {
  const summaries = folds.map(({ summary }) => summary);
  const names = labelNames(summaries[0]!);
  const other = folds.find(({ summary }) =>
    JSON.stringify(labelNames(summary)) !== JSON.stringify(names)
  );
  if (other !== undefined) {
    throw notOne(`fold ${other.fold} has other classes than fold ${folds[0]!.fold}`);
  }
  const cases = summaries.flatMap(({ metric_per_case }) => metric_per_case);
  const ids = cases.map((scored) => scored.case);
  const seen = new Set<string>();
  const twice = new Set(ids.filter((id) => seen.size === seen.add(id).size));
  if (twice.size > 0) throw notOne(`more than one fold has ${[...twice].join(", ")}`);
  return {
    ...summarize(cases, {
      names,
      problems: summaries.flatMap(({ problems }) => problems),
      seed: summaries[0]!.confidence_interval.seed,
    }),
    folds: folds.map(({ fold, summary }) => ({
      fold,
      cases: summary.metric_per_case.map((scored) => scored.case),
    })),
  };
}

function notOne(why: string): InputError {
  return new InputError(`Cannot merge the scores of folds: ${why}`, {
    code: "bad-run",
    hint: "Score folds of one cross-validation",
  });
}

/**
 * A score by fold and over all cases as a table; several classes one after the other.
 *
 * @param name Which score.
 * @returns Lines, for a terminal.
 */
export function formatFolds(merged: CrossValidationSummary, name: ScoreName): string[] {
  const names = labelNames(merged);
  const { seed } = merged.confidence_interval;
  const byCase = new Map(merged.metric_per_case.map((scored) => [scored.case, scored]));
  const parts = [
    ...merged.folds.map(({ fold, cases }) => ({
      title: `fold ${fold}`,
      summary: summarize(cases.map((id) => byCase.get(id)!), { names, problems: [], seed }),
    })),
    { title: "all", summary: merged },
  ];
  const number = (value: number) => Number.isFinite(value) ? value.toFixed(4) : "–";
  return Object.keys(names).flatMap((key) => [
    ...labelTitle(merged, key),
    ...alignColumns([
      ["", "cases", `${name}, mean`, "sd", "95 % interval"],
      ...parts.map(({ title, summary }) => {
        const { n, mean, sd, ci95: [low, high] } = summary.statistics[key]![name];
        const interval = Number.isFinite(low) ? `${number(low)} to ${number(high)}` : "–";
        return [title, String(n), number(mean), number(sd), interval];
      }),
    ]),
  ]);
}
