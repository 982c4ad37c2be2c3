/**
 * Distances between the surfaces of two masks.
 *
 * @module
 */

import { quantile } from "../support/quantile.ts";
import { squaredDistances } from "./distance_transform.ts";
import { boundingBox, cropToBox } from "./mask_box.ts";

/** The grid of the masks. */
export interface MaskGrid {
  /** [nx, ny] of a picture or [nx, ny, nz] of a volume, x fastest. */
  readonly shape: readonly number[];
  /** The distance between voxels along each axis: millimetres, or 1 for pictures. */
  readonly spacing: readonly number[];
}

/** Distances between two surfaces, in the spacing's unit. */
export interface SurfaceDistances {
  /** The 95th percentile of the distances from one surface to the other, the larger of both. */
  hd95: number;
  /** The mean over the voxels of both surfaces of the distance to the other surface. */
  assd: number;
}

/**
 * Measures the exact distances between the surfaces of two masks.
 *
 * A surface consists of the foreground voxels with a background neighbour along an axis (those that
 * scipy's `binary_erosion` removes); outside the grid is background. MONAI and medpy do the same.
 * Distances are between the centres of voxels, with the spacing of each axis. HD95 is MONAI's: the
 * larger of both directions' percentiles, interpolated linearly as by NumPy's default. (medpy takes
 * one percentile of both directions together, DeepMind's surface-distance weights by area: they
 * give different numbers.) ASSD is MONAI's symmetric average surface distance: the mean of all
 * distances of both directions together.
 *
 * @param a Foreground where not 0, x fastest.
 * @param b Foreground where not 0, x fastest.
 * @param grid The masks' shape and spacing. A picture is two-dimensional: as a volume one voxel
 * thick it would be all surface.
 * @returns NaN for both if a mask is empty.
 * @throws {TypeError} If a mask does not fill the shape.
 *
 * @example
 * ```ts
 * import { surfaceDistances } from "./surface_distances.ts";
 * import assert from "node:assert/strict";
 *
 * const a = Uint8Array.of(1, 0, 0, 0);
 * const b = Uint8Array.of(0, 0, 0, 1);
 * assert.deepEqual(
 *   surfaceDistances(a, b, { shape: [4], spacing: [0.5] }),
 *   { hd95: 1.5, assd: 1.5 },
 * );
 * ```
 */
export function surfaceDistances(
  a: Uint8Array,
  b: Uint8Array,
  grid: MaskGrid,
): SurfaceDistances {
  const { shape, spacing } = grid;
  const voxels = shape.reduce((x, y) => x * y, 1);
  if (a.length !== voxels || b.length !== voxels || spacing.length !== shape.length) {
    throw new TypeError(
      `Cannot measure surfaces: masks of ${a.length} and ${b.length} voxels on a grid of ` +
        `${shape.join(" × ")} with ${spacing.length} spacings`,
    );
  }
  const [surfaceA, surfaceB] = [surface(a, shape), surface(b, shape)];
  if (!surfaceA.includes(1) || !surfaceB.includes(1)) return { hd95: NaN, assd: NaN };

  // Only the box around both surfaces matters, and most of a volume is outside it.
  const box = boundingBox([surfaceA, surfaceB], shape);
  const [croppedA, croppedB] = [surfaceA, surfaceB].map((mask) => cropToBox(mask, shape, box)) as [
    Uint8Array,
    Uint8Array,
  ];
  const fromA = directed(croppedA, squaredDistances(croppedB, box.size, spacing));
  const fromB = directed(croppedB, squaredDistances(croppedA, box.size, spacing));
  const sum = (values: Float64Array) => values.reduce((x, y) => x + y, 0);
  return {
    hd95: Math.max(quantile(fromA, 0.95), quantile(fromB, 0.95)),
    assd: (sum(fromA) + sum(fromB)) / (fromA.length + fromB.length),
  };
}

function surface(mask: Uint8Array, shape: readonly number[]): Uint8Array {
  return mask.map((value, i) => {
    if (value === 0) return 0;
    let stride = 1;
    for (const length of shape) {
      const position = Math.floor(i / stride) % length;
      if (
        position === 0 || position === length - 1 ||
        mask[i - stride] === 0 || mask[i + stride] === 0
      ) return 1;
      stride *= length;
    }
    return 0;
  });
}

/** The distances at the voxels of a surface. */
function directed(from: Uint8Array, squaresTo: Float64Array): Float64Array {
  return squaresTo.filter((_, i) => from[i] !== 0).map(Math.sqrt);
}
