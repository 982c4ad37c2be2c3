/**
 * The shapes of data that the parts of `lib/slices` hand to each other.
 *
 * @module
 */

export type { Slice } from "../volume/types.ts";

/** The axis that slices are cut along; slice i is NumPy's `volume[i]`, `[:, i]` or `[:, :, i]`. */
export type Axis = 0 | 1 | 2;

/** How slices are stored: NumPy's own format, or pictures. */
export type SliceFormat = "npy" | "png";

/** How a slice comes to the size of the model's grid. */
export type Fit = "pad-or-crop" | "resize";

/**
 * How one slice was put on the model's grid: enough to put a prediction back.
 *
 * With "pad-or-crop", pixel (y, x) of the slice lies at (y + offset[0], x + offset[1]) on the
 * grid; a negative offset crops. With "resize" the whole slice fills the whole grid and the offset
 * is [0, 0].
 */
export interface SliceGeometry {
  /** Height and width of the slice. */
  readonly original: readonly [number, number];
  /** Height and width of the grid, multiples of 4. */
  readonly size: readonly [number, number];
  readonly fit: Fit;
  readonly offset: readonly [number, number];
}

/** What is known about one prepared slice. */
export interface SliceRecord {
  /** The id of its case. */
  readonly case: string;
  /** Its place along the axis in the volume. */
  readonly index: number;
  readonly axis: Axis;
  /** File of the image, relative to the prepared folder. */
  readonly image: string;
  /** File of the label, relative to the prepared folder. */
  readonly label: string;
  /** Pixels of the label that are foreground, on the grid. */
  readonly foreground: number;
  readonly geometry: SliceGeometry;
}
