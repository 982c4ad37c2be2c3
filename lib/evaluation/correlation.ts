/**
 * Correlation of two measures of the same cases.
 *
 * @module
 */

/**
 * Pearson's correlation: how close the pairs are to a straight line, from -1 (falling) to 1
 * (rising).
 *
 * @param x Pairs in which either value is not finite are left out.
 * @param y The same number of values.
 * @returns NaN for fewer than three pairs (two always lie on a line), or if a measure is constant.
 * @throws {TypeError} If the numbers of values differ.
 *
 * @example
 * ```ts
 * import { pearson } from "./correlation.ts";
 * import assert from "node:assert/strict";
 *
 * assert.equal(pearson([1, 2, 3], [6, 4, 2]), -1);
 * ```
 */
export function pearson(x: readonly number[], y: readonly number[]): number {
  return correlate(finitePairs(x, y));
}

/**
 * Spearman's correlation: Pearson's of the ranks, see {@linkcode ranks}. 1 if one always rises with
 * the other, along any curve.
 *
 * @param x Pairs in which either value is not finite are left out.
 * @param y The same number of values.
 * @returns NaN for fewer than three pairs, or if a measure is constant.
 * @throws {TypeError} If the numbers of values differ.
 *
 * @example
 * ```ts
 * import { spearman } from "./correlation.ts";
 * import assert from "node:assert/strict";
 *
 * assert.equal(spearman([1, 2, 3, 4], [1, 10, 100, 1000]), 1);
 * ```
 */
export function spearman(x: readonly number[], y: readonly number[]): number {
  const [first, second] = finitePairs(x, y);
  return correlate([ranks(first), ranks(second)]);
}

type Pairs = readonly [x: readonly number[], y: readonly number[]];

function finitePairs(x: readonly number[], y: readonly number[]): Pairs {
  if (x.length !== y.length) {
    throw new TypeError(`Cannot correlate ${x.length} values with ${y.length}`);
  }
  const finite = (_: number, i: number) => Number.isFinite(x[i]) && Number.isFinite(y[i]);
  return [x.filter(finite), y.filter(finite)];
}

function correlate([x, y]: Pairs): number {
  if (x.length < 3) return NaN;
  const centred = ([x, y] as const).map((values) => {
    const mean = values.reduce((a, b) => a + b) / values.length;
    return values.map((value) => value - mean);
  });
  const [a, b] = centred as [number[], number[]];
  const product = (p: number[], q: number[]) => p.reduce((sum, value, i) => sum + value * q[i]!, 0);
  return product(a, b) / Math.sqrt(product(a, a) * product(b, b));
}

/**
 * The ranks of values, from 1 for the smallest; equal values share the mean of theirs.
 *
 * @example
 * ```ts
 * import { ranks } from "./correlation.ts";
 * import assert from "node:assert/strict";
 *
 * assert.deepEqual(ranks([0.3, 0.1, 0.3]), [2.5, 1, 2.5]);
 * ```
 */
export function ranks(values: readonly number[]): number[] {
  const order = values.map((_, i) => i).sort((a, b) => values[a]! - values[b]!);
  const result = new Array<number>(values.length);
  for (let start = 0, end = 1; start < order.length; start = end++) {
    while (end < order.length && values[order[end]!] === values[order[start]!]) end++;
    for (const i of order.slice(start, end)) result[i] = (start + end + 1) / 2;
  }
  return result;
}
