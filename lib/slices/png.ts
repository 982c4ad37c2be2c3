/**
 * Slices as PNG pictures.
 *
 * @module
 */

import { decode, type DecodedPng, encode } from "fast-png";
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
 * Reads the bytes of a PNG file as one slice.
 *
 * An "image" (the default) comes in grey from 0 to 1, the brightest that the file can hold;
 * colours by their luminance (Rec. 601, as Pillow's `convert("L")`). A "label" comes as the
 * numbers that are stored: grey values, places in the palette, or the largest of red, green and
 * blue. Opacity is ignored.
 *
 * @param bytes The whole file.
 * @throws {SyntaxError} If it is no PNG file, or a damaged one.
 */
export function decodePng(
  bytes: Uint8Array,
  options: { readonly kind?: "image" | "label" } = {},
): Slice {
  const { height, width, depth, interlaced } = readPngHeader(bytes);
  if (interlaced && depth < 8) {
    throw new SyntaxError("Cannot read png: interlaced with less than 8 bits is not supported");
  }
  let png: DecodedPng;
  try {
    png = decode(bytes, { checkCrc: true });
  } catch (cause) {
    throw new SyntaxError(`Cannot read png: ${(cause as Error).message}`, { cause });
  }
  const { channels, palette } = png;
  const stored = depth < 8 ? unpack(png.data, height, width, depth) : png.data;
  const isLabel = options.kind === "label";
  const brightest = isLabel ? 1 : palette === undefined ? 2 ** depth - 1 : 255;
  const grey = isLabel
    ? Math.max
    : (red: number, green: number, blue: number) => 0.299 * red + 0.587 * green + 0.114 * blue;

  const data = new Float32Array(height * width);
  for (let i = 0; i < data.length; i++) {
    const at = i * channels;
    let value = stored[at]!;
    if (palette !== undefined && !isLabel) {
      const colour = palette[value];
      if (colour === undefined) throw new SyntaxError(`Cannot read png: no colour ${value}`);
      value = grey(colour[0]!, colour[1]!, colour[2]!);
    } else if (channels >= 3) {
      value = grey(value, stored[at + 1]!, stored[at + 2]!);
    }
    data[i] = value / brightest;
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
