import { NIFTI1 } from "nifti-reader-js";
import { determinant, voxelSizes } from "./affine.ts";
import { orientation } from "./reorientation.ts";
import type { Affine, Volume } from "./types.ts";

/** What {@linkcode createVolume} takes. */
export interface CreateVolumeOptions {
  /** The values, x fastest, then y, z, channel. */
  data: Float32Array;
  /** [nx, ny, nz] or [nx, ny, nz, channels]; up to 32767 each. */
  shape: readonly number[];
  /** Millimetres between voxels along x, y, z. */
  spacing: readonly [number, number, number];
  /**
   * Voxel index to millimetres, RAS+; the lengths of its columns are the spacing. Default:
   * axis-aligned, origin 0.
   */
  affine?: Affine;
}

/**
 * Makes a volume with a NIfTI-1 header, to be written by {@linkcode writeVolume} or to serve as its
 * `like`. The affine is stored in the sform, rounded to float32.
 *
 * @throws {TypeError} If data and shape do not fit, or the shape is not 3D or 4D.
 * @throws {RangeError} If a size, the spacing or the affine is out of range.
 */
export function createVolume(options: CreateVolumeOptions): Volume {
  const { data, spacing } = options;
  const shape = [...options.shape];
  if (shape.length === 4 && shape[3] === 1) shape.pop();
  if (shape.length !== 3 && shape.length !== 4) {
    throw new TypeError(`A volume has 3 or 4 dimensions, not ${shape.length}`);
  }
  if (shape.some((size) => !Number.isInteger(size) || size < 1 || size > 32767)) {
    throw new RangeError(`A volume's sizes are 1 to 32767, not ${shape.join("×")}`);
  }
  if (shape.reduce((a, b) => a * b) !== data.length) {
    throw new TypeError(`${data.length} values do not fill a volume of ${shape.join("×")}`);
  }
  if (!spacing.every((size) => size > 0 && Number.isFinite(size))) {
    throw new RangeError(`A spacing must be positive, not ${spacing.join("×")}`);
  }
  const [dx, dy, dz] = spacing;
  const affine = (options.affine ?? [[dx, 0, 0, 0], [0, dy, 0, 0], [0, 0, dz, 0], [0, 0, 0, 1]])
    .map((row) => row.map(Math.fround));
  checkAffine(affine, spacing);

  const header = new NIFTI1();
  header.littleEndian = true;
  header.magic = "n+1";
  header.dims = [shape.length, ...shape, 1, 1, 1, 1].slice(0, 8);
  header.pixDims = [1, ...spacing, 1, 1, 1, 1];
  header.datatypeCode = NIFTI1.TYPE_FLOAT32;
  header.numBitsPerVoxel = 32;
  header.vox_offset = 352;
  header.xyzt_units = NIFTI1.UNITS_MM;
  header.sform_code = NIFTI1.XFORM_SCANNER_ANAT;
  header.affine = affine;
  const bytes = new Uint8Array(header.toArrayBuffer()).slice(0, 348);
  return {
    data,
    shape,
    spacing: voxelSizes(affine),
    affine,
    orientation: orientation(affine),
    header: { version: 1, littleEndian: true, bytes },
    path: "",
    warnings: [],
  };
}

function checkAffine(affine: Affine, spacing: readonly number[]): void {
  const square = affine.length === 4 && affine.every((row) => row.length === 4);
  if (!square) throw new TypeError("An affine must be 4×4");
  if (!affine.flat().every(Number.isFinite) || determinant(affine) === 0) {
    throw new RangeError("An affine must be finite and invertible");
  }
  const sizes = voxelSizes(affine);
  if (sizes.some((size, axis) => Math.abs(size - spacing[axis]!) > 1e-4 * size)) {
    throw new RangeError(
      `The affine's columns are ${sizes.join(", ")} long, the spacing is ${spacing.join(", ")}`,
    );
  }
}
