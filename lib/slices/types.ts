import type { Slice } from "../volume/types.ts";

export type { Slice } from "../volume/types.ts";

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

/** A part of a plane. */
export interface Box {
  readonly top: number;
  readonly left: number;
  readonly height: number;
  readonly width: number;
}

/** A plane's geometry before it is put on the model's grid. */
export interface PlaneExtent {
  readonly height: number;
  readonly width: number;
  /** The part that is kept: all, or the part that is not empty. */
  readonly crop: Box;
  /** Millimetres between its rows and between its columns; null if unknown. */
  readonly spacing: readonly [number, number] | null;
}

/**
 * How one slice was put on the model's grid: enough to put a prediction back.
 *
 * The part `crop` is cut out and resampled to the height and width `scaled`. With "pad-or-crop",
 * its pixel (y, x) is at (y + offset[0], x + offset[1]) on the grid; a negative offset crops. With
 * "resize" it fills the whole grid, and the offset is [0, 0].
 */
export interface SliceGeometry {
  /** Height and width of the slice. */
  readonly original: readonly [number, number];
  readonly crop: Box;
  /** Height and width at the model's spacing. */
  readonly scaled: readonly [number, number];
  /** Height and width of the grid, multiples of 4. */
  readonly size: readonly [number, number];
  readonly fit: Fit;
  readonly offset: readonly [number, number];
}

/** The record of one prepared slice. */
export interface SliceRecord {
  /** The id of its case. */
  readonly case: string;
  /** Its number within its case. */
  readonly index: number;
  /** File of the image, relative to the prepared folder. */
  readonly image: string;
  /** File of the label, relative to the prepared folder. */
  readonly label: string;
  /** Pixels that belong to any class, on the grid. */
  readonly foreground: number;
  /** Pixels of each class or region, on the grid. */
  readonly classes: readonly number[];
  readonly geometry: SliceGeometry;
}
