import { inverse3, voxelSizes } from "./affine.ts";
import { canonicalReorientation, type Reorientation, reorientTriple } from "./reorientation.ts";
import type { Affine } from "./types.ts";

/** A grid in space. */
export interface Grid {
  /** [nx, ny, nz]; further dimensions are ignored. */
  readonly shape: readonly number[];
  /** Voxel index to millimetres. */
  readonly affine: Affine;
}

/** What {@linkcode compareSpace} finds. */
export type SpaceComparison =
  /** The same voxels: the reorientation brings one grid to the order of the other. */
  | { readonly same: true; readonly reorientation: Reorientation }
  /** Different voxels, and the largest distance between their corners. */
  | {
    readonly same: false;
    /** In millimetres. */
    readonly millimetres: number;
    /** In voxels of the grid that is compared with. */
    readonly voxels: number;
    /** Whether even the numbers of voxels differ under every permutation of the axes. */
    readonly otherShape: boolean;
  };

/** Tolerance for rounding, as a fraction of a voxel. */
const TOLERANCE = 0.1;

/**
 * Compares the corners of two grids, up to a permutation and flips of the axes.
 *
 * @param grid A grid, such as that of a label.
 * @param other The grid that it should agree with, such as that of its image.
 *
 * @example
 * ```ts
 * import { compareSpace } from "./compare_space.ts";
 * import assert from "node:assert/strict";
 *
 * const image = { shape: [4, 2, 2], affine: [[1, 0, 0, 0], [0, 1, 0, 0], [0, 0, 2, 0], [0, 0, 0, 1]] };
 * const flipped = { ...image, affine: [[-1, 0, 0, 3], ...image.affine.slice(1)] };
 * assert.deepEqual(compareSpace(flipped, image), {
 *   same: true,
 *   reorientation: { axes: [0, 1, 2], flips: [true, false, false] },
 * });
 * const moved = { ...image, affine: [[1, 0, 0, 40], ...image.affine.slice(1)] };
 * const found = compareSpace(moved, image);
 * assert(!found.same && found.millimetres === 40 && found.voxels === 40);
 * ```
 */
export function compareSpace(grid: Grid, other: Grid): SpaceComparison {
  const reorientation = relativeReorientation(grid.affine, other.affine);
  const { axes, flips } = reorientation;
  const sizes = reorientTriple(grid.shape, reorientation);
  const otherShape = sizes.some((size, axis) => size !== other.shape[axis]);
  const toVoxels = inverse3(other.affine);
  let [millimetres, voxels] = [0, 0];
  for (const corner of CORNERS) {
    const place = apply(other.affine, corner.map((end, axis) => end * (other.shape[axis]! - 1)));
    const index = [0, 0, 0];
    for (const [i, axis] of axes.entries()) {
      index[axis] = (flips[i] ? 1 - corner[i]! : corner[i]!) * (grid.shape[axis]! - 1);
    }
    const difference = apply(grid.affine, index).map((value, i) => value - place[i]!);
    millimetres = Math.max(millimetres, Math.hypot(...difference));
    const steps = toVoxels.map((row) => row.reduce((sum, v, i) => sum + v * difference[i]!, 0));
    voxels = Math.max(voxels, ...steps.map(Math.abs));
  }
  if (!otherShape && voxels <= TOLERANCE) return { same: true, reorientation };
  return { same: false, millimetres, voxels, otherShape };
}

const CORNERS = [0, 1, 2, 3, 4, 5, 6, 7].map((n) => [n & 1, n >> 1 & 1, n >> 2]);

/** How the axes of one grid run along those of another. */
function relativeReorientation(affine: Affine, other: Affine): Reorientation {
  const sizes = voxelSizes(other);
  const inverse = inverse3(other);
  // The other grid's axes as the directions of space, in millimetres along them
  const relative = [0, 1, 2].map((row) => [
    ...[0, 1, 2].map((column) =>
      sizes[row]! *
      [0, 1, 2].reduce((sum, k) => sum + inverse[row]![k]! * affine[k]![column]!, 0)
    ),
    0,
  ]);
  return canonicalReorientation([...relative, [0, 0, 0, 1]]);
}

function apply(affine: Affine, index: readonly number[]): number[] {
  return [0, 1, 2].map((row) =>
    affine[row]![3]! + [0, 1, 2].reduce((sum, k) => sum + affine[row]![k]! * index[k]!, 0)
  );
}
