/**
 * Label codes in prepared slices: stored as they are, except that pictures of one class are white
 * on black.
 *
 * @module
 */

import { IGNORED, type Targets } from "./case.ts";
import type { SliceFormat } from "./types.ts";

/** In pictures of one class: the class, and ignored pixels. */
const [WHITE, GREY] = [255, 128];

/** Codes as a label's file stores them. */
export function toStored(codes: Uint8Array, targets: Targets, format: SliceFormat): Uint8Array {
  if (!isBlackAndWhite(targets, format)) return codes;
  return codes.map((code) => code === 1 ? WHITE : code === IGNORED ? GREY : 0);
}

/** The codes of a label's file. */
export function fromStored(
  stored: ArrayLike<number>,
  targets: Targets,
  format: SliceFormat,
): Uint8Array {
  if (!isBlackAndWhite(targets, format)) return Uint8Array.from(stored);
  return Uint8Array.from(
    stored,
    (value) => value === WHITE ? 1 : value === GREY ? IGNORED : 0,
  );
}

function isBlackAndWhite({ classes }: Targets, format: SliceFormat): boolean {
  return format === "png" && classes.length === 1;
}
