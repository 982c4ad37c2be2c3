import type { LabelPlane } from "./case.ts";
import { resizeBilinear, resizeNearest } from "./resize.ts";
import type { SliceSettings } from "./slice_settings.ts";
import type { Box, ImageSlice, PlaneExtent, SliceGeometry } from "./types.ts";

/** The model works at a quarter of the size first, so height and width are multiples of 4. */
const MULTIPLE = 4;

/** The size of the model's grid, and how slices are fitted to it. */
export interface ModelGrid {
  /**
   * A height and width, multiples of 4; "pad": the slice's own size, rounded up to a multiple of 4.
   */
  readonly size: SliceSettings["size"];
  /** Pad and crop around the centre, or resize. With the size "pad" slices are padded. */
  readonly fit: SliceSettings["fit"];
  /** Millimetres between rows and between columns, or those that the slice has. */
  readonly spacing: "stored" | readonly [number, number];
  /** With the size "pad": the smallest grid. Batch norm sees the padding too. */
  readonly smallest: readonly [number, number];
}

/** A region that is the whole plane. */
export function wholePlane(height: number, width: number): Box {
  return { top: 0, left: 0, height, width };
}

/**
 * The smallest height and width, multiples of 4, that hold every one of some slices.
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

/** The height and width of a plane after cropping and resampling. */
export function scaledSize(
  { crop, spacing }: PlaneExtent,
  wanted: ModelGrid["spacing"],
): [number, number] {
  const { height, width } = crop;
  if (wanted === "stored" || spacing === null) return [height, width];
  const [rows, columns] = [spacing[0] / wanted[0], spacing[1] / wanted[1]];
  return [Math.max(1, Math.round(height * rows)), Math.max(1, Math.round(width * columns))];
}

/**
 * How a slice is put on the model's grid.
 *
 * @throws {RangeError} If the size is not two positive multiples of 4.
 */
export function sliceGeometry(extent: PlaneExtent, grid: ModelGrid): SliceGeometry {
  const scaled = scaledSize(extent, grid.spacing);
  const size = grid.size === "pad" ? commonSize([scaled, grid.smallest]) : grid.size;
  if (!size.every((n) => Number.isSafeInteger(n) && n > 0 && n % MULTIPLE === 0)) {
    throw new RangeError(`Cannot use a grid of ${size.join("×")}: need multiples of ${MULTIPLE}`);
  }
  const { height, width, crop } = extent;
  const original = [height, width] as const;
  if (grid.size !== "pad" && grid.fit === "resize") {
    return { original, crop, scaled: size, size, fit: "resize", offset: [0, 0] };
  }
  const offset = [centre(size[0], scaled[0]), centre(size[1], scaled[1])] as const;
  return { original, crop, scaled, size, fit: "pad-or-crop", offset };
}

function centre(size: number, length: number): number {
  return Math.floor((size - length) / 2);
}

/**
 * Puts an image's slice on the model's grid: cropped, resampled linearly, padded with 0 or cropped
 * around its centre.
 */
export function toModelGrid(slice: ImageSlice, geometry: SliceGeometry): ImageSlice {
  const [height, width] = geometry.size;
  const { channels } = slice;
  const data = new Float32Array(channels * height * width);
  const pixels = slice.height * slice.width;
  for (let channel = 0; channel < channels; channel++) {
    const plane = {
      data: slice.data.subarray(channel * pixels, (channel + 1) * pixels),
      height: slice.height,
      width: slice.width,
    };
    const scaled = resizeBilinear(cropped(plane, geometry.crop), geometry.scaled);
    const target = data.subarray(channel * height * width, (channel + 1) * height * width);
    place(scaled, { data: target, height, width }, geometry.offset);
  }
  return { data, height, width, channels };
}

/** Puts a label's slice on the model's grid; codes are taken from the nearest pixels. */
export function labelToModelGrid(plane: LabelPlane, geometry: SliceGeometry): LabelPlane {
  const [height, width] = geometry.size;
  const scaled = resizeNearest(cropped(plane, geometry.crop), geometry.scaled);
  return place(scaled, { data: new Uint8Array(height * width), height, width }, geometry.offset);
}

/**
 * Puts planes on the model's grid, such as probabilities, back on the slice they belong to: the
 * inverse of {@linkcode toModelGrid}. Padding is cut off, cropped pixels become `outside`, and
 * resampling is undone linearly.
 *
 * @param planes k × height × width values on the grid, plane after plane.
 * @param geometry From {@linkcode sliceGeometry} or a slice's record.
 * @param outside The value of pixels that the model did not see: 0 for probabilities and masks,
 * very negative for logits.
 * @returns k × height × width values in the slice's own size.
 * @throws {TypeError} If there are not as many values as the grid has pixels, or a multiple.
 *
 * @example
 * ```ts
 * import { sliceGeometry, toModelGrid, toOriginalGrid, wholePlane } from "./geometry.ts";
 * import assert from "node:assert/strict";
 *
 * const slice = { data: new Float32Array(5 * 7).fill(0.5), height: 5, width: 7, channels: 1 };
 * const geometry = sliceGeometry(
 *   { height: 5, width: 7, crop: wholePlane(5, 7), spacing: null },
 *   { size: "pad", fit: "resize", spacing: "stored", smallest: [4, 4] },
 * );
 * const padded = toModelGrid(slice, geometry);
 * assert.deepEqual([padded.height, padded.width], [8, 8]);
 * assert.deepEqual(toOriginalGrid(padded.data, geometry, 0), slice.data);
 * ```
 */
export function toOriginalGrid(
  planes: Float32Array,
  { original, crop, scaled, size, offset }: SliceGeometry,
  outside: number,
): Float32Array {
  const pixels = size[0] * size[1];
  if (planes.length === 0 || planes.length % pixels !== 0) {
    throw new TypeError(
      `Cannot undo padding: ${planes.length} values for a grid of ${size[0]}×${size[1]}`,
    );
  }
  const whole = original[0] * original[1];
  const result = new Float32Array(planes.length / pixels * whole).fill(outside);
  for (let k = 0; k * pixels < planes.length; k++) {
    const data = planes.subarray(k * pixels, (k + 1) * pixels);
    const unpadded = place({ data, height: size[0], width: size[1] }, {
      data: new Float32Array(scaled[0] * scaled[1]).fill(outside),
      height: scaled[0],
      width: scaled[1],
    }, [-offset[0], -offset[1]]);
    const own = resizeBilinear(unpadded, [crop.height, crop.width]);
    place(own, {
      data: result.subarray(k * whole, (k + 1) * whole),
      height: original[0],
      width: original[1],
    }, [crop.top, crop.left]);
  }
  return result;
}

interface Plane<T> {
  readonly data: T;
  readonly height: number;
  readonly width: number;
}

function cropped<T extends Float32Array | Uint8Array>(plane: Plane<T>, box: Box): Plane<T> {
  const { top, left, height, width } = box;
  if (height === plane.height && width === plane.width) return plane;
  const data = new (plane.data.constructor as new (length: number) => T)(height * width);
  return place(plane, { data, height, width }, [-top, -left]);
}

/** Copies a plane into a frame of another size, shifted by whole pixels; the rest is filled. */
function place<T extends Float32Array | Uint8Array>(
  plane: Plane<T>,
  frame: Plane<T>,
  [dy, dx]: readonly [number, number],
): Plane<T> {
  const { height, width } = frame;
  const from = Math.max(0, -dx);
  const to = Math.min(plane.width, width - dx);
  for (let y = Math.max(0, -dy); y < Math.min(plane.height, height - dy); y++) {
    if (to <= from) break;
    const row = plane.data.subarray(y * plane.width + from, y * plane.width + to);
    frame.data.set(row, (y + dy) * width + from + dx);
  }
  return frame;
}
