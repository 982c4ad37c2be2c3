/**
 * Neighbouring slices as further channels of a slice ("2.5D"): what lies before and behind it.
 *
 * @module
 */

import type { Case } from "./case.ts";
import { InputError } from "../support/errors.ts";
import { sliceGeometry, toModelGrid } from "./geometry.ts";
import type { ModelInputs } from "./model_inputs.ts";
import type { ImageSlice, SliceGeometry } from "./types.ts";

/** How many slices a model sees at once: one, and its neighbours on both sides. */
export function slicesSeen(neighbours: number): number {
  return 2 * neighbours + 1;
}

/**
 * The places of the slices that a model sees, in the order of their channels: the slice itself, the
 * one before, the one after, the second before, and so on. Beyond the ends of a case its first or
 * last slice is repeated.
 *
 * @param place The slice's place in its case, from 0.
 * @param count The number of slices of the case.
 * @param neighbours The number of neighbours on each side.
 *
 * @example
 * ```ts
 * import { neighbourPlaces } from "./neighbours.ts";
 * import assert from "node:assert/strict";
 *
 * assert.deepEqual(neighbourPlaces(2, 9, 1), [2, 1, 3]);
 * assert.deepEqual(neighbourPlaces(8, 9, 2), [8, 7, 8, 6, 8]);
 * ```
 */
export function neighbourPlaces(place: number, count: number, neighbours: number): number[] {
  const places = [place];
  for (let away = 1; away <= neighbours; away++) {
    places.push(Math.max(place - away, 0), Math.min(place + away, count - 1));
  }
  return places;
}

/** Slices of one size, one after the other: their channels become those of one image. */
export function stackSlices(slices: readonly Float32Array[]): Float32Array {
  const [own] = slices as [Float32Array];
  if (slices.length === 1) return own;
  const stack = new Float32Array(slices.length * own.length);
  for (const [i, slice] of slices.entries()) stack.set(slice, i * own.length);
  return stack;
}

/**
 * A slice of a case as a model sees it: on its grid, with its neighbours as further channels.
 *
 * @param opened A case, opened with the model's settings.
 * @param place The slice's place among the indices of the case.
 * @returns The slice, and how it was put on the grid.
 * @throws {InputError} If its neighbours are on grids of other sizes, as with pictures of different
 * sizes and the size "pad".
 */
export function modelSlice(
  opened: Pick<Case, "indices" | "slice" | "extent">,
  place: number,
  inputs: ModelInputs,
  neighbours: number,
): { slice: ImageSlice; geometry: SliceGeometry } {
  const { indices } = opened;
  const seen = neighbourPlaces(place, indices.length, neighbours).map((at) => {
    const index = indices[at]!;
    const geometry = sliceGeometry(opened.extent(index), inputs);
    return { geometry, slice: toModelGrid(opened.slice(index), geometry) };
  });
  const [own] = seen as [(typeof seen)[number]];
  const { height, width, channels } = own.slice;
  for (const { slice } of seen) {
    if (slice.height !== height || slice.width !== width) {
      throw new InputError(
        `Cannot use neighbouring slices: slice ${indices[place]} needs a grid of ` +
          `${height}×${width}, a neighbour one of ${slice.height}×${slice.width}`,
        { code: "bad-image", hint: "Bring the slices of the case to one size" },
      );
    }
  }
  const data = stackSlices(seen.map(({ slice }) => slice.data));
  return {
    slice: { data, height, width, channels: channels * seen.length },
    geometry: own.geometry,
  };
}
