/**
 * What an affine says: which way the axes point, and how far apart voxels are.
 *
 * @module
 */

import type { Affine } from "./types.ts";

/**
 * The distance of neighbouring voxels along each axis.
 *
 * @param affine 4×4, voxel index to millimetres.
 * @returns Millimetres along x, y, z: the lengths of the first three columns.
 */
export function voxelSizes(affine: Affine): [number, number, number] {
  const length = (column: number) =>
    Math.hypot(affine[0]![column]!, affine[1]![column]!, affine[2]![column]!);
  return [length(0), length(1), length(2)];
}

/**
 * Which way each voxel axis points, as three letters: L or R, P or A, I or S. An oblique axis
 * takes the letter of the anatomical axis it is nearest to.
 *
 * @param affine 4×4, voxel index to millimetres; invertible.
 * @returns For instance "RAS": x grows to the patient's right, y forwards, z upwards.
 *
 * @example
 * ```ts
 * import { orientation } from "./affine.ts";
 * import assert from "node:assert/strict";
 *
 * assert.equal(orientation([[-1, 0, 0, 0], [0, -1, 0, 0], [0, 0, 3, 0], [0, 0, 0, 1]]), "LPS");
 * ```
 */
export function orientation(affine: Affine): string {
  const sizes = voxelSizes(affine);
  // The clearest axis chooses first, so that no two take the same letter.
  const cosines = [0, 1, 2].flatMap((row) =>
    [0, 1, 2].map((axis) => ({ row, axis, cosine: affine[row]![axis]! / sizes[axis]! }))
  ).sort((a, b) => Math.abs(b.cosine) - Math.abs(a.cosine));
  const letters: string[] = [];
  const taken = new Set<number>();
  for (const { row, axis, cosine } of cosines) {
    if (taken.has(row) || letters[axis] !== undefined) continue;
    taken.add(row);
    letters[axis] = (cosine < 0 ? "LPI" : "RAS")[row]!;
  }
  return letters.join("");
}

/**
 * The determinant of an affine's 3×3 part: the volume of a voxel in mm³, negative where the axes
 * are left-handed, 0 where they do not span space.
 */
export function determinant(affine: Affine): number {
  const [a, b, c] = affine.map((row) => row as [number, number, number]);
  return a![0] * (b![1] * c![2] - b![2] * c![1]) -
    a![1] * (b![0] * c![2] - b![2] * c![0]) +
    a![2] * (b![0] * c![1] - b![1] * c![0]);
}
