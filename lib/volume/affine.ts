import type { Affine } from "./types.ts";

/**
 * The distance between neighbouring voxels along each axis.
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
 * The rotation (or reflection) nearest to an affine's axes, without their lengths and shear: the
 * orthogonal factor of the polar decomposition (N. Higham, "Computing the polar decomposition",
 * 1986).
 *
 * @param affine 4×4; invertible.
 */
export function closestRotation(affine: Affine): number[][] {
  const sizes = voxelSizes(affine);
  let rotation = [0, 1, 2].map((row) =>
    [0, 1, 2].map((axis) => affine[row]![axis]! / sizes[axis]!)
  );
  for (let i = 0; i < MOST_ITERATIONS; i++) {
    const inverse = inverse3(rotation);
    const next = rotation.map((row, r) => row.map((value, c) => (value + inverse[c]![r]!) / 2));
    const change = Math.max(
      ...next.flatMap((row, r) => row.map((value, c) => Math.abs(value - rotation[r]![c]!))),
    );
    rotation = next;
    if (change < 1e-15) break;
  }
  return rotation;
}

/** Newton's method doubles the correct digits each time; strongly sheared axes need a few more. */
const MOST_ITERATIONS = 64;

/** The inverse of a 3×3 matrix, or of the 3×3 part of an affine. */
export function inverse3(matrix: readonly (readonly number[])[]): number[][] {
  const at = (row: number, column: number) => matrix[row % 3]![column % 3]!;
  const cofactor = (row: number, column: number) =>
    at(row + 1, column + 1) * at(row + 2, column + 2) -
    at(row + 1, column + 2) * at(row + 2, column + 1);
  const size = [0, 1, 2].reduce((sum, column) => sum + at(0, column) * cofactor(0, column), 0);
  return [0, 1, 2].map((row) => [0, 1, 2].map((column) => cofactor(column, row) / size));
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
