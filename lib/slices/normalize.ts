import { orderStatistics } from "../support/order_statistics.ts";
import { resolveSliceSettings, type SliceSettings } from "./slice_settings.ts";

/** The range of a channel before it is normalised. */
export interface IntensityRange {
  /** The smallest finite value. */
  readonly low: number;
  /** The largest finite value. */
  readonly high: number;
}

/** The intensities of the foreground over all labelled cases, for `normalize: ct`. */
export interface ForegroundIntensities {
  /** The 0.5th percentile. */
  readonly low: number;
  /** The 99.5th percentile. */
  readonly high: number;
  readonly mean: number;
  readonly deviation: number;
}

/** Values are clipped to `low` and `high`, then become `(value − offset) / span`. */
export interface IntensityScale extends IntensityRange {
  readonly offset: number;
  readonly span: number;
}

/** The tutorial adds this to the span to avoid a division by 0. */
const EPSILON = 1e-8;

/** With a smaller span the tutorial's epsilon would matter. */
const SMALL_SPAN = 1e-4;

/**
 * Scales a volume to [0, 1], `(v − min) / (max − min + 1e-8)`, with NumPy's float32 rounding: for
 * finite values the result equals NumPy's to the last bit. (For values so small that the 1e-8 would
 * flatten them, such as diffusion maps in m²/s, it is left out.)
 *
 * Values that are not finite would turn the whole volume, then every weight, to NaN; they become
 * 0 here. A constant volume becomes all zeros.
 *
 * @param data Values in any order; not changed.
 * @param settings `normalize: "percentile"` scales by the percentiles `clip` instead of minimum and
 * maximum, "zscore" to mean 0 and deviation 1.
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
  settings: Partial<Pick<SliceSettings, "normalize" | "clip">> = {},
): Float32Array {
  const range = intensityRange(data);
  if (!(range.high > range.low)) return new Float32Array(data.length);
  const scale = intensityScale(data, range, resolveSliceSettings(settings), null);
  return scaleIntensities(data, scale, new Float32Array(data.length));
}

/** The smallest and the largest finite value; NaN if there is none. */
export function intensityRange(data: Float32Array): IntensityRange {
  let low = Infinity;
  let high = -Infinity;
  for (let i = 0; i < data.length; i++) {
    const value = data[i]!;
    if (value - value !== 0) continue; // only NaN and the infinities
    if (value < low) low = value;
    if (value > high) high = value;
  }
  return low > high ? { low: NaN, high: NaN } : { low, high };
}

/**
 * How a channel's values are scaled.
 *
 * @param range That of the data; not constant.
 * @param foreground For `normalize: ct`: the intensities of the training foreground.
 * @throws {TypeError} If `normalize: ct` lacks it.
 */
export function intensityScale(
  data: Float32Array,
  range: IntensityRange,
  { normalize, clip }: Pick<SliceSettings, "normalize" | "clip">,
  foreground: ForegroundIntensities | null,
): IntensityScale {
  switch (normalize) {
    case "minmax":
      return spanOf(range);
    case "percentile": {
      const [low, high] = percentiles(data, clip);
      return spanOf({ low: low!, high: high! });
    }
    case "zscore": {
      const { mean, deviation } = meanAndDeviation(data);
      return { ...range, offset: Math.fround(mean), span: Math.fround(deviation) };
    }
    case "ct": {
      if (foreground === null) throw new TypeError("Cannot normalise: no foreground was measured");
      const { low, high, mean, deviation } = foreground;
      return { low, high, offset: mean, span: Math.max(deviation, EPSILON) };
    }
  }
}

function spanOf({ low, high }: IntensityRange): IntensityScale {
  const span = high - low;
  const plain = Math.fround(Math.fround(span) + Math.fround(span < SMALL_SPAN ? 0 : EPSILON));
  // A double, in case the span exceeds float32
  // If both percentiles are equal, every clipped value becomes 0
  return { low, high, offset: low, span: plain > 0 && plain < Infinity ? plain : span || 1 };
}

/** Percentiles of the finite values, interpolated linearly as by NumPy's default. */
export function percentiles(data: Float32Array, wanted: readonly number[]): number[] {
  let places: number[] = [];
  const found = orderStatistics(data, (count) => {
    places = wanted.map((percent) => (percent / 100) * (count - 1));
    return places.flatMap((
      place,
    ) => [Math.floor(place), Math.min(Math.floor(place) + 1, count - 1)]);
  });
  return places.map((place, i) => {
    const [below, above] = [found[2 * i]!, found[2 * i + 1]!];
    return Math.fround(below + (above - below) * (place - Math.floor(place)));
  });
}

/** Mean and standard deviation of the finite values. */
export function meanAndDeviation(data: Float32Array): { mean: number; deviation: number } {
  let count = 0;
  let sum = 0;
  for (let i = 0; i < data.length; i++) {
    if (data[i]! - data[i]! !== 0) continue;
    sum += data[i]!;
    count++;
  }
  const mean = sum / count;
  let squares = 0;
  for (let i = 0; i < data.length; i++) {
    if (data[i]! - data[i]! === 0) squares += (data[i]! - mean) ** 2;
  }
  return { mean, deviation: Math.sqrt(squares / count) };
}

/**
 * Scales values with float32 rounding after each operation, as NumPy does.
 *
 * @param result Gets them; may be the data itself.
 */
export function scaleIntensities(
  data: Float32Array,
  { low, high, offset, span }: IntensityScale,
  result: Float32Array,
): Float32Array {
  const isWide = high - low > 3.4e38;
  for (let i = 0; i < data.length; i++) {
    const value = data[i]!;
    if (value - value !== 0) {
      result[i] = 0;
      continue;
    }
    const above = Math.min(Math.max(value, low), high) - offset;
    result[i] = (isWide ? above : Math.fround(above)) / span;
  }
  return result;
}
