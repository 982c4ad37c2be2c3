import { InputError } from "../support/errors.ts";
import type { ByteReader } from "./byte_reader.ts";
import { swapBytes } from "./datatypes.ts";
import type { HeaderInfo } from "./nifti_header.ts";
import type { Voxels } from "./types.ts";

/** Some writers pad files; more bytes than this are not padding. */
const PADDING = 65536;
/** Voxels converted at once, so that a volume is never held twice. */
const BLOCK = 65536;

type ArrayType<T> = new (length: number) => T;

/** Reads the voxels of an image, scaled, as float32. */
export async function readImageVoxels(
  reader: ByteReader,
  info: HeaderInfo,
  path: string,
): Promise<Float32Array> {
  return await readVoxels(reader, info, path, Float32Array);
}

/** Reads the voxels of a label, without rounding. */
export async function readLabelVoxels(
  reader: ByteReader,
  info: HeaderInfo,
  path: string,
): Promise<Voxels> {
  const { array, name } = info.datatype;
  const is64 = array === BigInt64Array || array === BigUint64Array;
  if (isPlain(info) && !is64) {
    return await readVoxels(reader, info, path, array as ArrayType<Voxels>);
  }
  const data = await readVoxels(reader, info, path, Float64Array);
  const beyond = is64 ? data.find((value) => Math.abs(value) > Number.MAX_SAFE_INTEGER) : undefined;
  if (beyond === undefined) return data;
  throw new InputError(
    `Cannot read volume: labels of about ${beyond} (${name}) cannot be told apart`,
    { code: "bad-nifti", path, hint: "Renumber the labels; values up to 2^53 are exact" },
  );
}

/** The error for a file that is shorter than its header announces. */
export function tooShort({ datatype, shape }: HeaderInfo, path: string, held: string): InputError {
  const length = shape.reduce((a, b) => a * b) * datatype.bytes;
  return new InputError(
    `Cannot read volume: the header announces ${shape.join("×")} voxels of ${datatype.name} ` +
      `(${length} bytes), ${held}`,
    { code: "bad-nifti", path, hint: "Copy or download the file again" },
  );
}

const isPlain = ({ slope, inter }: HeaderInfo) => slope === 1 && inter === 0;

async function readVoxels<T extends Voxels>(
  reader: ByteReader,
  info: HeaderInfo,
  path: string,
  type: ArrayType<T>,
): Promise<T> {
  const { datatype, shape, offset, header, slope, inter } = info;
  const voxels = shape.reduce((a, b) => a * b);
  const plain = isPlain(info);
  const data = allocate(type, voxels, path);
  const asStored = plain && datatype.array as unknown === type;
  const block = asStored ? data : new datatype.array(Math.min(voxels, BLOCK));
  const gap = offset - header.bytes.length;
  if (await reader.skip(gap) < gap) throw tooShort(info, path, "the file holds 0");
  for (let at = 0; at < voxels; at += block.length) {
    const count = Math.min(block.length, voxels - at);
    const bytes = new Uint8Array(block.buffer, 0, count * datatype.bytes);
    const held = await reader.readInto(bytes);
    if (held < bytes.length) {
      throw tooShort(info, path, `the file holds ${at * datatype.bytes + held}`);
    }
    // All machines that Deno runs on are little-endian.
    if (!header.littleEndian) swapBytes(bytes, datatype.bytes);
    if (asStored) break;
    for (let i = 0; i < count; i++) {
      const value = Number(block[i]);
      data[at + i] = plain ? value : value * slope + inter;
    }
  }
  // Reading to the end of a gzip stream also verifies its checksum.
  if (reader.compressed && await reader.skip(PADDING + 1) > PADDING) {
    const length = voxels * datatype.bytes;
    throw new InputError(
      `Cannot read volume: it inflates to more than the ${length} bytes that its header announces`,
      { code: "bad-nifti", path },
    );
  }
  return data;
}

function allocate<T extends Voxels>(type: ArrayType<T>, voxels: number, path: string): T {
  try {
    return new type(voxels);
  } catch (error) {
    throw new InputError(
      `Cannot read volume: its ${(voxels / 1e6).toFixed(0)} million voxels do not fit into memory`,
      { code: "bad-nifti", path, cause: error },
    );
  }
}
