/**
 * The smallest and the largest of many numbers.
 *
 * @module
 */

/**
 * The smallest of some numbers; Infinity if there are none. `Math.min(...values)` fails from about
 * 120,000 values on, since each is an argument on the stack.
 *
 * @example
 * ```ts
 * import { smallestOf } from "./extremes.ts";
 * import assert from "node:assert/strict";
 *
 * assert.equal(smallestOf([3, 1, 2]), 1);
 * ```
 */
export function smallestOf(values: Iterable<number>): number {
  let smallest = Infinity;
  for (const value of values) smallest = Math.min(smallest, value);
  return smallest;
}

/**
 * The largest of some numbers; -Infinity if there are none.
 *
 * @example
 * ```ts
 * import { largestOf } from "./extremes.ts";
 * import assert from "node:assert/strict";
 *
 * assert.equal(largestOf([3, 1, 2]), 3);
 * ```
 */
export function largestOf(values: Iterable<number>): number {
  let largest = -Infinity;
  for (const value of values) largest = Math.max(largest, value);
  return largest;
}
