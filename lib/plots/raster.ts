/**
 * Turns slices to a radiologist's view.
 *
 * @module
 */

import type { Slice } from "../volume/types.ts";

export { quantile } from "../support/quantile.ts";

/** Numbers in rows: a slice, a label, a probability map. */
export interface Raster {
  /** Row by row, `height * width` numbers. */
  readonly data: ArrayLike<number>;
  /** Number of rows. */
  readonly height: number;
  /** Number of columns. */
  readonly width: number;
}

/**
 * The orientation of a raster: the axis that it was cut along and the volume's orientation ("RAS":
 * axes point right, anterior, superior). `"raw"` shows rows and columns as they are, as for PNG
 * pictures.
 */
export type View = "raw" | {
  /** The axis of the volume that the slice was cut along. Default: 2. */
  axis?: 0 | 1 | 2;
  /** The volume's orientation. Default: "RAS". */
  orientation?: string;
};

/**
 * Checks that a raster has `height * width` numbers.
 *
 * @throws {TypeError} If it has not.
 */
export function checkRaster({ data, height, width }: Raster, name = "raster"): void {
  if (data.length !== height * width) {
    throw new TypeError(
      `Expected a ${name} of ${height} × ${width} = ${height * width} numbers, got ${data.length}`,
    );
  }
}

/**
 * Turns a slice as in a radiologist's viewer: up is superior, or anterior in an axial cut; left is
 * the patient's right, or anterior in a sagittal cut.
 *
 * @param raster A stored slice (rows are x for a cut along axis 2).
 * @param view Its orientation.
 * @returns The turned slice, a copy.
 * @throws {RangeError} If the orientation does not have one of R/L, A/P and S/I each.
 *
 * @example
 * ```ts
 * import { orientForDisplay } from "./raster.ts";
 * import assert from "node:assert/strict";
 *
 * // Rows run to the right and columns to the front: the first voxel comes to the lower right.
 * const shown = orientForDisplay({ data: [1, 2, 3, 4, 5, 6], height: 2, width: 3 });
 * assert.deepEqual([...shown.data], [6, 3, 5, 2, 4, 1]);
 * assert.deepEqual([shown.height, shown.width], [3, 2]);
 * ```
 */
export function orientForDisplay(raster: Raster, view: View = {}): Slice {
  checkRaster(raster);
  const { data, height, width } = raster;
  if (view === "raw") return { data: Float32Array.from(data), height, width };
  const { rowsAreVertical, flipVertical, flipHorizontal } = turnOf(view);
  const [outHeight, outWidth] = rowsAreVertical ? [height, width] : [width, height];
  const out = new Float32Array(data.length);
  for (let i = 0; i < outHeight; i++) {
    const v = flipVertical ? outHeight - 1 - i : i;
    for (let j = 0; j < outWidth; j++) {
      const h = flipHorizontal ? outWidth - 1 - j : j;
      out[i * outWidth + j] = data[rowsAreVertical ? v * width + h : h * width + v]!;
    }
  }
  return { data: out, height: outHeight, width: outWidth };
}

/**
 * Values for a raster's rows and columns, such as a voxel's height and width, turned as by
 * {@linkcode orientForDisplay}.
 */
export function turnPair(
  [rows, columns]: readonly [number, number],
  view: View,
): readonly [number, number] {
  return view === "raw" || turnOf(view).rowsAreVertical ? [rows, columns] : [columns, rows];
}

/** How a slice is turned. */
function turnOf({ axis = 2, orientation = "RAS" }: Exclude<View, "raw">) {
  const groups = [...orientation].map((letter) =>
    ["RL", "AP", "SI"].find((g) => g.includes(letter))
  );
  if (orientation.length !== 3 || groups.includes(undefined) || new Set(groups).size !== 3) {
    throw new RangeError(`Expected an orientation like RAS, got ${orientation}`);
  }
  const rows = orientation[axis === 0 ? 1 : 0]!;
  const columns = orientation[axis === 2 ? 1 : 2]!;
  const rowsAreVertical = "SI".includes(rows) || ("AP".includes(rows) && "RL".includes(columns));
  const [vertical, horizontal] = rowsAreVertical ? [rows, columns] : [columns, rows];
  return {
    rowsAreVertical,
    flipVertical: "SA".includes(vertical),
    flipHorizontal: "RA".includes(horizontal),
  };
}
