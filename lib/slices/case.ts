/**
 * A case: one patient's volume, or the pictures of one series, in one form for the rest of the
 * program.
 *
 * @module
 */

import type { IntensityRange } from "./normalize.ts";
import type { ImageSlice, PlaneExtent } from "./types.ts";

/** What the codes of a label plane mean. */
export interface Targets {
  /**
   * "classes" exclude each other: a code is the class's number, 0 is background. "regions" may
   * overlap: bit r − 1 of a code is set where region r is.
   */
  readonly kind: "classes" | "regions";
  /** Each class or region, in the order of the model's logits. */
  readonly classes: readonly Target[];
  /** Label values that loss and scores ignore; their code is {@linkcode IGNORED}. */
  readonly ignore: readonly number[];
  /**
   * For regions: the mask value of each, painted in this order (nnU-Net's `regions_class_order`).
   * Default: from the largest region to the smallest.
   */
  readonly regionsClassOrder?: readonly number[];
}

/** A class or region. */
export interface Target {
  readonly name: string;
  /** The label values that belong to it. */
  readonly values: readonly number[] | "above 0";
}

/** The code of a pixel that loss and scores ignore. */
export const IGNORED = 255;

/** What the labels of a case hold. */
export interface LabelSummary {
  /** The values found, ascending; at most 256. */
  readonly values: readonly number[];
  /** The fraction of pixels or voxels that belong to any class. */
  readonly foreground: number;
  /** Whether any pixel belongs to none. */
  readonly hasBackground: boolean;
  /** Which colours palettes give to the values, as [value, "#rrggbb"]; empty without palettes. */
  readonly colours: readonly (readonly [value: number, colour: string])[];
}

/** The grid of a case's planes. */
export interface CaseGrid {
  /** Columns, rows, planes; columns run fastest. */
  readonly shape: readonly [number, number, number];
  /** The distance between voxels along each of these, in millimetres; null if unknown. */
  readonly spacing: readonly [number, number, number] | null;
}

/** One plane of label or mask codes, row-major. */
export interface LabelPlane {
  readonly data: Uint8Array;
  readonly height: number;
  readonly width: number;
}

/**
 * An open case. All planes are in its slice frame: in the orientation of the settings, cut along
 * their axis, at their own size.
 */
export interface Case {
  readonly id: string;
  readonly kind: "volume" | "pictures";
  /** Its image files; for pictures one per slice. */
  readonly images: readonly string[];
  /** Its label files, if it has labels. */
  readonly labels: readonly string[] | null;
  /** The stored shape: [nx, ny, nz] of a volume; height, width and number of pictures. */
  readonly shape: readonly [number, number, number];
  /** Millimetres between voxels along the stored axes; null if unknown. */
  readonly spacing: readonly [number, number, number] | null;
  /** The directions of the stored axes, such as "LPS"; null if unknown. */
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
  /** The size of a slice, and the part of it that the model sees; input of `sliceGeometry`. */
  extent(index: number): PlaneExtent;
  /** The image of a slice: its channels one after the other, normalised. */
  slice(index: number): ImageSlice;
  /** The label of a slice. */
  label(index: number): LabelPlane;
  /**
   * Writes one plane per slice back in the case's own form: a volume with its header and grid, or
   * one picture per slice.
   *
   * @param planes One per entry of `indices`: mask codes, or numbers.
   * @param options.suffix Appended to the file's name, such as "_probability".
   */
  save(
    folder: string,
    planes: readonly Uint8Array[] | readonly Float32Array[],
    options: { readonly suffix: string },
  ): Promise<string[]>;
  /** Reads a mask that {@linkcode Case.save} wrote back into planes of codes. */
  readMask(folder: string): Promise<LabelPlane[]>;
}
