import { crc32 } from "node:zlib";
import { type Bytes, encode } from "./damage.ts";

/** A part of a PNG file. */
export interface Chunk {
  type: string;
  data: Uint8Array;
}

/** The parts of a PNG file. */
export function chunksOf(png: Uint8Array): Chunk[] {
  const view = new DataView(png.buffer, png.byteOffset);
  const chunks: Chunk[] = [];
  for (let at = 8; at < png.length;) {
    const length = view.getUint32(at);
    const type = String.fromCharCode(...png.subarray(at + 4, at + 8));
    chunks.push({ type, data: png.slice(at + 8, at + 8 + length) });
    at += 12 + length;
  }
  return chunks;
}

/** A PNG file of chunks, with the checksums that they need. */
export function joinChunks(chunks: readonly Chunk[]): Bytes {
  const bytes = new Uint8Array(8 + chunks.reduce((sum, { data }) => sum + 12 + data.length, 0));
  bytes.set([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
  const view = new DataView(bytes.buffer);
  let at = 8;
  for (const { type, data } of chunks) {
    view.setUint32(at, data.length);
    bytes.set(encode(type), at + 4);
    bytes.set(data, at + 8);
    view.setUint32(at + 8 + data.length, crc32(bytes.subarray(at + 4, at + 8 + data.length)));
    at += 12 + data.length;
  }
  return bytes;
}

/** The head of a PNG file: its size, then depth, colours, compression, filter, interlacing. */
export function head(height: number, width: number, ...rest: readonly number[]): Chunk {
  const data = new Uint8Array(13);
  const view = new DataView(data.buffer);
  view.setUint32(0, width);
  view.setUint32(4, height);
  data.set(rest, 8);
  return { type: "IHDR", data };
}
