/**
 * The intensities of a volume brought to [0, 1].
 *
 * @module
 */

/** The limits that a volume is scaled by, and what was odd about its values. */
export interface IntensityRange {
  /** The value that becomes 0. */
  readonly low: number;
  /** The value that becomes 1. */
  readonly high: number;
  /** How many values are NaN or infinite. */
  readonly nonFinite: number;
}

/** Options of {@linkcode intensityRange} and {@linkcode normalize}. */
export interface NormalizeOptions {
  /**
   * Percentiles, such as [0.5, 99.5], that stand in for the smallest and the largest value. One
   * hot voxel otherwise takes the whole range and flattens the contrast of all others. By default
   * nothing is clipped, as in the tutorial.
   */
  readonly clip?: readonly [number, number];
}

/**
 * Measures the range of a volume's finite values.
 *
 * @param data Values in any order.
 * @returns The range; `low` and `high` are NaN where no value is finite.
 * @throws {RangeError} If the percentiles do not satisfy 0 ≤ low < high ≤ 100.
 */
export function intensityRange(data: Float32Array, options: NormalizeOptions = {}): IntensityRange {
  let low = Infinity;
  let high = -Infinity;
  let nonFinite = 0;
  for (let i = 0; i < data.length; i++) {
    const value = data[i]!;
    if (value - value !== 0) nonFinite++; // NaN and the infinities only
    else {
      if (value < low) low = value;
      if (value > high) high = value;
    }
  }
  if (nonFinite === data.length) return { low: NaN, high: NaN, nonFinite };
  if (options.clip !== undefined) {
    const [from, to] = options.clip;
    if (!(from >= 0 && from < to && to <= 100)) {
      throw new RangeError(
        `Cannot clip at percentiles ${from} and ${to}: need 0 ≤ low < high ≤ 100`,
      );
    }
    const sorted = nonFinite === 0 ? data.slice() : data.filter(Number.isFinite);
    sorted.sort();
    low = percentile(sorted, from);
    high = percentile(sorted, to);
  }
  return { low, high, nonFinite };
}

/** A percentile of sorted values, between neighbours as NumPy's default does it. */
function percentile(sorted: Float32Array, percent: number): number {
  const place = (percent / 100) * (sorted.length - 1);
  const below = Math.floor(place);
  const value = sorted[below]!;
  const next = sorted[below + 1] ?? value;
  return Math.fround(value + (next - value) * (place - below));
}

/**
 * Scales a volume to [0, 1], `(v − min) / (max − min + 1e-8)`, with the float32 rounding that
 * NumPy does: for finite values the result is NumPy's to the last bit.
 *
 * Values that are not finite would turn the whole volume, then every weight, to NaN; they become
 * 0 here, as the smallest value does. A constant volume becomes all zeros.
 *
 * @param data Values in any order; left as they are.
 * @param options What to clip, or the range, where it is measured already.
 * @returns A new array of the same length.
 *
 * @example
 * ```ts
 * import { normalize } from "./normalize.ts";
 * import assert from "node:assert/strict";
 *
 * assert.deepEqual(normalize(Float32Array.of(10, 30, NaN, 20)), Float32Array.of(0, 1, 0, 0.5));
 * ```
 */
export function normalize(
  data: Float32Array,
  options: NormalizeOptions & { readonly range?: IntensityRange } = {},
): Float32Array {
  const { low, high, nonFinite } = options.range ?? intensityRange(data, options);
  const result = new Float32Array(data.length);
  if (!(high > low)) return result;
  const span = Math.fround(Math.fround(high - low) + Math.fround(1e-8));
  const plain = nonFinite === 0 && options.clip === undefined && span < Infinity;
  if (plain) { // float32 after each operation, as NumPy
    for (let i = 0; i < data.length; i++) result[i] = Math.fround(data[i]! - low) / span;
    return result;
  }
  const wide = high - low + 1e-8; // for a span beyond float32
  for (let i = 0; i < data.length; i++) {
    const value = data[i]!;
    if (value - value !== 0) continue;
    const above = Math.min(Math.max(value, low), high) - low;
    result[i] = span < Infinity ? Math.fround(above) / span : above / wide;
  }
  return result;
}
