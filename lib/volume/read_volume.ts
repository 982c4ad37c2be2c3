import { InputError } from "../support/errors.ts";
import { formatOfContent, formatOfName } from "../support/foreign_format.ts";
import { ByteReader } from "./byte_reader.ts";
import { type HeaderInfo, headerKind, parseHeader } from "./nifti_header.ts";
import { readImageVoxels, readLabelVoxels, tooShort } from "./read_voxels.ts";
import type { Volume, Voxels } from "./types.ts";

/**
 * Reads an image: a NIfTI-1 or NIfTI-2 file, `.nii` or `.nii.gz`, of any numeric voxel type and
 * either byte order. The header is checked before the voxels are inflated, so a file that announces
 * terabytes, or inflates to more than it announces, is refused. Dimensions of 1 after
 * the third are dropped; a 2D image becomes a volume of one slice. NaN voxels are left as they are.
 *
 * @returns The volume, scaled, as float32; see its warnings.
 * @throws {InputError} If the file is missing, truncated or damaged, of another format, has a
 * wrong magic, sizes that are not positive, an affine that is not finite or singular, or voxels that
 * are not one number each (RGB, complex).
 */
export async function readVolume(path: string): Promise<Volume> {
  return await read(path, readImageVoxels);
}

/**
 * Reads labels with exact values: ids above 2²⁴ stay distinct, which float32 could not hold.
 *
 * @returns The volume in the type of the file; float64 if it is scaled or holds 64-bit integers.
 * @throws {InputError} As {@linkcode readVolume} does, and where an integer is beyond 2⁵³.
 *
 * @example
 * ```ts
 * import { createVolume, readLabelVolume, writeVolume } from "./mod.ts";
 * import assert from "node:assert/strict";
 *
 * const path = await Deno.makeTempFile({ suffix: ".nii.gz" });
 * const like = createVolume({ data: new Float32Array(2), shape: [2, 1, 1], spacing: [1, 1, 1] });
 * await writeVolume(path, { data: Int32Array.of(526157192, 526157196), like });
 * assert.deepEqual((await readLabelVolume(path)).data, Int32Array.of(526157192, 526157196));
 * await Deno.remove(path);
 * ```
 */
export async function readLabelVolume(path: string): Promise<Volume<Voxels>> {
  return await read(path, readLabelVoxels);
}

/**
 * Reads only the header.
 *
 * @throws {InputError} As {@linkcode readVolume} does, except for problems with the voxels.
 */
export async function readVolumeHeader(path: string): Promise<HeaderInfo> {
  using reader = await ByteReader.open(path);
  return await readHeader(reader, path);
}

async function read<T extends Voxels>(
  path: string,
  readVoxels: (reader: ByteReader, info: HeaderInfo, path: string) => Promise<T>,
): Promise<Volume<T>> {
  using reader = await ByteReader.open(path);
  const info = await readHeader(reader, path);
  const data = await readVoxels(reader, info, path);
  const { shape, spacing, affine, orientation, header } = info;
  const warnings = [...info.warnings, ...reader.warnings];
  return { data, shape, spacing, affine, orientation, header, path, warnings };
}

async function readHeader(reader: ByteReader, path: string): Promise<HeaderInfo> {
  const start = await reader.read(348);
  const kind = headerKind(start);
  if (kind === undefined) {
    const other = formatOfContent(start) ?? formatOfName(path);
    throw new InputError(
      `Cannot read volume: it ${
        other ? `is ${other.format}` : "does not start with a NIfTI header"
      }`,
      { code: "bad-nifti", path, hint: other?.hint ?? "Volumes are .nii or .nii.gz files" },
    );
  }
  const bytes = new Uint8Array(kind.size);
  bytes.set(start);
  const rest = await reader.readInto(bytes.subarray(start.length));
  if (start.length + rest < kind.size) {
    throw new InputError("Cannot read volume: it ends inside its header", {
      code: "bad-nifti",
      path,
    });
  }
  const info = parseHeader(bytes, path);
  const { shape, datatype, offset } = info;
  if (offset + shape.reduce((a, b) => a * b) * datatype.bytes > reader.most) {
    throw tooShort(info, path, `the file can hold ${Math.max(0, reader.most - offset)} at most`);
  }
  return info;
}
