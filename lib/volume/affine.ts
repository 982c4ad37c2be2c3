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

type Matrix = readonly (readonly number[])[];

/** The inverse of a 3×3 matrix, or of the 3×3 part of an affine. */
export function inverse3(matrix: Matrix): number[][] {
  const size = determinant(matrix);
  return [0, 1, 2].map((row) => [0, 1, 2].map((column) => cofactor(matrix, column, row) / size));
}

/**
 * The determinant of a 3×3 matrix, or of an affine's 3×3 part: the volume of a voxel in mm³,
 * negative where the axes are left-handed, 0 where they do not span space.
 */
export function determinant(matrix: Matrix): number {
  return [0, 1, 2].reduce(
    (sum, column) => sum + matrix[0]![column]! * cofactor(matrix, 0, column),
    0,
  );
}

function cofactor(matrix: Matrix, row: number, column: number): number {
  const at = (down: number, right: number) => matrix[(row + down) % 3]![(column + right) % 3]!;
  return at(1, 1) * at(2, 2) - at(1, 2) * at(2, 1);
}
