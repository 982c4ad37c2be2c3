/**
 * Reading a NIfTI file.
 *
 * @module
 */

import { InputError } from "../support/errors.ts";
import { ByteReader } from "./byte_reader.ts";
import { swapBytes } from "./datatypes.ts";
import { type HeaderInfo, headerKind, parseHeader } from "./nifti_header.ts";
import type { Volume } from "./types.ts";

/** Some writers pad; more than this after the voxels is not padding. */
const PADDING = 65536;

/**
 * Reads a NIfTI-1 or NIfTI-2 file, `.nii` or `.nii.gz`, of any numeric voxel type and either byte
 * order. The header is checked before the voxels are inflated, so a file that announces terabytes,
 * or inflates to more than it announces, is refused and not tried. Trailing dimensions of 1 are
 * dropped; a 2D image becomes a volume of one slice. NaN voxels are left as they are.
 *
 * @param path The file; gzip is told by the content.
 * @returns The volume, scaled, as float32.
 * @throws {InputError} where the file is missing, truncated or damaged, has a wrong magic, sizes
 * that are not positive, an affine that is not finite or singular, or voxels that are not one
 * number each (RGB, complex).
 */
export async function readVolume(path: string): Promise<Volume> {
  const reader = await ByteReader.open(path);
  try {
    const start = await reader.read(348);
    const kind = headerKind(start);
    if (kind === undefined) {
      throw new InputError("Cannot read volume: it does not start with a NIfTI header", {
        code: "bad-nifti",
        path,
        hint: "Volumes are .nii or .nii.gz files",
      });
    }
    const rest = await reader.read(kind.size - start.length);
    if (start.length + rest.length < kind.size) {
      throw new InputError("Cannot read volume: it ends inside its header", {
        code: "bad-nifti",
        path,
      });
    }
    const bytes = new Uint8Array(kind.size);
    bytes.set(start);
    bytes.set(rest, start.length);
    const info = parseHeader(bytes, path);
    const data = await readVoxels(reader, info, path);
    const { shape, spacing, affine, header } = info;
    return { data, shape, spacing, affine, header, path };
  } finally {
    await reader.close();
  }
}

async function readVoxels(
  reader: ByteReader,
  info: HeaderInfo,
  path: string,
): Promise<Float32Array> {
  const { datatype, shape, offset, header } = info;
  const length = shape.reduce((a, b) => a * b) * datatype.bytes;
  const short = (held: string) =>
    new InputError(
      `Cannot read volume: the header announces ${shape.join("×")} voxels of ${datatype.name} ` +
        `(${length} bytes), ${held}`,
      { code: "bad-nifti", path, hint: "Copy or download the file again" },
    );
  if (offset + length > reader.most) {
    throw short(`the file can hold ${Math.max(0, reader.most - offset)} at most`);
  }
  const gap = await reader.read(offset - header.bytes.length);
  const raw = await reader.read(length);
  if (gap.length < offset - header.bytes.length || raw.length < length) {
    throw short(`the file holds ${raw.length}`);
  }
  // Reads to the end of a gzip stream also for its checksum.
  if (reader.compressed && await reader.skip(PADDING) > PADDING) {
    throw new InputError(
      `Cannot read volume: it inflates to more than the ${length} bytes that its header announces`,
      { code: "bad-nifti", path },
    );
  }
  // All machines that Deno runs on are little-endian.
  if (!header.littleEndian) swapBytes(raw, datatype.bytes);
  return scale(datatype.view(raw.buffer), info);
}

function scale(
  values: ArrayLike<number> | BigInt64Array | BigUint64Array,
  { slope, inter }: HeaderInfo,
): Float32Array {
  const plain = slope === 1 && inter === 0;
  if (plain && values instanceof Float32Array) return values;
  const data = new Float32Array(values.length);
  for (let i = 0; i < data.length; i++) {
    const value = Number(values[i]);
    data[i] = plain ? value : value * slope + inter;
  }
  return data;
}
