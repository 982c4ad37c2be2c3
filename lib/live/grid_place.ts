/**
 * From the picture, which is turned upright, back to the grid.
 *
 * @module
 */

import { orientForDisplay, type View } from "../plots/raster.ts";

/**
 * Where a place of the picture is on the grid; one beyond the picture counts as on its border.
 *
 * @param place In pixels of the picture.
 * @param size Height and width of the grid.
 * @param view How the grid lies in the patient.
 *
 * @example
 * ```ts
 * import { gridPlace } from "./grid_place.ts";
 * import assert from "node:assert/strict";
 *
 * // In an axial slice rows run to the patient's right and columns to the front.
 * const view = { axis: 2, orientation: "RAS" } as const;
 * assert.deepEqual(gridPlace({ x: 0, y: 0 }, [2, 3], view), [2, 1]);
 * assert.deepEqual(gridPlace({ x: 9, y: 1 }, [2, 3], view), [1, 0]);
 * ```
 */
export function gridPlace(
  { x, y }: { readonly x: number; readonly y: number },
  [height, width]: readonly [number, number],
  view: View,
): [x: number, y: number] {
  const data = Int32Array.from({ length: height * width }, (_, i) => i);
  const shown = orientForDisplay({ data, height, width }, view);
  const place = shown.data[clamp(y, shown.height) * shown.width + clamp(x, shown.width)]!;
  return [place % width, Math.floor(place / width)];
}

function clamp(place: number, length: number): number {
  return Math.min(Math.max(place, 0), length - 1);
}
