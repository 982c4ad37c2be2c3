/**
 * Relates the NCA quality metric to the Dice score.
 *
 * @module
 */

import { pearson, spearman } from "./correlation.ts";
import { caseDice, type EvaluationSummary } from "./summary.ts";

/** The quality metric and the score of one case. */
export interface CaseQuality {
  /** Its id. */
  case: string;
  /** The NCA quality metric, see `CasePrediction`; NaN if it is undefined. */
  quality: number;
  /** The Dice score of the volume, see `caseDice`; NaN if it is undefined. */
  dice: number;
}

/** The quality metric and score of each case, if predicted several times. */
export function caseQualities(summary: EvaluationSummary | undefined): CaseQuality[] {
  return (summary?.metric_per_case ?? []).flatMap((scored) =>
    scored.quality === undefined
      ? []
      : [{ case: scored.case, quality: scored.quality, dice: caseDice(scored) }]
  );
}

/**
 * The correlation of quality metric and score, in words.
 *
 * @example
 * ```ts
 * import { describeCorrelation } from "./case_quality.ts";
 * import assert from "node:assert/strict";
 *
 * const few = [{ case: "a", quality: 0.1, dice: 0.8 }];
 * assert.equal(describeCorrelation(few), "1 case: too few for a correlation");
 * ```
 */
export function describeCorrelation(cases: readonly CaseQuality[]): string {
  const x = cases.map(({ quality }) => quality);
  const y = cases.map(({ dice }) => dice);
  const count = `${cases.length} ${cases.length === 1 ? "case" : "cases"}`;
  const [line, rank] = [pearson(x, y), spearman(x, y)];
  if (Number.isNaN(line)) return `${count}: too few for a correlation`;
  const text = (value: number) => value.toFixed(2).replace("-", "−");
  return `${count}: correlation ${text(line)} (Pearson), ${text(rank)} (Spearman)`;
}
