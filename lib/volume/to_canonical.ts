import {
  AS_STORED,
  canonicalReorientation,
  reorient,
  reorientAffine,
  type Reorientation,
  reorientTriple,
} from "./reorientation.ts";
import type { Affine, Volume, Voxels } from "./types.ts";

/**
 * A volume whose axes point to the patient's right, front and top. It has no header: bring results
 * back to the stored grid with {@linkcode restore}, and write them like the stored volume.
 */
export interface CanonicalVolume<T extends Voxels> {
  /** x fastest; the stored volume's own array if nothing had to be moved. */
  readonly data: T;
  readonly shape: readonly number[];
  /** In millimetres. */
  readonly spacing: readonly [number, number, number];
  /** Voxel index to millimetres; every voxel keeps its place. */
  readonly affine: Affine;
  /** How it was brought here. */
  readonly reorientation: Reorientation;
}

/**
 * Brings a volume to the closest canonical orientation, RAS+, by flips and permutations alone, as
 * nibabel's `as_closest_canonical` does. A volume of unknown orientation stays as it is stored
 * (nibabel assumes LAS).
 *
 * @example
 * ```ts
 * import { createVolume, restore, toCanonical } from "./mod.ts";
 * import assert from "node:assert/strict";
 *
 * const stored = createVolume({
 *   data: Float32Array.of(1, 2, 3, 4, 5, 6),
 *   shape: [3, 2, 1],
 *   spacing: [1, 1, 1],
 *   affine: [[-1, 0, 0, 0], [0, 1, 0, 0], [0, 0, 1, 0], [0, 0, 0, 1]], // LAS
 * });
 * const { data, affine, reorientation } = toCanonical(stored);
 * assert.deepEqual([...data], [3, 2, 1, 6, 5, 4]);
 * assert.deepEqual(affine[0], [1, 0, 0, -2]);
 * assert.deepEqual(restore(data, stored.shape, reorientation), stored.data);
 * ```
 */
export function toCanonical<T extends Voxels>(volume: Volume<T>): CanonicalVolume<T> {
  const { data, shape, spacing, affine, orientation } = volume;
  const reorientation = orientation === null ? AS_STORED : canonicalReorientation(affine);
  return {
    data: reorient(data, shape, reorientation),
    shape: [...reorientTriple(shape, reorientation), ...shape.slice(3)],
    spacing: reorientTriple(spacing, reorientation),
    affine: reorientAffine(affine, shape, reorientation),
    reorientation,
  };
}
