/**
 * What a data set's checks need to know of a case, once it is no longer in memory.
 *
 * @module
 */

import { createHash } from "node:crypto";
import type { Case } from "../case.ts";

/** What is known of a case that can be used. */
export interface CaseFacts {
  readonly id: string;
  /** As it is stored: [nx, ny, nz] of a volume, height, width and number of pictures. */
  readonly shape: readonly [number, number, number];
  /** Millimetres along these; null where they are not known. */
  readonly spacing: readonly [number, number, number] | null;
  /** Where the stored axes run to, as "RAS"; null where that is not known. */
  readonly orientation: string | null;
  readonly channels: number;
  /** Height and width of its first slice. */
  readonly slice: readonly [number, number];
  /** Millimetres between rows and between columns; null where they are not known. */
  readonly pixel: readonly [number, number] | null;
  /** Millimetres between slices; null where they are not known. */
  readonly distance: number | null;
  /** The values in its label, ascending. */
  readonly labelValues: readonly number[];
  /** The share of its pixels or voxels that belong to any class. */
  readonly foreground: number;
  /** Whether any belong to none. */
  readonly hasBackground: boolean;
  /** The same for equal images, in whatever orientation they are stored. */
  readonly imageHash: string;
  /** The same for equal labels. */
  readonly labelHash: string;
}

/**
 * Takes down what is known of a case with labels.
 *
 * The image's hash is of its values as normalised and of the range that they had before: images
 * that are equal only once they are scaled have others.
 */
export function caseFacts(opened: Case): CaseFacts {
  const { id, shape, spacing, orientation, channels, summary, grid, intensities, indices } = opened;
  const { values, foreground, hasBackground } = summary!;
  const { height, width, spacing: pixel } = opened.extent(indices[0]!);
  const image = createHash("sha256").update(JSON.stringify(intensities));
  const label = createHash("sha256");
  for (const index of indices) {
    const picture = opened.slice(index);
    const codes = opened.label(index);
    image.update(`${picture.height}×${picture.width}`).update(bytesOf(picture.data));
    label.update(`${codes.height}×${codes.width}`).update(codes.data);
  }
  return {
    ...{ id, shape, spacing, orientation, channels },
    slice: [height, width],
    pixel,
    distance: grid?.spacing?.[2] ?? null,
    labelValues: values,
    foreground,
    hasBackground,
    imageHash: image.digest("base64"),
    labelHash: label.digest("base64"),
  };
}

function bytesOf({ buffer, byteOffset, byteLength }: Float32Array): Uint8Array {
  return new Uint8Array(buffer, byteOffset, byteLength);
}
