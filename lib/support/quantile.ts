/**
 * The `q` quantile (0 to 1) of the finite numbers, interpolated linearly as by NumPy's default; 0
 * if there are none.
 *
 * @example
 * ```ts
 * import { quantile } from "./quantile.ts";
 * import assert from "node:assert/strict";
 *
 * assert.equal(quantile([4, 1, NaN, 2], 0.5), 2);
 * assert.equal(quantile([0, 10], 0.95), 9.5);
 * ```
 */
export function quantile(data: ArrayLike<number>, q: number): number {
  const sorted = Float64Array.from(data).filter(Number.isFinite).sort();
  if (sorted.length === 0) return 0;
  const position = q * (sorted.length - 1);
  const low = Math.floor(position);
  const [a, b] = [sorted[low]!, sorted[Math.min(low + 1, sorted.length - 1)]!];
  return a + (b - a) * (position - low);
}
