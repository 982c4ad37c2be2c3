import type { Slice } from "../volume/types.ts";
import type { LabelPlane } from "./case.ts";

/**
 * Resizes a slice bilinearly, with half-pixel centres. Where it shrinks, the filter widens with the
 * scale, so that no pixel is skipped (PyTorch's `interpolate` with `antialias=True`).
 *
 * @example
 * ```ts
 * import { resizeBilinear } from "./resize.ts";
 * import assert from "node:assert/strict";
 *
 * const slice = { data: Float32Array.of(0, 4), height: 1, width: 2 };
 * assert.deepEqual([...resizeBilinear(slice, [1, 4]).data], [0, 1, 3, 4]);
 * ```
 */
export function resizeBilinear(slice: Slice, size: readonly [number, number]): Slice {
  const { data, width } = slice;
  const [height, newWidth] = size;
  if (slice.height === height && width === newWidth) return slice;
  const rows = taps(slice.height, height);
  const columns = taps(width, newWidth);

  const wide = new Float64Array(slice.height * newWidth);
  for (let y = 0; y < slice.height; y++) {
    for (let x = 0; x < newWidth; x++) {
      const { first, weights } = columns[x]!;
      let sum = 0;
      for (let k = 0; k < weights.length; k++) sum += weights[k]! * data[y * width + first + k]!;
      wide[y * newWidth + x] = sum;
    }
  }
  const result = new Float32Array(height * newWidth);
  for (let y = 0; y < height; y++) {
    const { first, weights } = rows[y]!;
    for (let x = 0; x < newWidth; x++) {
      let sum = 0;
      for (let k = 0; k < weights.length; k++) {
        sum += weights[k]! * wide[(first + k) * newWidth + x]!;
      }
      result[y * newWidth + x] = sum;
    }
  }
  return { data: result, height, width: newWidth };
}

/** Resizes a plane of codes by nearest neighbour. */
export function resizeNearest(plane: LabelPlane, size: readonly [number, number]): LabelPlane {
  const [height, width] = size;
  if (plane.height === height && plane.width === width) return plane;
  const result = new Uint8Array(height * width);
  for (let y = 0; y < height; y++) {
    const row = Math.floor(((y + 0.5) * plane.height) / height) * plane.width;
    for (let x = 0; x < width; x++) {
      const column = Math.floor(((x + 0.5) * plane.width) / width);
      result[y * width + x] = plane.data[row + column]!;
    }
  }
  return { data: result, height, width };
}

/** The input pixels of an output pixel, with their weights. */
interface Taps {
  readonly first: number;
  readonly weights: readonly number[];
}

/** A triangle around each output pixel's centre, at least one input pixel wide on both sides. */
function taps(from: number, to: number): Taps[] {
  const scale = from / to;
  const reach = Math.max(scale, 1);
  return Array.from({ length: to }, (_, i) => {
    const centre = (i + 0.5) * scale - 0.5;
    const first = Math.max(0, Math.ceil(centre - reach));
    const last = Math.min(from - 1, Math.floor(centre + reach));
    const weights: number[] = [];
    for (let j = first; j <= last; j++) weights.push(1 - Math.abs(j - centre) / reach);
    const sum = weights.reduce((a, b) => a + b, 0);
    return { first, weights: weights.map((weight) => weight / sum) };
  });
}
