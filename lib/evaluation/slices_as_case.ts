/**
 * Makes a case of slices in memory.
 *
 * @module
 */

import { wholePlane } from "../slices/geometry.ts";
import type { ImageSlice } from "../slices/types.ts";
import type { ModelView } from "./predict_case.ts";

/**
 * Makes a case of slices, so that `predictCase` can run on them.
 *
 * @param slices Normalised for the model.
 * @param indices The index of each within its case, which with the seed decides which cells fire.
 *
 * @example
 * ```ts
 * import { slicesAsCase } from "./slices_as_case.ts";
 * import assert from "node:assert/strict";
 *
 * const slice = { data: new Float32Array(16), height: 4, width: 4, channels: 1 };
 * assert.equal(slicesAsCase([slice], [7]).slice(7), slice);
 * ```
 */
export function slicesAsCase(
  slices: readonly ImageSlice[],
  indices: readonly number[],
): ModelView["opened"] {
  const slice = (index: number) => {
    const found = slices[indices.indexOf(index)];
    if (found === undefined) throw new RangeError(`There is no slice ${index}`);
    return found;
  };
  return {
    indices,
    slice,
    extent: (index) => {
      const { height, width } = slice(index);
      return { height, width, crop: wholePlane(height, width), spacing: null };
    },
  };
}
