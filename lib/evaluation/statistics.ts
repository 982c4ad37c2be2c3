/**
 * Statistics of a score over cases.
 *
 * @module
 */

import { quantile } from "../support/quantile.ts";
import { Random } from "../support/random.ts";

/** A score over the cases in which it is defined; NaN if there are too few. */
export interface ScoreStatistics {
  /** The number of cases in which it is defined. */
  n: number;
  /** The mean. */
  mean: number;
  /** The standard deviation between cases, of a sample (n − 1); undefined below two cases. */
  sd: number;
  /** The median. */
  median: number;
  /** The 95 % confidence interval of the mean; undefined below {@linkcode FEWEST_FOR_INTERVAL}. */
  ci95: [low: number, high: number];
}

/** Enough that the seed changes the limits by only about a hundredth of the interval. */
export const RESAMPLES = 10_000;

/** With fewer cases no interval is given: resampling two values can only return those two. */
export const FEWEST_FOR_INTERVAL = 5;

/** The mean of the values that are finite; NaN if none is. */
export function finiteMean(values: readonly number[]): number {
  const finite = values.filter(Number.isFinite);
  return finite.reduce((a, b) => a + b, 0) / finite.length;
}

/**
 * Mean, standard deviation, median and confidence interval of a score. Cases in which it is not
 * finite (undefined) are left out; `n` is the number that remain.
 *
 * @param values One per case.
 * @param seed The seed of the interval, see {@linkcode bootstrapInterval}.
 *
 * @example
 * ```ts
 * import { scoreStatistics } from "./statistics.ts";
 * import assert from "node:assert/strict";
 *
 * const { n, mean, sd, median } = scoreStatistics([0.5, 0.75, NaN, 1], 0);
 * assert.deepEqual([n, mean, sd, median], [3, 0.75, 0.25, 0.75]);
 * ```
 */
export function scoreStatistics(values: readonly number[], seed: number): ScoreStatistics {
  const defined = values.filter(Number.isFinite);
  const n = defined.length;
  const mean = finiteMean(defined);
  const squares = defined.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  return {
    n,
    mean,
    sd: n < 2 ? NaN : Math.sqrt(squares / (n - 1)),
    median: n === 0 ? NaN : quantile(defined, 0.5),
    ci95: bootstrapInterval(defined, { seed }),
  };
}

/**
 * The confidence interval of a mean by the percentile bootstrap (B. Efron, "Bootstrap methods:
 * another look at the jackknife", 1979): the cases are resampled with replacement, and the interval
 * contains the middle of the resampled means.
 *
 * It estimates how much the mean would vary with other patients of the same kind. It does not cover
 * other trainings or scanners, and with fewer than about ten cases it is too narrow.
 *
 * @param values One per case, all finite.
 * @param options.seed The seed; it changes the interval slightly.
 * @param options.resamples How often the cases are resampled. Default: 10,000.
 * @param options.level The fraction of the means in the interval, 0 to 1. Default: 0.95.
 * @returns The lower and the upper limit; NaN below {@linkcode FEWEST_FOR_INTERVAL} values.
 *
 * @example
 * ```ts
 * import { bootstrapInterval } from "./statistics.ts";
 * import assert from "node:assert/strict";
 *
 * const [low, high] = bootstrapInterval([0.8, 0.9, 0.7, 0.85, 0.95], { seed: 1 });
 * assert(0.7 < low && low < 0.84 && 0.84 < high && high < 0.95);
 * ```
 */
export function bootstrapInterval(
  values: readonly number[],
  options: { seed: number; resamples?: number; level?: number },
): [low: number, high: number] {
  const { seed, resamples = RESAMPLES, level = 0.95 } = options;
  const n = values.length;
  if (n < FEWEST_FOR_INTERVAL) return [NaN, NaN];
  const random = new Random(seed);
  const means = Float64Array.from({ length: resamples }, () => {
    let sum = 0;
    for (let i = 0; i < n; i++) sum += values[random.integer(n)]!;
    return sum / n;
  });
  return percentiles(means, level);
}

/** The limits that contain the middle of values: `level` of them. */
export function percentiles(
  values: ArrayLike<number>,
  level: number,
): [low: number, high: number] {
  const outside = (1 - level) / 2;
  return [quantile(values, outside), quantile(values, 1 - outside)];
}
