/**
 * Pictures of every kind that PNG knows: grey, colours, palettes, opacity, all depths.
 *
 * @module
 */

import fc from "fast-check";
import { deflateSync } from "node:zlib";
import { type Bytes, damagedBytes } from "./damage.ts";
import { type Chunk, head, joinChunks } from "./png_chunks.ts";

/** Channels of each colour type. */
const CHANNELS: Record<number, number> = { 0: 1, 2: 3, 3: 1, 4: 2, 6: 4 };

const kinds = fc.constantFrom(
  ...[1, 2, 4, 8, 16].map((depth) => [0, depth]),
  ...[8, 16].flatMap((depth) => [[2, depth], [4, depth], [6, depth]]),
  ...[1, 2, 4, 8].map((depth) => [3, depth]),
);

/** A byte of the pixels, by its place: masks, pictures, and one value everywhere. */
const bytesOf = fc.constantFrom<(i: number) => number>(
  (i) => i % 3 === 0 ? 255 : 0,
  (i) => i % 4,
  (i) => i * 37,
  (i) => i % 4 === 3 ? 255 : i % 3,
  (i) => i % 4 === 3 ? i * 50 : 9,
  (i) => i % 7 < 3 ? 255 : i % 5 === 0 ? 128 : 0,
  () => 0,
  () => 255,
);

const picture = fc.record({
  kind: kinds,
  size: fc.constantFrom([8, 8], [8, 8], [8, 8], [6, 9], [1, 8], [3, 3], [40, 4]),
  byte: bytesOf,
  colours: fc.constantFrom(0, 1, 2, 4, 16, 256),
  clear: fc.constantFrom<number[] | null>(null, null, [], [0], [255, 0], [0, 1, 0, 2, 0, 3]),
  interlaced: fc.constantFrom(0, 0, 0, 0, 1),
}).map(({ kind: [colour, depth], size: [height, width], byte, colours, clear, interlaced }) => {
  const row = Math.ceil(CHANNELS[colour!]! * depth! * width! / 8);
  const pixels = new Uint8Array((row + 1) * height!);
  for (let y = 0; y < height!; y++) {
    for (let x = 0; x < row; x++) pixels[y * (row + 1) + 1 + x] = byte(y * row + x);
  }
  const palette = Uint8Array.from({ length: 3 * colours }, (_, i) => i * 85);
  const chunks: Chunk[] = [
    head(height!, width!, depth!, colour!, 0, 0, interlaced),
    ...(colours > 0 ? [{ type: "PLTE", data: palette }] : []),
    ...(clear === null ? [] : [{ type: "tRNS", data: Uint8Array.from(clear) }]),
    { type: "IDAT", data: deflateSync(pixels) },
    { type: "IEND", data: new Uint8Array(0) },
  ];
  return joinChunks(chunks);
});

/** Small pictures of odd kinds, and some of them damaged. */
export const pictureInputs: fc.Arbitrary<Bytes> = fc.oneof(
  { weight: 5, arbitrary: picture },
  { weight: 1, arbitrary: picture.chain(damagedBytes) },
);
