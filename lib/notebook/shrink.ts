/**
 * Shrinks slices for demonstrations.
 *
 * @module
 */

import { resizeBilinear, resizeNearest } from "../slices/resize.ts";
import type { Slice } from "../slices/types.ts";

/**
 * Resizes a slice.
 *
 * @param slice An image; with `kind: "label"` a mask, resized by nearest neighbour.
 * @param size Height and width.
 *
 * @example
 * ```ts
 * import { shrink } from "./shrink.ts";
 * import assert from "node:assert/strict";
 *
 * const slice = { data: Float32Array.of(0, 4, 0, 4), height: 2, width: 2 };
 * assert.deepEqual([...shrink(slice, [1, 1]).data], [2]);
 * ```
 */
export function shrink(
  slice: Slice,
  size: readonly [number, number],
  options: { kind?: "image" | "label" } = {},
): Slice {
  if (options.kind !== "label") return resizeBilinear(slice, size);
  const { data, height, width } = resizeNearest(
    { ...slice, data: Uint8Array.from(slice.data) },
    size,
  );
  return { data: Float32Array.from(data), height, width };
}
