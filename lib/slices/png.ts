/**
 * Slices as PNG pictures.
 *
 * @module
 */

import { convertIndexedToRgb, decode, encode } from "fast-png";
import type { Slice } from "../volume/types.ts";

/** No slice is larger than this on a side; a header that says so is damaged. */
const LARGEST = 16384;

/** What a PNG file says about itself before its pixels. */
export interface PngHeader {
  readonly height: number;
  readonly width: number;
  /** Bits a channel. */
  readonly depth: number;
  readonly interlaced: boolean;
}

/**
 * Reads the head of a PNG file.
 *
 * @param bytes The file, or its first 33 bytes.
 * @throws {SyntaxError} If it is no PNG file, or one of absurd size.
 */
export function readPngHeader(bytes: Uint8Array): PngHeader {
  const signature = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a];
  if (bytes.length < 33 || signature.some((byte, i) => bytes[i] !== byte)) {
    throw new SyntaxError("Cannot read png: not a PNG file");
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset);
  const width = view.getUint32(16);
  const height = view.getUint32(20);
  if (Math.max(width, height) > LARGEST || width === 0 || height === 0) {
    throw new SyntaxError(`Cannot read png: its header says ${height}×${width} pixels`);
  }
  return { height, width, depth: bytes[24]!, interlaced: bytes[28] !== 0 };
}

/**
 * Reads the bytes of a PNG file as one grey slice. Colours become grey by their luminance
 * (Rec. 601, as Pillow's `convert("L")`); opacity is ignored.
 *
 * @param bytes The whole file.
 * @returns Values in [0, 1], 1 being the brightest that the file can hold.
 * @throws {SyntaxError} If it is no PNG file, or a damaged one.
 */
export function decodePng(bytes: Uint8Array): Slice {
  const { height, width, depth, interlaced } = readPngHeader(bytes);
  if (interlaced && depth < 8) {
    throw new SyntaxError("Cannot read png: interlaced with less than 8 bits is not supported");
  }
  let values: ArrayLike<number>;
  let channels: number;
  let brightest = 2 ** depth - 1;
  try {
    const png = decode(bytes, { checkCrc: true });
    if (png.palette !== undefined) {
      values = convertIndexedToRgb(png);
      channels = png.palette[0]!.length;
      brightest = 255;
    } else {
      values = depth < 8 ? unpack(png.data, height, width, depth) : png.data;
      channels = png.channels;
    }
  } catch (cause) {
    throw new SyntaxError(`Cannot read png: ${(cause as Error).message}`, { cause });
  }
  const data = new Float32Array(height * width);
  for (let i = 0; i < data.length; i++) {
    const at = i * channels;
    data[i] = (channels < 3
      ? values[at]!
      : 0.299 * values[at]! + 0.587 * values[at + 1]! + 0.114 * values[at + 2]!) / brightest;
  }
  return { data, height, width };
}

/** Pixels of 1, 2 or 4 bits, packed from the left in rows of whole bytes. */
function unpack(packed: ArrayLike<number>, height: number, width: number, depth: number) {
  const row = Math.ceil((width * depth) / 8);
  const mask = 2 ** depth - 1;
  return Uint8Array.from({ length: height * width }, (_, i) => {
    const bit = (i % width) * depth;
    const byte = packed[Math.floor(i / width) * row + (bit >> 3)]!;
    return (byte >> (8 - depth - (bit & 7))) & mask;
  });
}

/**
 * Writes one slice as the bytes of a grey PNG file.
 *
 * @param slice Numbers in [0, 1] (anything beyond is cut), stored with 16 bits; or a mask as a
 * `Uint8Array`, stored with 8 bits, black for 0 and white for all else.
 */
export function encodePng(
  slice: {
    readonly data: Float32Array | Uint8Array;
    readonly height: number;
    readonly width: number;
  },
): Uint8Array<ArrayBuffer> {
  const { data, height, width } = slice;
  const mask = data instanceof Uint8Array;
  const pixels = mask
    ? data.map((value) => value > 0 ? 255 : 0)
    : Uint16Array.from(data, (value) => Math.round(Math.min(Math.max(value, 0), 1) * 65535));
  return encode({ data: pixels, height, width, channels: 1, depth: mask ? 8 : 16 }).slice();
}
