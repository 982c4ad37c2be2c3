import { decode, type DecodedPng, encode } from "fast-png";
import { inflateSync } from "node:zlib";
import type { ImageSlice } from "./types.ts";

/** The largest side and number of pixels; a header with more is damaged. */
const LARGEST = 16384;
const MOST_PIXELS = 2 ** 25;

/** The channels of each colour type, and the bits that a channel of it can have. */
const COLOURS = new Map([
  [0, { channels: 1, depths: [1, 2, 4, 8, 16] }],
  [2, { channels: 3, depths: [8, 16] }],
  [3, { channels: 1, depths: [1, 2, 4, 8] }],
  [4, { channels: 2, depths: [8, 16] }],
  [6, { channels: 4, depths: [8, 16] }],
]);
const PALETTE = 3;

/** The header of a PNG file. */
export interface PngHeader {
  readonly height: number;
  readonly width: number;
  /** Bits per channel. */
  readonly depth: number;
  readonly interlaced: boolean;
  /** Whether pixels are palette indices. */
  readonly indexed: boolean;
  /** Whether it can hold colours. */
  readonly isColour: boolean;
  /** The size of its uncompressed pixels, with one byte per row for the filter. */
  readonly bytes: number;
}

/**
 * Reads the header of a PNG file.
 *
 * @param bytes The file, or its first 33 bytes.
 * @throws {SyntaxError} If it is not a PNG file, or implausibly large.
 */
export function readPngHeader(bytes: Uint8Array): PngHeader {
  const signature = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a];
  if (bytes.length < 33 || signature.some((byte, i) => bytes[i] !== byte)) {
    throw new SyntaxError("Cannot read png: not a PNG file");
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset);
  const width = view.getUint32(16);
  const height = view.getUint32(20);
  if (
    Math.max(width, height) > LARGEST || width * height > MOST_PIXELS || width === 0 || height === 0
  ) {
    throw new SyntaxError(`Cannot read png: its header says ${height}×${width} pixels`);
  }
  const [depth, colour] = [bytes[24]!, bytes[25]!];
  const kind = COLOURS.get(colour);
  if (kind === undefined || !kind.depths.includes(depth)) {
    throw new SyntaxError(`Cannot read png: no colours of type ${colour} have ${depth} bits`);
  }
  const row = 1 + Math.ceil(width * depth * kind.channels / 8);
  return {
    height,
    width,
    depth,
    interlaced: bytes[28] !== 0,
    indexed: colour === PALETTE,
    isColour: (colour & 2) !== 0,
    bytes: row * height,
  };
}

/** The pixels of a PNG file as stored. */
export interface StoredPng extends PngHeader {
  /** Height × width × channels numbers; palette indices if it has a palette. */
  readonly stored: ArrayLike<number>;
  readonly channels: number;
  /** Red, green, blue and opacity of each index. */
  readonly palette: readonly (readonly number[])[] | null;
}

/**
 * Reads the bytes of a PNG file.
 *
 * @throws {SyntaxError} If it is not a PNG file, or damaged.
 */
export function readPng(bytes: Uint8Array): StoredPng {
  const header = readPngHeader(bytes);
  const { height, width, depth, interlaced } = header;
  if (interlaced && depth < 8) {
    throw new SyntaxError("Cannot read png: interlaced with less than 8 bits is not supported");
  }
  let png: DecodedPng;
  try {
    png = decode(pixelsOnly(bytes, header), { checkCrc: true });
  } catch (cause) {
    throw new SyntaxError(`Cannot read png: ${(cause as Error).message}`, { cause });
  }
  const stored = depth < 8 ? unpack(png.data, height, width, depth) : png.data;
  return { ...header, stored, channels: png.channels, palette: png.palette ?? null };
}

/** A picture. */
export interface Picture extends ImageSlice {
  /** Whether all its channels are the same. */
  readonly isGrey: boolean;
}

/**
 * Reads the bytes of a PNG file as one slice, from 0 to 1, the brightest value of the file's bit
 * depth. Colour files have three channels. Opacity is ignored.
 *
 * @throws {SyntaxError} If it is not a PNG file, or damaged.
 */
export function decodePng(bytes: Uint8Array): Picture {
  const { stored, channels: perPixel, palette, height, width, depth } = readPng(bytes);
  const pixels = height * width;
  const brightest = palette === null ? 2 ** depth - 1 : 255;
  const channels = palette !== null || perPixel >= 3 ? 3 : 1;
  const data = new Float32Array(channels * pixels);
  for (let i = 0; i < pixels; i++) {
    const at = i * perPixel;
    const colour = palette === null ? stored : palette[stored[at]!];
    if (colour === undefined) throw new SyntaxError(`Cannot read png: no colour ${stored[at]}`);
    const first = palette === null ? at : 0;
    for (let c = 0; c < channels; c++) data[c * pixels + i] = colour[first + c]! / brightest;
  }
  return { data, height, width, channels, isGrey: channelsAreEqual(data, pixels) };
}

/** The channels of a picture as one, if they are equal. */
export function toGrey({ data, height, width }: ImageSlice): ImageSlice {
  return { data: data.slice(0, height * width), height, width, channels: 1 };
}

function channelsAreEqual(data: Float32Array, pixels: number): boolean {
  for (let i = pixels; i < data.length; i++) if (data[i] !== data[i % pixels]) return false;
  return true;
}

/** In an interlaced picture, each row of each of the seven passes has a filter byte. */
const PASSES = 7;

/**
 * The file without chunks that are not needed: fast-png inflates colour profiles of any size, and
 * uses the last of two headers. The size of the inflated pixels is checked against the header
 * first.
 */
function pixelsOnly(bytes: Uint8Array, header: PngHeader): Uint8Array {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const wanted = header.indexed ? ["IHDR", "PLTE", "IDAT", "IEND"] : ["IHDR", "IDAT", "IEND"];
  const chunks: { type: string; at: number; end: number }[] = [];
  for (let at = 8, type = ""; type !== "IEND";) {
    if (at + 12 > bytes.length) throw new SyntaxError("the file ends early");
    const end = at + 12 + view.getUint32(at);
    type = String.fromCharCode(...bytes.subarray(at + 4, at + 8));
    if (end > bytes.length) throw new SyntaxError(`the file ends within its ${type}`);
    if ((type === "IHDR") !== (at === 8)) {
      throw new SyntaxError("it must have one header, at the start");
    }
    if (wanted.includes(type)) chunks.push({ type, at, end });
    at = end;
  }
  const compressed = chunks.filter(({ type }) => type === "IDAT")
    .map(({ at, end }) => bytes.subarray(at + 8, end - 4));
  const most = header.bytes + (header.interlaced ? PASSES * (header.height + header.width) : 0);
  const { length } = inflateSync(join(compressed), { maxOutputLength: most });
  if (length < header.bytes && !header.interlaced) {
    throw new SyntaxError(`its pixels take ${header.bytes} bytes, it holds ${length}`);
  }
  return join([bytes.subarray(0, 8), ...chunks.map(({ at, end }) => bytes.subarray(at, end))]);
}

function join(parts: readonly Uint8Array[]): Uint8Array {
  const all = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let start = 0;
  for (const part of parts) {
    all.set(part, start);
    start += part.length;
  }
  return all;
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
 * Writes one slice as the bytes of a grey PNG file, 16 bits: numbers in [0, 1]; others are clipped.
 */
export function encodePng(
  { data, height, width }: { data: Float32Array; height: number; width: number },
): Uint8Array<ArrayBuffer> {
  const pixels = Uint16Array.from(
    data,
    (value) => Math.round(Math.min(Math.max(value, 0), 1) * 65535),
  );
  return encode({ data: pixels, height, width, channels: 1, depth: 16 }).slice();
}
