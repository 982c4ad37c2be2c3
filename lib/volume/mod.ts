/**
 * Volumes: NIfTI files in and out, slices, orientation.
 *
 * @example Read, threshold, write
 * ```ts
 * import { createVolume, readVolume, writeVolume } from "./mod.ts";
 * import assert from "node:assert/strict";
 *
 * const path = await Deno.makeTempFile({ suffix: ".nii.gz" });
 * const image = createVolume({
 *   data: Float32Array.of(0, 10, 20, 30),
 *   shape: [2, 2, 1],
 *   spacing: [0.625, 0.625, 3.6],
 * });
 * const mask = Uint8Array.from(image.data, (value) => value > 15 ? 1 : 0);
 * await writeVolume(path, { data: mask, like: image });
 * assert.deepEqual([...(await readVolume(path)).data], [0, 0, 1, 1]);
 * await Deno.remove(path);
 * ```
 *
 * @module
 */

export { voxelSizes } from "./affine.ts";
export { createVolume, type CreateVolumeOptions } from "./create_volume.ts";
export { readLabelVolume, readVolume, readVolumeHeader } from "./read_volume.ts";
export {
  canonicalReorientation,
  orientation,
  PLANE_AXES,
  reorient,
  reorientAffine,
  type Reorientation,
  reorientTriple,
  restore,
} from "./reorientation.ts";
export { type Alignment, alignToGrid } from "./align_to_grid.ts";
export { compareSpace, type SpaceComparison } from "./compare_space.ts";
export { type CanonicalVolume, toCanonical } from "./to_canonical.ts";
export type { Affine, NiftiHeader, Slice, Volume, Voxels } from "./types.ts";
export { volumeSlice, type VolumeSliceOptions } from "./volume_slice.ts";
export { writeVolume, type WriteVolumeOptions } from "./write_volume.ts";
