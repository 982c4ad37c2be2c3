/**
 * From a slice to the model's grid, and a prediction back.
 *
 * @module
 */

import type { Slice } from "../volume/types.ts";
import { resizeBilinear, resizeNearest } from "./resize.ts";
import type { Fit, SliceGeometry } from "./types.ts";

/** The model works at a quarter of the size first, so height and width are multiples of 4. */
const MULTIPLE = 4;

/** What size the model's grid has, and how slices come to it. */
export interface GridOptions {
  /**
   * "pad" takes the slice's own size, rounded up to a multiple of 4; otherwise a height and width,
   * multiples of 4.
   */
  readonly size?: "pad" | readonly [number, number];
  /** Pad and crop around the centre (the default), or resize. */
  readonly fit?: Fit;
}

/**
 * The smallest height and width, multiples of 4, that hold every one of some slices.
 *
 * @param shapes Height and width of each slice.
 *
 * @example
 * ```ts
 * import { commonSize } from "./geometry.ts";
 * import assert from "node:assert/strict";
 *
 * assert.deepEqual(commonSize([[35, 51], [41, 40]]), [44, 52]);
 * ```
 */
export function commonSize(shapes: Iterable<readonly [number, number]>): [number, number] {
  let height = MULTIPLE;
  let width = MULTIPLE;
  for (const [h, w] of shapes) {
    height = Math.max(height, h);
    width = Math.max(width, w);
  }
  return [roundUp(height), roundUp(width)];
}

function roundUp(n: number): number {
  return Math.ceil(n / MULTIPLE) * MULTIPLE;
}

/**
 * How a slice of some size is put on the model's grid.
 *
 * @param original Height and width of the slice.
 * @throws {RangeError} If the size wanted is not two positive multiples of 4.
 */
export function sliceGeometry(
  original: readonly [number, number],
  options: GridOptions = {},
): SliceGeometry {
  const { size: wanted = "pad", fit = "pad-or-crop" } = options;
  const size = wanted === "pad" ? commonSize([original]) : wanted;
  if (!size.every((n) => Number.isSafeInteger(n) && n > 0 && n % MULTIPLE === 0)) {
    throw new RangeError(`Cannot use a grid of ${size.join("×")}: need multiples of ${MULTIPLE}`);
  }
  const centre = (axis: 0 | 1) => Math.floor((size[axis] - original[axis]) / 2);
  const offset = fit === "resize" ? [0, 0] as const : [centre(0), centre(1)] as const;
  return { original, size, fit, offset };
}

/**
 * Puts a slice on the model's grid. Outside of a padded slice the grid is 0.
 *
 * @param slice An image, or a label with `kind: "label"`, which is resized to the nearest pixels
 * where an image is resized bilinearly.
 * @returns The slice on the grid, and how it got there, for {@linkcode toOriginalGrid}.
 * @throws {RangeError} If the size wanted is not two positive multiples of 4.
 *
 * @example
 * ```ts
 * import { toModelGrid, toOriginalGrid } from "./geometry.ts";
 * import assert from "node:assert/strict";
 *
 * const slice = { data: new Float32Array(5 * 6).fill(1), height: 5, width: 6 };
 * const { slice: padded, geometry } = toModelGrid(slice);
 * assert.deepEqual([padded.height, padded.width], [8, 8]);
 * assert.deepEqual(toOriginalGrid(padded.data, geometry), slice);
 * ```
 */
export function toModelGrid(
  slice: Slice,
  options: GridOptions & { readonly kind?: "image" | "label" } = {},
): { slice: Slice; geometry: SliceGeometry } {
  const geometry = sliceGeometry([slice.height, slice.width], options);
  const { size, fit, offset } = geometry;
  if (fit === "resize") {
    const resize = options.kind === "label" ? resizeNearest : resizeBilinear;
    return { slice: resize(slice, size), geometry };
  }
  return { slice: shift(slice, size, offset[0], offset[1], 0), geometry };
}

/**
 * Puts values on the model's grid, such as logits or probabilities, back on the slice they belong
 * to: the inverse of {@linkcode toModelGrid}. What was padded is cut off, what was cropped is
 * `outside`, what was resized is resized back bilinearly.
 *
 * @param data Height × width values on the grid.
 * @param geometry From {@linkcode toModelGrid} or a slice's record.
 * @param options `outside` is the value of pixels that the model has not seen; 0 by default,
 * right for probabilities and masks. Logits need a very negative one.
 * @throws {TypeError} If there are not as many values as the grid has pixels.
 */
export function toOriginalGrid(
  data: Float32Array,
  geometry: SliceGeometry,
  options: { readonly outside?: number } = {},
): Slice {
  const { original, size, fit, offset } = geometry;
  const [height, width] = size;
  if (data.length !== height * width) {
    throw new TypeError(
      `Cannot undo padding: ${data.length} values for a grid of ${height}×${width}`,
    );
  }
  const grid = { data, height, width };
  if (fit === "resize") return resizeBilinear(grid, original);
  return shift(grid, original, -offset[0], -offset[1], options.outside ?? 0);
}

/** Moves a slice by whole pixels into a frame of another size. */
function shift(
  slice: Slice,
  size: readonly [number, number],
  dy: number,
  dx: number,
  outside: number,
): Slice {
  const [height, width] = size;
  const data = new Float32Array(height * width).fill(outside);
  const from = Math.max(0, -dx);
  const to = Math.min(slice.width, width - dx);
  for (let y = Math.max(0, -dy); y < Math.min(slice.height, height - dy); y++) {
    const row = slice.data.subarray(y * slice.width + from, y * slice.width + to);
    data.set(row, (y + dy) * width + from + dx);
  }
  return { data, height, width };
}
