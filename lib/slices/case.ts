/**
 * A case: one patient's volume, or the pictures of one series, as the rest of the program sees it.
 *
 * @module
 */

import type { IntensityRange } from "./normalize.ts";
import type { ImageSlice, PlaneExtent } from "./types.ts";

/** What a label plane's codes stand for. */
export interface Targets {
  /**
   * "classes" exclude each other: a code is the class's number, 0 the background. "regions" may
   * overlap: bit r − 1 of a code is set where region r holds.
   */
  readonly kind: "classes" | "regions";
  /** Each class or region, in the order of the model's logits. */
  readonly classes: readonly Target[];
  /** Label values that take no part in loss and scores; they get the code {@linkcode IGNORED}. */
  readonly ignore: readonly number[];
  /**
   * Of regions: the value that a mask carries for each, painted in their order (nnU-Net's
   * `regions_class_order`). Without it they are painted from the largest to the smallest.
   */
  readonly regionsClassOrder?: readonly number[];
}

/** A class or region. */
export interface Target {
  readonly name: string;
  /** The label values that belong to it. */
  readonly values: readonly number[] | "above 0";
}

/** The code of a pixel that takes no part in loss and scores. */
export const IGNORED = 255;

/** What the labels of a case hold. */
export interface LabelSummary {
  /** The values found, ascending; at most 256. */
  readonly values: readonly number[];
  /** The share of pixels or voxels that belong to any class. */
  readonly foreground: number;
  /** Whether there is anything that belongs to none. */
  readonly hasBackground: boolean;
}

/** The grid that the planes of a case lie on, one plane after the other. */
export interface CaseGrid {
  /** Columns, rows, planes: the first runs fastest. */
  readonly shape: readonly [number, number, number];
  /** The distance between voxels along each of these, in millimetres; null where it is not known. */
  readonly spacing: readonly [number, number, number] | null;
}

/** One plane of label or mask codes, row-major. */
export interface LabelPlane {
  readonly data: Uint8Array;
  readonly height: number;
  readonly width: number;
}

/**
 * A case that was opened. All planes are in its slice frame: the orientation that the settings ask
 * for, cut along their axis, at the size they have there.
 */
export interface Case {
  readonly id: string;
  readonly kind: "volume" | "pictures";
  /** Its image files; of pictures one a slice. */
  readonly images: readonly string[];
  /** Its label files, if it has labels. */
  readonly labels: readonly string[] | null;
  /** As it is stored: [nx, ny, nz] of a volume, height, width and number of pictures. */
  readonly shape: readonly [number, number, number];
  /** Millimetres between voxels along the stored axes; null where they are not known. */
  readonly spacing: readonly [number, number, number] | null;
  /** Where the stored axes run to, as "LPS"; null where that is not known. */
  readonly orientation: string | null;
  /** Image channels that are used. */
  readonly channels: number;
  /** All channels that its image has. */
  readonly storedChannels: number;
  /** The smallest and the largest value of each channel before it was normalised. */
  readonly intensities: readonly IntensityRange[];
  /** What its labels hold; null without labels. */
  readonly summary: LabelSummary | null;
  /** The number of each slice within the case, ascending: 0, 1, 2, … of a volume. */
  readonly indices: readonly number[];
  /** The grid of all planes together; null for pictures that have no common one. */
  readonly grid: CaseGrid | null;
  /** The size of a slice, and what of it the model is shown; `sliceGeometry` takes it. */
  extent(index: number): PlaneExtent;
  /** The image of a slice: its channels one after the other, normalised. */
  slice(index: number): ImageSlice;
  /** The label of a slice. */
  label(index: number): LabelPlane;
  /**
   * Writes one plane a slice back like the case itself: a volume with its header in its own grid,
   * or a picture a slice.
   *
   * @param folder Where the files go.
   * @param planes One for each of `indices`: mask codes, or numbers.
   * @param options.suffix Behind the file's name, as "_probability".
   * @returns The files.
   */
  save(
    folder: string,
    planes: readonly Uint8Array[] | readonly Float32Array[],
    options: { readonly suffix: string },
  ): Promise<string[]>;
  /**
   * Reads a mask that {@linkcode Case.save} wrote back into planes of codes.
   */
  readMask(folder: string): Promise<LabelPlane[]>;
}
