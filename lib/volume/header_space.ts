/**
 * The position of voxels according to their header.
 *
 * nifti-reader-js and nibabel choose the affine differently; this follows nibabel.
 *
 * @module
 */

import { NIFTI1, type NIFTI2 } from "nifti-reader-js";
import { determinant, voxelSizes } from "./affine.ts";
import { compareSpace } from "./compare_space.ts";
import { orientation } from "./reorientation.ts";
import type { Affine, NiftiHeader } from "./types.ts";

/** A grid in space, in millimetres. */
export interface HeaderSpace {
  readonly spacing: readonly [number, number, number];
  readonly affine: Affine;
  /** Directions of the axes; null if the header does not define them. */
  readonly orientation: string | null;
  /** Warnings. */
  readonly warnings: readonly string[];
}

/** How far the quaternion's squared length may exceed 1: nibabel's three float epsilons. */
const QUATERNION_SLACK = { 1: 3 * 2 ** -23, 2: 3 * 2 ** -52 };

/** Voxel sizes outside of this range, in millimetres, are probably wrong. */
const PLAUSIBLE = { most: 100, least: 1e-4 };

/**
 * The affine that nibabel chooses: the sform if it has a code, else the qform if it has one, else
 * voxel sizes and centre. If the sform cannot be used but the qform can, the qform.
 *
 * @param dims The header's eight dimensions, their number first.
 * @throws {RangeError} If there is no affine, or it is not finite or singular.
 */
export function readSpace(
  parsed: NIFTI1 | NIFTI2,
  header: NiftiHeader,
  dims: readonly number[],
): HeaderSpace {
  const warnings: string[] = [];
  const unit = unitSize(header);
  const take = (kind: "sform" | "qform" | "pixdim", affine: Affine) => usable(kind, affine, unit);
  const readQform = () => take("qform", qform(parsed, header.version));
  let affine: Affine;
  if (parsed.sform_code !== 0) {
    try {
      affine = take("sform", sform(header));
      if (parsed.qform_code !== 0) {
        const shape = dims.slice(1, 4).map((size, axis) => axis < dims[0]! ? size : 1);
        const codes = [parsed.sform_code, parsed.qform_code] as const;
        warnings.push(...disagreement({ shape, affine }, readQform, codes));
      }
    } catch (error) {
      if (parsed.qform_code === 0) throw error;
      affine = readQform();
      warnings.push(`${(error as RangeError).message}; its qform is used instead`);
    }
  } else if (parsed.qform_code !== 0) affine = readQform();
  else {
    affine = take("pixdim", baseAffine(parsed, dims));
    warnings.push("it has neither an sform nor a qform, so its orientation is unknown");
  }
  const spacing = voxelSizes(affine);
  if (spacing.some((size) => size > PLAUSIBLE.most || size < PLAUSIBLE.least)) {
    const sizes = spacing.map((size) => Number(size.toPrecision(4))).join("×");
    warnings.push(`its voxels are ${sizes} mm, which is probably wrong`);
  }
  const known = parsed.sform_code !== 0 || parsed.qform_code !== 0;
  return { affine, spacing, orientation: known ? orientation(affine) : null, warnings };
}

/**
 * Other programs may take the qform. With different codes the two are different spaces, such as the
 * scanner's and an atlas's, so only their axes are compared.
 */
function disagreement(
  grid: { readonly shape: readonly number[]; readonly affine: Affine },
  readQform: () => Affine,
  [sformCode, qformCode]: readonly [number, number],
): string[] {
  let affine: Affine;
  try {
    affine = readQform();
  } catch {
    return []; // nobody can use it
  }
  const [sformAxes, qformAxes] = [orientation(grid.affine), orientation(affine)];
  if (sformAxes !== qformAxes) {
    return [
      `its sform has the axes ${sformAxes} and its qform ${qformAxes}; the sform is used`,
    ];
  }
  return sformCode === qformCode && !compareSpace({ ...grid, affine }, grid).same
    ? ["its sform and its qform put it at different places; the sform is used"]
    : [];
}

/** An affine in millimetres. */
function usable(kind: string, stored: Affine, unit: number): Affine {
  const affine = stored.map((row, i) => i < 3 ? row.map((value) => value * unit) : row);
  if (!affine.flat().every(Number.isFinite)) {
    throw new RangeError(`its affine (from the ${kind}) has values that are not finite`);
  }
  const volume = Math.abs(determinant(affine));
  if (!(volume > 0 && volume < Infinity)) {
    throw new RangeError(`its affine (from the ${kind}) is singular`);
  }
  return affine;
}

/**
 * Millimetres per unit of the header: the standard allows metres and microns; no unit means
 * millimetres.
 */
export function unitSize({ version, littleEndian, bytes }: NiftiHeader): number {
  const view = new DataView(bytes.buffer, bytes.byteOffset);
  const units = version === 1 ? view.getUint8(123) : view.getInt32(500, littleEndian);
  const space = units & 7;
  return space === NIFTI1.UNITS_METER ? 1000 : space === NIFTI1.UNITS_MICRON ? 0.001 : 1;
}

function sform({ version, littleEndian, bytes }: NiftiHeader): number[][] {
  const view = new DataView(bytes.buffer, bytes.byteOffset);
  const row = (i: number) =>
    [0, 1, 2, 3].map((j) =>
      version === 1
        ? view.getFloat32(280 + 16 * i + 4 * j, littleEndian)
        : view.getFloat64(400 + 32 * i + 8 * j, littleEndian)
    );
  return [row(0), row(1), row(2), [0, 0, 0, 1]];
}

/** pixdim[1..3], corrected as nibabel does: 0 becomes 1, negative becomes positive. */
function zooms(parsed: NIFTI1 | NIFTI2): number[] {
  return parsed.pixDims.slice(1, 4).map((size) => size === 0 ? 1 : Math.abs(size));
}

function qform(parsed: NIFTI1 | NIFTI2, version: 1 | 2): number[][] {
  const { quatern_b: x, quatern_c: y, quatern_d: z } = parsed;
  const w2 = 1 - (x * x + y * y + z * z);
  const slack = QUATERNION_SLACK[version];
  if (w2 <= -slack) throw new RangeError("its qform is not a rotation (quaternion longer than 1)");
  const w = Math.abs(w2) < slack ? 0 : Math.sqrt(w2);
  const s = 2 / (w * w + x * x + y * y + z * z);
  const [dx, dy, dz] = zooms(parsed) as [number, number, number];
  const dzSigned = parsed.pixDims[0] === -1 ? -dz : dz;
  return [
    [
      (1 - s * (y * y + z * z)) * dx,
      s * (x * y - w * z) * dy,
      s * (x * z + w * y) * dzSigned,
      parsed.qoffset_x,
    ],
    [
      s * (x * y + w * z) * dx,
      (1 - s * (x * x + z * z)) * dy,
      s * (y * z - w * x) * dzSigned,
      parsed.qoffset_y,
    ],
    [
      s * (x * z - w * y) * dx,
      s * (y * z + w * x) * dy,
      (1 - s * (x * x + y * y)) * dzSigned,
      parsed.qoffset_z,
    ],
    [0, 0, 0, 1],
  ];
}

/** No transform at all: the voxel sizes, x to the left, the volume's centre at the origin. */
function baseAffine(parsed: NIFTI1 | NIFTI2, dims: readonly number[]): number[][] {
  const sizes = zooms(parsed).map((size, axis) => axis < dims[0]! ? size : 1);
  sizes[0]! *= -1;
  return [0, 1, 2].map((row) => {
    const count = row < dims[0]! ? dims[row + 1]! : 1;
    const line = [0, 0, 0, -(count - 1) / 2 * sizes[row]!];
    line[row] = sizes[row]!;
    return line;
  }).concat([[0, 0, 0, 1]]);
}
