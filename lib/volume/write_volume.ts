import { gzipSync } from "fflate";
import { InputError } from "../support/errors.ts";
import { writeFileAtomic } from "../support/files.ts";
import { datatypeCode, swapBytes } from "./datatypes.ts";
import { unitSize } from "./header_space.ts";
import type { Volume, Voxels } from "./types.ts";

/** What to write. */
export interface WriteVolumeOptions {
  /** The values, x fastest; their type is the file's voxel type. */
  data: Voxels;
  /** The volume whose space (affine, spacing, units, version, byte order) the file gets. */
  like: Pick<Volume, "header" | "shape" | "spacing">;
  /**
   * [nx, ny, nz] or [nx, ny, nz, channels], over the same grid as `like`. Default: the whole shape
   * of `like` if the data fill it, else its first three.
   */
  shape?: readonly number[];
  /** The header's description, up to 79 bytes. Default: that of `like`. */
  description?: string;
}

/** The positions of the changed fields in the two versions of the header. */
const LAYOUT = {
  1: { datatype: 70, dim: 40, pixdim: 76, voxOffset: 108, slope: 112, calMax: 124, descrip: 148 },
  2: { datatype: 12, dim: 16, pixdim: 104, voxOffset: 168, slope: 176, calMax: 192, descrip: 240 },
};

/**
 * Writes a volume in the space of another one: its header and affine byte for byte (qform, sform,
 * units, voxel sizes, description), with the new values' type and no scaling. Fields that described
 * the other's values (display range, intent) and header extensions are dropped. The same values
 * give the same bytes on every machine; the file is written atomically.
 *
 * @param path The file, `.nii` or, gzipped, `.nii.gz`.
 * @throws {InputError} If the name ends in neither.
 * @throws {TypeError} If the data do not fill the shape.
 * @throws {RangeError} If the shape does not have the grid of `like`.
 */
export async function writeVolume(path: string, options: WriteVolumeOptions): Promise<void> {
  const compressed = path.endsWith(".nii.gz");
  if (!compressed && !path.endsWith(".nii")) {
    throw new InputError("Cannot write volume: the name must end in .nii or .nii.gz", {
      code: "cannot-write",
      path,
    });
  }
  const { data, like } = options;
  const shape = fittingShape(options);
  const header = makeHeader(options, shape);
  // Four zero bytes between header and voxels: no extensions.
  const bytes = new Uint8Array(header.length + 4 + data.byteLength);
  bytes.set(header);
  const voxels = bytes.subarray(header.length + 4);
  voxels.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
  if (!like.header.littleEndian) swapBytes(voxels, data.BYTES_PER_ELEMENT);
  await writeFileAtomic(path, compressed ? gzipSync(bytes, { level: 6, mtime: 0 }) : bytes);
}

function fittingShape({ data, like, shape }: WriteVolumeOptions): readonly number[] {
  const count = (sizes: readonly number[]) => sizes.reduce((a, b) => a * b);
  const grid = like.shape.slice(0, 3);
  const chosen = shape ?? (data.length === count(like.shape) ? like.shape : grid);
  const sameGrid = grid.every((size, axis) => chosen[axis] === size);
  if (!sameGrid || chosen.length > 4) {
    throw new RangeError(`A shape of ${chosen.join("×")} does not have the grid ${grid.join("×")}`);
  }
  if (data.length !== count(chosen)) {
    throw new TypeError(`${data.length} values do not fill a volume of ${chosen.join("×")}`);
  }
  return chosen;
}

function makeHeader(options: WriteVolumeOptions, shape: readonly number[]): Uint8Array {
  const { data, like, description } = options;
  const { version, littleEndian } = like.header;
  const bytes = like.header.bytes.slice();
  const view = new DataView(bytes.buffer);
  const at = LAYOUT[version];
  const real = version === 1
    ? (offset: number, i: number, value: number) =>
      view.setFloat32(offset + 4 * i, value, littleEndian)
    : (offset: number, i: number, value: number) =>
      view.setFloat64(offset + 8 * i, value, littleEndian);
  const whole = version === 1
    ? (offset: number, i: number, value: number) =>
      view.setInt16(offset + 2 * i, value, littleEndian)
    : (offset: number, i: number, value: number) =>
      view.setBigInt64(offset + 8 * i, BigInt(value), littleEndian);

  view.setInt16(at.datatype, datatypeCode(data), littleEndian);
  view.setInt16(at.datatype + 2, 8 * data.BYTES_PER_ELEMENT, littleEndian);
  // Voxel sizes are kept, except for dimensions that the other header did not have.
  const rank = version === 1
    ? view.getInt16(at.dim, littleEndian)
    : Number(view.getBigInt64(at.dim, littleEndian));
  const unit = unitSize(like.header);
  for (let i = Math.min(rank, 3) + 1; i < 8; i++) {
    real(at.pixdim, i, i <= 3 ? like.spacing[i - 1]! / unit : 1);
  }
  const dims = [shape.length, ...shape];
  for (let i = 0; i < 8; i++) whole(at.dim, i, dims[i] ?? 1);
  if (version === 1) real(at.voxOffset, 0, bytes.length + 4);
  else whole(at.voxOffset, 0, bytes.length + 4);
  real(at.slope, 0, 1);
  real(at.slope, 1, 0);
  real(at.calMax, 0, 0);
  real(at.calMax, 1, 0);
  clearIntent(view, version);
  if (description !== undefined) {
    const field = bytes.subarray(at.descrip, at.descrip + 80).fill(0);
    new TextEncoder().encodeInto(description, field.subarray(0, 79));
  }
  return bytes;
}

/** Intent code, its three parameters and its name. */
function clearIntent(view: DataView, version: 1 | 2): void {
  const ranges = version === 1 ? [[56, 70], [328, 344]] : [[80, 104], [504, 524]];
  for (const [from, to] of ranges) new Uint8Array(view.buffer).fill(0, from, to);
}
