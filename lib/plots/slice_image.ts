/**
 * Slices and masks as coloured pixels.
 *
 * @module
 */

import { encode } from "fast-png";
import { greyColour, MASK_COLOURS, mixColours, parseColour, type Rgb } from "./palette.ts";
import { checkRaster, quantile, type Raster } from "./raster.ts";

/** A picture: red, green and blue per pixel, row by row. */
export interface RgbImage {
  /** `3 * width * height` bytes. */
  readonly data: Uint8Array;
  /** Pixels. */
  readonly width: number;
  /** Pixels. */
  readonly height: number;
}

/** How {@linkcode sliceToRgb} draws. */
export interface SliceToRgbOptions {
  /** Pixels per voxel, a whole number; 1 unless told. */
  scale?: number;
  /**
   * The values shown as the first and the last colour. Unless told, all but the darkest and the
   * brightest half per cent, so that one hot voxel does not darken the picture.
   */
  range?: readonly [number, number];
  /** The colour of a value, given 0 at the range's start to 1 at its end; grey unless told. */
  colour?: (t: number) => Rgb;
  /** Whether to interpolate between voxels rather than to show them as squares; yes unless told. */
  smooth?: boolean;
}

/**
 * Draws a slice in grey (or by another map of colours).
 *
 * @throws {TypeError} Where the data does not fit the shape.
 * @throws {RangeError} Where the scale is not a whole number from 1 on.
 *
 * @example
 * ```ts
 * import { sliceToRgb } from "./slice_image.ts";
 * import assert from "node:assert/strict";
 *
 * const image = sliceToRgb({ data: [0, 1], height: 1, width: 2 }, { scale: 10, range: [0, 1] });
 * assert.deepEqual([image.width, image.height, image.data[0]], [20, 10, 0]);
 * ```
 */
export function sliceToRgb(slice: Raster, options: SliceToRgbOptions = {}): RgbImage {
  checkRaster(slice, "slice");
  const { scale = 1, colour = greyColour, smooth = true } = options;
  if (!Number.isInteger(scale) || scale < 1) {
    throw new RangeError(`Expected a scale that is a whole number from 1 on, got ${scale}`);
  }
  const [low, high] = options.range ?? [quantile(slice.data, 0.005), quantile(slice.data, 0.995)];
  const table = Array.from({ length: 256 }, (_, i) => colour(i / 255));
  const width = slice.width * scale;
  const height = slice.height * scale;
  const data = new Uint8Array(3 * width * height);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const value = smooth && scale > 1
        ? interpolate(slice, (y + 0.5) / scale - 0.5, (x + 0.5) / scale - 0.5)
        : slice.data[Math.floor(y / scale) * slice.width + Math.floor(x / scale)]!;
      const t = high > low ? (value - low) / (high - low) : 0;
      // NaN goes to the first colour, as voxels that were not measured do in viewers.
      const index = Math.round(255 * Math.min(1, Math.max(0, t || 0)));
      data.set(table[index]!, 3 * (y * width + x));
    }
  }
  return { data, width, height };
}

/** How a mask is laid over an image. */
export interface OverlayOptions {
  /** `#rrggbb`; the prediction's colour unless told. */
  colour?: string;
  /** Its outline, or all of it seen through; the outline unless told. */
  style?: "contour" | "tint";
  /** Of the outline, in pixels of the image; 2 unless told. */
  thickness?: number;
  /** Of the tint, 0 to 1; 0.5 unless told. */
  opacity?: number;
}

/**
 * Lays a mask over an image, as an outline or a tint.
 *
 * @param image An image of the mask's slice, at any whole scale.
 * @param mask Voxels above 0.5 are in the mask. Its voxels are never interpolated.
 * @returns A new image.
 * @throws {RangeError} Where the image is not a whole number of times as large as the mask.
 */
export function overlayMask(
  image: RgbImage,
  mask: Raster,
  options: OverlayOptions = {},
): RgbImage {
  const { colour = MASK_COLOURS.prediction, style = "contour" } = options;
  const { thickness = 2, opacity = 0.5 } = options;
  const rgb = parseColour(colour);
  const inside = maskAt(image, mask);
  if (style === "tint") return paint(image, (x, y) => inside(x, y) ? [rgb, opacity] : undefined);

  // A pixel is on the outline where one of the eight neighbours `thickness` away is outside.
  const offsets = [-thickness, 0, thickness];
  return paint(image, (x, y) => {
    if (!inside(x, y)) return undefined;
    return offsets.every((dy) => offsets.every((dx) => inside(x + dx, y + dy)))
      ? undefined
      : [rgb, 1];
  });
}

/**
 * Lays agreement and errors over an image: what prediction and truth share, what only one of them
 * has, each in a colour of its own ({@linkcode MASK_COLOURS}).
 *
 * @throws {RangeError} Where the image is not a whole number of times as large as the masks.
 */
export function overlayErrors(
  image: RgbImage,
  masks: { prediction: Raster; truth: Raster },
  options: { opacity?: number } = {},
): RgbImage {
  const { opacity = 0.6 } = options;
  const predicted = maskAt(image, masks.prediction);
  const true_ = maskAt(image, masks.truth);
  const both = parseColour(MASK_COLOURS.truePositive);
  const predictedOnly = parseColour(MASK_COLOURS.falsePositive);
  const trueOnly = parseColour(MASK_COLOURS.falseNegative);
  return paint(image, (x, y) => {
    const [p, t] = [predicted(x, y), true_(x, y)];
    if (!p && !t) return undefined;
    // Errors are few and thin: they are laid on more strongly than agreement.
    return p && t
      ? [both, opacity * 0.7]
      : [p ? predictedOnly : trueOnly, Math.min(1, opacity * 1.4)];
  });
}

/** The image as the bytes of a PNG file. */
export function imageToPng({ data, width, height }: RgbImage): Uint8Array {
  return encode({ data, width, height, channels: 3, depth: 8 });
}

/** Pixels per voxel that bring the longer side of a slice to about the size asked for. */
export function displayScale(slice: Raster, size = 320): number {
  return Math.max(1, Math.round(size / Math.max(slice.width, slice.height)));
}

function interpolate({ data, height, width }: Raster, y: number, x: number): number {
  const clampedY = Math.min(height - 1, Math.max(0, y));
  const clampedX = Math.min(width - 1, Math.max(0, x));
  const [top, left] = [Math.floor(clampedY), Math.floor(clampedX)];
  const bottom = Math.min(height - 1, top + 1) * width;
  const right = Math.min(width - 1, left + 1);
  const [ty, tx] = [clampedY - top, clampedX - left];
  const upper = data[top * width + left]! * (1 - tx) + data[top * width + right]! * tx;
  const lower = data[bottom + left]! * (1 - tx) + data[bottom + right]! * tx;
  return upper * (1 - ty) + lower * ty;
}

function maskAt(image: RgbImage, mask: Raster): (x: number, y: number) => boolean {
  checkRaster(mask, "mask");
  const scale = image.width / mask.width;
  if (!Number.isInteger(scale) || image.height !== mask.height * scale) {
    throw new RangeError(
      `Expected an image a whole number of times as large as the mask of ${mask.height} × ` +
        `${mask.width}, got ${image.height} × ${image.width}`,
    );
  }
  return (x, y) =>
    x >= 0 && y >= 0 && x < image.width && y < image.height &&
    mask.data[Math.floor(y / scale) * mask.width + Math.floor(x / scale)]! > 0.5;
}

function paint(
  image: RgbImage,
  at: (x: number, y: number) => readonly [Rgb, number] | undefined,
): RgbImage {
  const data = image.data.slice();
  for (let y = 0; y < image.height; y++) {
    for (let x = 0; x < image.width; x++) {
      const painted = at(x, y);
      if (painted === undefined) continue;
      const i = 3 * (y * image.width + x);
      data.set(mixColours([data[i]!, data[i + 1]!, data[i + 2]!], painted[0], painted[1]), i);
    }
  }
  return { data, width: image.width, height: image.height };
}
