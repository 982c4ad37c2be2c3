import { createHash } from "node:crypto";
import type { Case } from "../case.ts";

/** Facts about a usable case. */
export interface CaseFacts {
  readonly id: string;
  /** The stored shape: [nx, ny, nz] of a volume; height, width and number of pictures. */
  readonly shape: readonly [number, number, number];
  /** Millimetres along these; null if unknown. */
  readonly spacing: readonly [number, number, number] | null;
  /** The directions of the stored axes, such as "RAS"; null if unknown. */
  readonly orientation: string | null;
  readonly channels: number;
  /** Height and width of its first slice. */
  readonly slice: readonly [number, number];
  /** Millimetres between rows and between columns; null if unknown. */
  readonly pixel: readonly [number, number] | null;
  /** Millimetres between slices; null if unknown. */
  readonly distance: number | null;
  /** The values in its label, ascending. */
  readonly labelValues: readonly number[];
  /** The fraction of its pixels or voxels that belong to any class. */
  readonly foreground: number;
  /** Whether any belong to none. */
  readonly hasBackground: boolean;
  /** Which colours palettes of its label give to values; see `LabelSummary`. */
  readonly labelColours: readonly (readonly [value: number, colour: string])[];
  /** A hash of the image, independent of the stored orientation. */
  readonly imageHash: string;
  /** A hash of the label. */
  readonly labelHash: string;
}

/**
 * Collects the facts about a case with labels.
 *
 * The image's hash covers its normalised values and their original range, so images that are equal
 * only after scaling differ.
 */
export function caseFacts(opened: Case): CaseFacts {
  const { id, shape, spacing, orientation, channels, summary, grid, intensities, indices } = opened;
  const { values, foreground, hasBackground, colours } = summary!;
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
    labelColours: colours,
    imageHash: image.digest("base64"),
    labelHash: label.digest("base64"),
  };
}

function bytesOf({ buffer, byteOffset, byteLength }: Float32Array): Uint8Array {
  return new Uint8Array(buffer, byteOffset, byteLength);
}
