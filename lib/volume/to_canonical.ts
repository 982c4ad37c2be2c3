/**
 * A volume in the closest canonical orientation.
 *
 * @module
 */

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
 * A volume whose axes run to the patient's right, front and top. It has no header: what is computed
 * from it goes back to the stored grid with {@linkcode restore}, and is written like the stored
 * volume.
 */
export interface CanonicalVolume<T extends Voxels> {
  /** x fastest; the stored volume's array where nothing had to be turned. */
  readonly data: T;
  readonly shape: readonly number[];
  /** In millimetres. */
  readonly spacing: readonly [number, number, number];
  /** Voxel index to millimetres; every voxel is where it was. */
  readonly affine: Affine;
  /** How it was brought here. */
  readonly reorientation: Reorientation;
}

/**
 * Brings a volume to the closest canonical orientation, RAS+, by flips and permutations alone, as
 * nibabel's `as_closest_canonical` does. A volume whose orientation is not known stays as it is
 * stored (nibabel takes it for LAS, which nothing says).
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
