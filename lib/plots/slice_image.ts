/**
 * Slices and masks as coloured pixels.
 *
 * @module
 */

import { encode } from "fast-png";
import { codesOf } from "../evaluation/overlap.ts";
import { IGNORED, type Targets } from "../slices/case.ts";
import {
  classColour,
  greyColour,
  MASK_COLOURS,
  mixColours,
  parseColour,
  type Rgb,
} from "./palette.ts";
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

/** Pixels per voxel: one number, or one for the height and one for the width of a voxel. */
export type Scale = number | readonly [vertical: number, horizontal: number];

/** Options of {@linkcode sliceToRgb}. */
export interface SliceToRgbOptions {
  /** Pixels per voxel, whole numbers: one for both axes, or one each. Default: 1. */
  scale?: Scale;
  /**
   * The values shown as the first and the last colour. Default: all but the darkest and the
   * brightest half per cent, so that one hot voxel does not darken the picture.
   */
  range?: readonly [number, number];
  /** The colour of a value, given 0 at the range's start to 1 at its end. Default: grey. */
  colour?: (t: number) => Rgb;
  /** Whether to interpolate between voxels instead of showing squares. Default: true. */
  smooth?: boolean;
}

/**
 * Draws a slice in grey (or by another map of colours).
 *
 * @throws {TypeError} If the data does not fit the shape.
 * @throws {RangeError} If a scale is not a whole number of at least 1.
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
  const [tall, wide] = typeof scale === "number" ? [scale, scale] : scale;
  if (![tall, wide].every((n) => Number.isInteger(n) && n >= 1)) {
    throw new RangeError(`Expected a scale of whole numbers of at least 1, got ${scale}`);
  }
  const [low, high] = options.range ?? [quantile(slice.data, 0.005), quantile(slice.data, 0.995)];
  const table = Array.from({ length: 256 }, (_, i) => colour(i / 255));
  const width = slice.width * wide;
  const height = slice.height * tall;
  const data = new Uint8Array(3 * width * height);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const value = smooth && tall * wide > 1
        ? interpolate(slice, (y + 0.5) / tall - 0.5, (x + 0.5) / wide - 0.5)
        : slice.data[Math.floor(y / tall) * slice.width + Math.floor(x / wide)]!;
      const t = high > low ? (value - low) / (high - low) : 0;
      // NaN gets the first colour, as in viewers.
      const index = Math.round(255 * Math.min(1, Math.max(0, t || 0)));
      data.set(table[index]!, 3 * (y * width + x));
    }
  }
  return { data, width, height };
}

/** The meaning of codes with one object: 0 background, 1 object. */
export const ONE_CLASS: Targets = {
  kind: "classes",
  classes: [{ name: "foreground", values: "above 0" }],
  ignore: [],
};

/** Options for drawing a mask over an image. */
export interface OverlayOptions {
  /** `#rrggbb`. Default: the prediction's colour. */
  colour?: string;
  /** Its outline, or a translucent tint. Default: the outline. */
  style?: "contour" | "tint";
  /** Thickness of the outline, in pixels of the image. Default: 2. */
  thickness?: number;
  /** Opacity of the tint, 0 to 1. Default: 0.5. */
  opacity?: number;
}

/**
 * Draws a mask over an image, as an outline or a tint.
 *
 * @param image An image of the mask's slice, at any whole scale.
 * @param mask Voxels above 0.5 are in the mask. Its voxels are never interpolated.
 * @returns A new image.
 * @throws {RangeError} If the image is not a whole number of times as large as the mask.
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

  // A pixel is on the outline if one of the eight neighbours `thickness` away is outside.
  const offsets = [-thickness, 0, thickness];
  return paint(image, (x, y) => {
    if (!inside(x, y)) return undefined;
    return offsets.every((dy) => offsets.every((dx) => inside(x + dx, y + dy)))
      ? undefined
      : [rgb, 1];
  });
}

/**
 * Draws the outline of each class over an image, in its own colour ({@linkcode classColour}). A
 * single class gets the given colour.
 *
 * @param image An image of the codes' slice, at any whole scale.
 * @param codes The code of each pixel, see `Targets`.
 * @param targets The meaning of the codes.
 * @param single The colour of a single class.
 */
export function overlayClasses(
  image: RgbImage,
  codes: Raster,
  targets: Targets,
  single: string,
): RgbImage {
  const count = targets.classes.length;
  let result = image;
  for (let index = 0; index < count; index++) {
    result = overlayMask(result, maskOfClass(codes, targets, index), {
      colour: count === 1 ? single : classColour(index),
    });
  }
  return result;
}

/** 1 in a class or region (counted from 0), else 0. */
export function maskOfClass(codes: Raster, targets: Targets, index: number): Raster {
  const included = codesOf(targets, index);
  return { ...codes, data: Uint8Array.from(codes.data, (code) => included[code]!) };
}

/**
 * Draws agreement and errors over an image: where prediction and truth agree, where only one has an
 * object, where their classes differ; each in its own colour ({@linkcode MASK_COLOURS}). Ignored
 * pixels have none.
 *
 * @param masks Codes of prediction and truth, 0 for the background.
 * @throws {RangeError} If the image is not a whole number of times as large as the masks.
 */
export function overlayErrors(
  image: RgbImage,
  masks: { prediction: Raster; truth: Raster },
  options: { opacity?: number } = {},
): RgbImage {
  const { opacity = 0.6 } = options;
  const predicted = codeAt(image, masks.prediction);
  const actual = codeAt(image, masks.truth);
  const colours = {
    both: parseColour(MASK_COLOURS.truePositive),
    predictedOnly: parseColour(MASK_COLOURS.falsePositive),
    actualOnly: parseColour(MASK_COLOURS.falseNegative),
    other: parseColour(MASK_COLOURS.otherClass),
  };
  return paint(image, (x, y) => {
    const [p, t] = [predicted(x, y), actual(x, y)];
    if ((p === 0 && t === 0) || t === IGNORED) return undefined;
    // Errors are few and thin, so they are drawn more strongly than agreement.
    if (p === t) return [colours.both, opacity * 0.7];
    const colour = t === 0 ? colours.predictedOnly : p === 0 ? colours.actualOnly : colours.other;
    return [colour, Math.min(1, opacity * 1.4)];
  });
}

/** The image as the bytes of a PNG file. */
export function imageToPng({ data, width, height }: RgbImage): Uint8Array {
  return encode({ data, width, height, channels: 3, depth: 8 });
}

/**
 * Pixels per voxel that bring the longer side of a slice to about the given size, with voxels in
 * their true proportions.
 *
 * @param slice The slice.
 * @param options.size Pixels of the longer side. Default: 320.
 * @param options.voxel Height and width of a voxel, in any unit. Default: as high as wide.
 *
 * @example
 * ```ts
 * import { displayScale } from "./slice_image.ts";
 * import assert from "node:assert/strict";
 *
 * const slice = { data: new Float32Array(800), height: 10, width: 80 };
 * assert.deepEqual(displayScale(slice, { voxel: [5, 0.5] }), [30, 3]);
 * ```
 */
export function displayScale(
  slice: Raster,
  options: { size?: number; voxel?: readonly [number, number] } = {},
): readonly [number, number] {
  const { size = 320, voxel: [tall, wide] = [1, 1] } = options;
  const longer = Math.max(slice.height * tall, slice.width * wide);
  // The shorter side is rounded, and the other follows from it: rounded by itself, each side of a
  // square voxel could come out differently
  const shorter = Math.min(tall, wide);
  const pixels = Math.max(1, Math.round(size / longer * shorter));
  const of = (side: number) => Math.round(pixels * side / shorter);
  return [of(tall), of(wide)];
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

/** The code of a mask at a pixel of an image of it; 0 outside. */
function codeAt(image: RgbImage, mask: Raster): (x: number, y: number) => number {
  checkRaster(mask, "mask");
  const [tall, wide] = [image.height / mask.height, image.width / mask.width];
  if (!Number.isInteger(tall) || !Number.isInteger(wide)) {
    throw new RangeError(
      `Expected an image a whole number of times as large as the mask of ${mask.height} × ` +
        `${mask.width}, got ${image.height} × ${image.width}`,
    );
  }
  return (x, y) =>
    x >= 0 && y >= 0 && x < image.width && y < image.height
      ? mask.data[Math.floor(y / tall) * mask.width + Math.floor(x / wide)]!
      : 0;
}

function maskAt(image: RgbImage, mask: Raster): (x: number, y: number) => boolean {
  const code = codeAt(image, mask);
  return (x, y) => code(x, y) > 0.5;
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
