/**
 * A NIfTI header, parsed by nifti-reader-js and checked.
 *
 * The library only parses. This adds what it does not handle: dimensions beyond `dim[0]`, 64-bit
 * integers in big-endian files, offsets into the header. It is given only the header, because it
 * trusts the sizes of extensions.
 *
 * @module
 */

import { NIFTI1, NIFTI2, readHeader } from "nifti-reader-js";
import { InputError } from "../support/errors.ts";
import { type Datatype, DATATYPES, UNREADABLE } from "./datatypes.ts";
import { type HeaderSpace, readSpace } from "./header_space.ts";
import type { NiftiHeader } from "./types.ts";

/** What is needed to read a volume's voxels. */
export interface HeaderInfo extends HeaderSpace {
  readonly header: NiftiHeader;
  readonly shape: readonly number[];
  readonly datatype: Datatype;
  /** Where the voxels start, in bytes. */
  readonly offset: number;
  /** Value = stored · slope + inter. */
  readonly slope: number;
  readonly inter: number;
}

/**
 * The most voxels in all channels, 4 GiB as float32: a few kilobytes of gzip can claim any number.
 */
const MOST_VOXELS = 2 ** 30;

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
 * @throws {InputError} Naming everything that is wrong with it.
 */
export function parseHeader(bytes: Uint8Array<ArrayBuffer>, path: string): HeaderInfo {
  const { version, littleEndian } = headerKind(bytes)!;
  const magicAt = version === 1 ? 344 : 4;
  const magic = String.fromCharCode(...bytes.subarray(magicAt, magicAt + 3));
  if (magic !== `n+${version}`) {
    const what = magic === `ni${version}`
      ? "it is one half of a .hdr and .img pair"
      : magic === "\0\0\0"
      ? "it is the header of an Analyze 7.5 pair, .hdr and .img"
      : "it is not a NIfTI header (wrong magic)";
    throw new InputError(`Cannot read volume: ${what}`, {
      code: "bad-nifti",
      path,
      hint: "Convert it to one .nii or .nii.gz file, for example with nibabel",
    });
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
  const header = { version, littleEndian, bytes };
  const space = attempt(() => readSpace(parsed, header, dims));
  if (problems.length > 0 || !shape || !datatype || !scaling || !space) {
    throw new InputError(`Cannot read volume: ${problems.join("; ")}`, { code: "bad-nifti", path });
  }
  return { header, shape, ...space, datatype, offset, ...scaling };
}

function readShape(dims: readonly number[]): number[] {
  const rank = dims[0]!;
  if (!(rank >= 1 && rank <= 7)) throw new RangeError(`it cannot have ${rank} dimensions`);
  const shape = dims.slice(1, rank + 1);
  if (shape.some((size) => size <= 0)) {
    throw new RangeError(`a size of ${shape.join("×")} has no voxels`);
  }
  // Channels may be the fifth dimension, after a time of 1, as ITK writes them
  shape.splice(3, Infinity, ...shape.slice(3).filter((size) => size > 1));
  while (shape.length < 3) shape.push(1);
  const voxels = shape.reduce((a, b) => a * b);
  if (voxels > MOST_VOXELS) {
    throw new RangeError(`${shape.join("×")} voxels are more than ${MOST_VOXELS}`);
  }
  if (shape.length > 4) {
    throw new RangeError(`volumes have 3 or 4 dimensions, not ${shape.join("×")}`);
  }
  return shape;
}

function readDatatype(code: number): Datatype {
  const datatype = DATATYPES.get(code);
  if (datatype !== undefined) return datatype;
  throw new RangeError(
    `voxels of type ${UNREADABLE.get(code) ?? `code ${code}`} are not supported`,
  );
}

function readScaling(parsed: NIFTI1 | NIFTI2): { slope: number; inter: number } {
  const { scl_slope: slope, scl_inter: inter } = parsed;
  // By the standard, a slope of 0 means no scaling; in practice so does NaN.
  if (slope === 0 || !Number.isFinite(slope)) return { slope: 1, inter: 0 };
  if (!Number.isFinite(inter)) {
    throw new RangeError(`an scl_inter of ${inter} is not a number to add`);
  }
  return { slope, inter };
}
