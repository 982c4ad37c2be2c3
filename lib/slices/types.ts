import * as v from "valibot";
import { pair } from "../support/setting.ts";
import type { Slice } from "../volume/types.ts";
import { LARGEST_SIDE, SizeSchema } from "./slice_settings.ts";

export type { Slice } from "../volume/types.ts";

const count = v.pipe(v.number(), v.safeInteger(), v.minValue(0));
const length = v.pipe(v.number(), v.safeInteger(), v.minValue(1), v.maxValue(LARGEST_SIDE));
/** A file below the prepared folder, so that a manifest cannot point elsewhere. */
const file = v.pipe(v.string(), v.regex(/^(images|labels)\/[^./\\\0][^/\\\0]*$/));

/** The axis that slices are cut along; slice i is NumPy's `volume[i]`, `[:, i]` or `[:, :, i]`. */
export type Axis = 0 | 1 | 2;

/** How slices are stored: NumPy's own format, or pictures. */
export type SliceFormat = "npy" | "png";

/** How a slice is brought to the size of the model's grid. */
export type Fit = "pad-or-crop" | "resize";

/** A slice of an image with several channels, one after the other. */
export interface ImageSlice extends Slice {
  /** Channels × height × width values. */
  readonly data: Float32Array;
  readonly channels: number;
}

const BoxSchema = v.object({ top: count, left: count, height: length, width: length });

/** A part of a plane. */
export type Box = Readonly<v.InferOutput<typeof BoxSchema>>;

/** A plane's geometry before it is put on the model's grid. */
export interface PlaneExtent {
  readonly height: number;
  readonly width: number;
  /** The part that is kept: all, or the part that is not empty. */
  readonly crop: Box;
  /** Millimetres between its rows and between its columns; null if unknown. */
  readonly spacing: readonly [number, number] | null;
}

const GeometrySchema = v.object({
  /** Height and width of the slice. */
  original: pair(length),
  crop: BoxSchema,
  /** Height and width at the model's spacing. */
  scaled: pair(length),
  /** Height and width of the grid, multiples of 4. */
  size: SizeSchema,
  fit: v.picklist(["pad-or-crop", "resize"]),
  offset: pair(v.pipe(v.number(), v.safeInteger())),
});

/**
 * How one slice was put on the model's grid: enough to put a prediction back.
 *
 * The part `crop` is cut out and resampled to the height and width `scaled`. With "pad-or-crop",
 * its pixel (y, x) is at (y + offset[0], x + offset[1]) on the grid; a negative offset crops. With
 * "resize" it fills the whole grid, and the offset is [0, 0].
 */
export type SliceGeometry = Readonly<v.InferOutput<typeof GeometrySchema>>;

/** Checks stored {@linkcode SliceRecord}s. */
export const SliceRecordSchema = v.object({
  /** The id of its case. */
  case: v.string(),
  /** Its number within its case. */
  index: count,
  /** File of the image, relative to the prepared folder. */
  image: file,
  /** File of the label, relative to the prepared folder. */
  label: file,
  /** Pixels that belong to any class, on the grid. */
  foreground: count,
  /** Pixels of each class or region, on the grid. */
  classes: v.pipe(v.array(count), v.readonly()),
  geometry: v.pipe(GeometrySchema, v.readonly()),
});

/** The record of one prepared slice. */
export type SliceRecord = Readonly<v.InferOutput<typeof SliceRecordSchema>>;
