/**
 * Wilcoxon's signed-rank test for paired values.
 *
 * @module
 */

import { ranks } from "./correlation.ts";

/** The result of {@linkcode wilcoxonSignedRank}. */
export interface WilcoxonResult {
  /** The smaller of the rank sums of the positive and of the negative differences. */
  statistic: number;
  /** The two-sided p-value; NaN if no difference is other than 0. */
  p: number;
}

/**
 * The largest numbers of differences for the exact distribution: in general, and if some are equal
 * or 0.
 */
const EXACT = { distinct: 50, ties: 13 };

/**
 * Wilcoxon's signed-rank test of paired differences, two-sided. Differences of 0 are left out.
 *
 * Uses the exact distribution of the rank sum for up to 50 differences, or up to 13 if some are
 * equal or 0; otherwise the normal approximation with the correction for ties. Equal to scipy's
 * `stats.wilcoxon` (1.17).
 *
 * Source: F. Wilcoxon, "Individual comparisons by ranking methods", 1945.
 *
 * @param differences One per pair, finite.
 *
 * @example
 * ```ts
 * import { wilcoxonSignedRank } from "./wilcoxon.ts";
 * import assert from "node:assert/strict";
 *
 * // All five rise: 2 of the 32 patterns of signs are as extreme
 * assert.deepEqual(wilcoxonSignedRank([1, 2, 3, 4, 5]), { statistic: 0, p: 2 / 32 });
 * ```
 */
export function wilcoxonSignedRank(differences: readonly number[]): WilcoxonResult {
  const changed = differences.filter((difference) => difference !== 0);
  if (changed.length === 0) return { statistic: NaN, p: NaN };
  const rank = ranks(changed.map(Math.abs));
  const total = rank.reduce((a, b) => a + b);
  const positive = rank.filter((_, i) => changed[i]! > 0).reduce((a, b) => a + b, 0);
  const statistic = Math.min(positive, total - positive);
  const ties = changed.length < differences.length || new Set(rank).size < rank.length;
  const exact = differences.length <= (ties ? EXACT.ties : EXACT.distinct);
  return { statistic, p: exact ? exactP(rank, statistic) : normalP(rank, statistic) };
}

/** The fraction of all sign patterns whose smaller rank sum is at most the given one. */
function exactP(rank: readonly number[], statistic: number): number {
  // Ranks are multiples of one half if values are equal
  const doubled = rank.map((value) => 2 * value);
  const total = doubled.reduce((a, b) => a + b);
  const chances = new Float64Array(total + 1);
  chances[0] = 1;
  for (const value of doubled) {
    for (let sum = total; sum >= 0; sum--) {
      chances[sum] = (chances[sum]! + (chances[sum - value] ?? 0)) / 2;
    }
  }
  const tail = chances.subarray(0, 2 * statistic + 1).reduce((a, b) => a + b, 0);
  return Math.min(1, 2 * tail);
}

function normalP(rank: readonly number[], statistic: number): number {
  const n = rank.length;
  const groups = Map.groupBy(rank, (value) => value);
  const ties = groups.values().reduce((sum, { length: t }) => sum + t ** 3 - t, 0);
  const deviation = Math.sqrt((n * (n + 1) * (2 * n + 1) - ties / 2) / 24);
  return erfc((n * (n + 1) / 4 - statistic) / deviation / Math.SQRT2);
}

/** The complementary error function of x ≥ 0, to about 1e-15 of its value. */
function erfc(x: number): number {
  if (x < 2) { // erf's series
    let term = x;
    let sum = x;
    for (let n = 1; Math.abs(term) > 1e-17 * Math.abs(sum); n++) {
      term *= -x * x / n;
      sum += term / (2 * n + 1);
    }
    return 1 - 2 / Math.sqrt(Math.PI) * sum;
  }
  let fraction = x; // Laplace's continued fraction, from its far end
  for (let n = 120; n > 0; n--) fraction = x + n / 2 / fraction;
  return Math.exp(-x * x) / Math.sqrt(Math.PI) / fraction;
}
