/**
 * Codes of labels in prepared slices: as they are, but for one class in a picture, which is white
 * on black for the eye.
 *
 * @module
 */

import { IGNORED, type Targets } from "./case.ts";
import type { SliceFormat } from "./types.ts";

/** In pictures of one class: the class, and what is ignored. */
const [WHITE, GREY] = [255, 128];

/** The numbers that a label's file holds. */
export function toStored(codes: Uint8Array, targets: Targets, format: SliceFormat): Uint8Array {
  if (!isBlackAndWhite(targets, format)) return codes;
  return codes.map((code) => code === 1 ? WHITE : code === IGNORED ? GREY : 0);
}

/** The codes that a label's file stands for. */
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
