/**
 * A NIfTI header, parsed by nifti-reader-js and checked.
 *
 * The library is a plain parser. What it leaves open is settled here: dimensions beyond `dim[0]`,
 * 64-bit integers in big-endian files, offsets into the header, and the choice of the affine,
 * where it differs from nibabel. It sees the header alone, because its walk over extensions trusts
 * their sizes.
 *
 * @module
 */

import { NIFTI1, NIFTI2, readHeader } from "nifti-reader-js";
import { InputError } from "../support/errors.ts";
import { determinant, voxelSizes } from "./affine.ts";
import { type Datatype, DATATYPES, UNREADABLE } from "./datatypes.ts";
import type { Affine, NiftiHeader } from "./types.ts";

/** What reading a volume needs to know. */
export interface HeaderInfo {
  readonly header: NiftiHeader;
  readonly shape: readonly number[];
  readonly spacing: readonly [number, number, number];
  readonly affine: Affine;
  readonly datatype: Datatype;
  /** Where the voxels start, in bytes. */
  readonly offset: number;
  /** Value = stored · slope + inter. */
  readonly slope: number;
  readonly inter: number;
}

/** The most voxels of all channels, 4 GiB as float32: a few kilobytes of gzip can claim any number. */
const MOST_VOXELS = 2 ** 30;

/** How far the quaternion's squared length may pass 1, as nibabel has it: three float epsilons. */
const QUATERNION_SLACK = { 1: 3 * 2 ** -23, 2: 3 * 2 ** -52 };

/**
 * Which header starts with these bytes.
 *
 * @param start The first four bytes of the file, or more.
 * @returns Its version, byte order and size, or `undefined` where it is none.
 */
export function headerKind(
  start: Uint8Array,
): { version: 1 | 2; littleEndian: boolean; size: 348 | 540 } | undefined {
  if (start.length < 4) return undefined;
  const view = new DataView(start.buffer, start.byteOffset);
  for (const littleEndian of [true, false]) {
    const size = view.getInt32(0, littleEndian);
    if (size === 348) return { version: 1, littleEndian, size };
    if (size === 540) return { version: 2, littleEndian, size };
  }
  return undefined;
}

/**
 * Parses and checks a header.
 *
 * @param bytes The header's 348 or 540 bytes, in a buffer of their own.
 * @param path The file, for messages.
 * @throws {InputError} naming everything that is wrong with it.
 */
export function parseHeader(bytes: Uint8Array<ArrayBuffer>, path: string): HeaderInfo {
  const { version, littleEndian } = headerKind(bytes)!;
  const magicAt = version === 1 ? 344 : 4;
  const magic = String.fromCharCode(...bytes.subarray(magicAt, magicAt + 3));
  if (magic !== `n+${version}`) {
    const pair = magic === `ni${version}`;
    throw new InputError(
      `Cannot read volume: ${
        pair ? "it is half of a .hdr and .img pair" : "its header is not NIfTI's (wrong magic)"
      }`,
      { code: "bad-nifti", path, hint: "Convert it to one .nii or .nii.gz file" },
    );
  }
  const parsed = readHeader(bytes.buffer);
  const view = new DataView(bytes.buffer);
  const problems: string[] = [];
  const attempt = <T>(read: () => T): T | undefined => {
    try {
      return read();
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
      problems.push(error.message);
      return undefined;
    }
  };

  const dims = version === 1
    ? parsed.dims
    : parsed.dims.map((_, i) => Number(view.getBigInt64(16 + 8 * i, littleEndian)));
  const offset = version === 1
    ? Math.trunc(parsed.vox_offset)
    : Number(view.getBigInt64(168, littleEndian));
  const shape = attempt(() => readShape(dims));
  const datatype = attempt(() => readDatatype(parsed.datatypeCode));
  const scaling = attempt(() => readScaling(parsed));
  if (!(offset >= bytes.length + 4)) {
    problems.push(`the voxels cannot start at byte ${offset}, inside the header`);
  }
  const affine = attempt(() => readAffine(parsed, view, { version, littleEndian, dims }));
  if (problems.length > 0 || !shape || !datatype || !scaling || !affine) {
    throw new InputError(`Cannot read volume: ${problems.join("; ")}`, { code: "bad-nifti", path });
  }
  return {
    header: { version, littleEndian, bytes },
    shape,
    spacing: voxelSizes(affine),
    affine,
    datatype,
    offset,
    ...scaling,
  };
}

function readShape(dims: readonly number[]): number[] {
  const rank = dims[0]!;
  if (!(rank >= 1 && rank <= 7)) throw new RangeError(`it cannot have ${rank} dimensions`);
  const shape = dims.slice(1, rank + 1);
  if (shape.some((size) => size <= 0)) {
    throw new RangeError(`a size of ${shape.join("×")} has no voxels`);
  }
  while (shape.length > 3 && shape.at(-1) === 1) shape.pop();
  while (shape.length < 3) shape.push(1);
  const voxels = shape.reduce((a, b) => a * b);
  if (voxels > MOST_VOXELS) {
    throw new RangeError(`${shape.join("×")} voxels are more than ${MOST_VOXELS}`);
  }
  if (shape.length > 4) {
    throw new RangeError(`3 or 4 dimensions are known here, not ${shape.join("×")}`);
  }
  return shape;
}

function readDatatype(code: number): Datatype {
  const datatype = DATATYPES.get(code);
  if (datatype !== undefined) return datatype;
  throw new RangeError(
    `voxels of type ${UNREADABLE.get(code) ?? `code ${code}`} are not known here`,
  );
}

function readScaling(parsed: NIFTI1 | NIFTI2): { slope: number; inter: number } {
  const { scl_slope: slope, scl_inter: inter } = parsed;
  // As the standard says: a slope of 0 (and, in practice, NaN) means that nothing is scaled.
  if (slope === 0 || !Number.isFinite(slope)) return { slope: 1, inter: 0 };
  if (!Number.isFinite(inter)) throw new RangeError(`an scl_inter of ${inter} scales nothing`);
  return { slope, inter };
}

interface AffineSource {
  version: 1 | 2;
  littleEndian: boolean;
  dims: readonly number[];
}

/** nibabel's choice: sform if it has a code, else qform if it has one, else sizes and centre. */
function readAffine(parsed: NIFTI1 | NIFTI2, view: DataView, source: AffineSource): Affine {
  const kind = parsed.sform_code !== 0 ? "sform" : parsed.qform_code !== 0 ? "qform" : "pixdim";
  const affine = kind === "sform"
    ? sform(view, source)
    : kind === "qform"
    ? qform(parsed, source.version)
    : baseAffine(parsed, source.dims);
  if (!affine.flat().every(Number.isFinite)) {
    throw new RangeError(`its affine (from the ${kind}) has values that are not finite`);
  }
  const volume = Math.abs(determinant(affine));
  if (!(volume > 0 && volume < Infinity)) {
    throw new RangeError(`its affine (from the ${kind}) is singular`);
  }
  return affine;
}

function sform(view: DataView, { version, littleEndian }: AffineSource): number[][] {
  const row = (i: number) =>
    [0, 1, 2, 3].map((j) =>
      version === 1
        ? view.getFloat32(280 + 16 * i + 4 * j, littleEndian)
        : view.getFloat64(400 + 32 * i + 8 * j, littleEndian)
    );
  return [row(0), row(1), row(2), [0, 0, 0, 1]];
}

/** pixdim[1..3], mended as nibabel does: 0 to 1, negative to positive. */
function zooms(parsed: NIFTI1 | NIFTI2): number[] {
  return parsed.pixDims.slice(1, 4).map((size) => size === 0 ? 1 : Math.abs(size));
}

function qform(parsed: NIFTI1 | NIFTI2, version: 1 | 2): number[][] {
  const { quatern_b: x, quatern_c: y, quatern_d: z } = parsed;
  const w2 = 1 - (x * x + y * y + z * z);
  const slack = QUATERNION_SLACK[version];
  if (w2 <= -slack) throw new RangeError("its qform is no rotation (quaternion longer than 1)");
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
