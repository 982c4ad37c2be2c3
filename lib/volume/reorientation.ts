import { closestRotation } from "./affine.ts";
import type { Affine, Voxels } from "./types.ts";

/**
 * How the axes of a grid are permuted and flipped: axis `i` of the result is axis `axes[i]` of the
 * source, running backwards where `flips[i]`. Nothing is interpolated, so it can be undone exactly.
 */
export interface Reorientation {
  readonly axes: readonly [number, number, number];
  readonly flips: readonly [boolean, boolean, boolean];
}

/** Keeps a grid unchanged. */
export const AS_STORED: Reorientation = { axes: [0, 1, 2], flips: [false, false, false] };

/**
 * How a grid is brought to the closest canonical orientation, RAS+: x grows to the patient's right,
 * y forwards, z upwards. The same choice as nibabel's `io_orientation`, oblique and sheared grids
 * included.
 *
 * @param affine 4×4, voxel index to millimetres; invertible.
 *
 * @example
 * ```ts
 * import { canonicalReorientation } from "./reorientation.ts";
 * import assert from "node:assert/strict";
 *
 * // Stored as z, then x to the left, then y
 * const affine = [[0, -2, 0, 0], [0, 0, 2, 0], [3, 0, 0, 0], [0, 0, 0, 1]];
 * assert.deepEqual(canonicalReorientation(affine), {
 *   axes: [1, 2, 0],
 *   flips: [true, false, false],
 * });
 * ```
 */
export function canonicalReorientation(affine: Affine): Reorientation {
  const rotation = closestRotation(affine);
  const strength = (axis: number) => Math.max(...rotation.map((row) => row[axis]! ** 2));
  const axes = [-1, -1, -1];
  const flips = [false, false, false];
  // The axis with the clearest direction goes first, so that no two get the same one.
  for (const axis of [0, 1, 2].sort((a, b) => strength(b) - strength(a))) {
    const free = [0, 1, 2].filter((world) => axes[world] === -1);
    const world = free.reduce((best, next) =>
      Math.abs(rotation[next]![axis]!) > Math.abs(rotation[best]![axis]!) ? next : best
    );
    axes[world] = axis;
    flips[world] = rotation[world]![axis]! < 0;
  }
  return { axes, flips } as unknown as Reorientation;
}

/** Whether a reorientation changes nothing. */
export function isAsStored({ axes, flips }: Reorientation): boolean {
  return axes.every((axis, i) => axis === i) && !flips.includes(true);
}

/** Sizes or spacings along the axes of the result. */
export function reorientTriple<T>(values: readonly T[], { axes }: Reorientation): [T, T, T] {
  return axes.map((axis) => values[axis]!) as [T, T, T];
}

/**
 * The affine of a grid after its reorientation: every voxel keeps its place in the patient.
 *
 * @param shape [nx, ny, nz] of the source.
 */
export function reorientAffine(
  affine: Affine,
  shape: readonly number[],
  { axes, flips }: Reorientation,
): Affine {
  return affine.map((row) => {
    const columns = axes.map((axis, i) => flips[i] ? -row[axis]! : row[axis]!);
    const start = axes.reduce(
      (sum, axis, i) => flips[i] ? sum + row[axis]! * (shape[axis]! - 1) : sum,
      row[3]!,
    );
    return [...columns, start];
  });
}

/**
 * Permutes and flips the voxels of a volume.
 *
 * @param data x fastest; each channel of a 4D volume is reoriented separately.
 * @param shape [nx, ny, nz] or [nx, ny, nz, channels] of the source.
 * @returns A new array; the same array if nothing changes.
 * @throws {TypeError} If the data do not fill the shape.
 *
 * @example
 * ```ts
 * import { reorient, restore } from "./reorientation.ts";
 * import assert from "node:assert/strict";
 *
 * const reorientation = { axes: [1, 0, 2], flips: [true, false, false] } as const;
 * const turned = reorient(Uint8Array.of(1, 2, 3, 4, 5, 6), [3, 2, 1], reorientation);
 * assert.deepEqual([...turned], [4, 1, 5, 2, 6, 3]); // 2×3×1
 * assert.deepEqual([...restore(turned, [3, 2, 1], reorientation)], [1, 2, 3, 4, 5, 6]);
 * ```
 */
export function reorient<T extends Voxels>(
  data: T,
  shape: readonly number[],
  reorientation: Reorientation,
): T {
  return move(data, shape, reorientation, "there");
}

/**
 * Undoes {@linkcode reorient}.
 *
 * @param data Voxels of the reoriented grid.
 * @param shape The source's shape, which the result has.
 */
export function restore<T extends Voxels>(
  data: T,
  shape: readonly number[],
  reorientation: Reorientation,
): T {
  return move(data, shape, reorientation, "back");
}

function move<T extends Voxels>(
  data: T,
  shape: readonly number[],
  reorientation: Reorientation,
  way: "there" | "back",
): T {
  const [nx = 1, ny = 1, nz = 1, channels = 1] = shape;
  const voxels = nx * ny * nz;
  if (data.length !== voxels * channels) {
    throw new TypeError(
      `Cannot reorient: ${data.length} values do not fill a volume of ${shape.join("×")}`,
    );
  }
  if (isAsStored(reorientation)) return data;
  const { axes, flips } = reorientation;
  const stored = [1, nx, nx * ny];
  const [width, height, depth] = reorientTriple([nx, ny, nz], reorientation);
  const steps = axes.map((axis, i) => flips[i] ? -stored[axis]! : stored[axis]!);
  const origin = axes.reduce(
    (sum, axis, i) => flips[i] ? sum + stored[axis]! * ([nx, ny, nz][axis]! - 1) : sum,
    0,
  );
  const result = new (data.constructor as new (length: number) => T)(data.length);
  let at = 0;
  for (let channel = 0; channel < channels; channel++) {
    for (let z = 0; z < depth; z++) {
      for (let y = 0; y < height; y++) {
        let source = channel * voxels + origin + z * steps[2]! + y * steps[1]!;
        for (let x = 0; x < width; x++, at++, source += steps[0]!) {
          if (way === "there") result[at] = data[source]!;
          else result[source] = data[at]!;
        }
      }
    }
  }
  return result;
}

/** The anatomical planes, by the axis perpendicular to them in canonical orientation. */
export const PLANE_AXES = { sagittal: 0, coronal: 1, axial: 2 } as const;

/**
 * The directions of a grid's axes as letters, such as "LPS"; an oblique axis gets the nearest one.
 *
 * @param affine 4×4, voxel index to millimetres; invertible.
 *
 * @example
 * ```ts
 * import { orientation } from "./reorientation.ts";
 * import assert from "node:assert/strict";
 *
 * assert.equal(orientation([[-1, 0, 0, 0], [0, -1, 0, 0], [0, 0, 3, 0], [0, 0, 0, 1]]), "LPS");
 * ```
 */
export function orientation(affine: Affine): string {
  const { axes, flips } = canonicalReorientation(affine);
  const letters: string[] = [];
  for (const [world, axis] of axes.entries()) {
    letters[axis] = (flips[world] ? "LPI" : "RAS")[world]!;
  }
  return letters.join("");
}
