/**
 * Volumes of every kind that people have: whole files whose values and headers are odd.
 *
 * @module
 */

import fc from "fast-check";
import { DATATYPES } from "../../lib/volume/datatypes.ts";
import { type Bytes, damagedBytes } from "./damage.ts";

const HEADER = 352;

/** Of the image and the label that an odd one stands beside. */
export const SHAPE = [8, 9, 5];

/** Values of a voxel, by its place: what images and labels hold, and what neither should. */
const values = fc.constantFrom<(i: number) => number>(
  (i) => i * 7 % 31,
  (i) => i % 3,
  (i) => i % 3,
  (i) => Number(i % 5 === 0),
  (i) => Number(Math.floor(i / 360) === i % 2), // one-hot over two volumes
  (i) => i % 2 * 255,
  (i) => i % 2 * 1.0039,
  (i) => i % 2 * 0.999999,
  (i) => (i % 11) / 10, // probabilities
  (i) => -(i % 4),
  (i) => i % 2 === 0 ? NaN : i,
  (i) => i % 7 === 0 ? Infinity : i,
  (i) => i % 2 === 0 ? -3.4028235e38 : i % 50,
  (i) => (i % 31) * 1e-11,
  (i) => i === 9 ? 1e30 : i % 31,
  () => 7,
  (i) => i % 2 * 526157192 + i % 3 * 4,
  (i) => i % 2 * (2 ** 31 + 5),
  (i) => i % 2 * (2 ** 30 + 0xff0000),
  (i) => i, // as many labels as voxels
);

/** Mostly what is sound: of many odd things at once only the first is looked at. */
function mostly<T>(sound: T, ...odd: T[]): fc.Arbitrary<T> {
  return fc.oneof({ weight: 6, arbitrary: fc.constant(sound) }, {
    weight: 1,
    arbitrary: fc.constantFrom(...odd),
  });
}

const SIZES = [1.5, 0.9, 0.909, 1e-3, 500, 0, -1, NaN, 1e30];

const volume = fc.record({
  shape: mostly(
    SHAPE,
    ...[1, 2, 3].map((count) => [...SHAPE, count]),
    ...[[9, 8, 5], [5, 8, 9], [1, 8, 9], [8, 9, 1], [...SHAPE, 1, 2]],
  ),
  type: fc.constantFrom(2, 2, 4, 8, 16, 16, 64, 768, 1024),
  value: values,
  forms: mostly([0, 1], [1, 0], [0, 0], [1, 1], [2, 4], [9, -1]),
  affine: mostly(
    [1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 2, 0],
    [-1, 0, 0, 7, 0, -1, 0, 8, 0, 0, 2, 0], // the same space, flipped
    [0, 0, 2, 0, 1, 0, 0, 0, 0, 1, 0, 0], // permuted
    [0.9, 0.1, 0, 3, -0.1, 0.9, 0.1, 4, 0, -0.1, 2, 5], // oblique
    [1.01, 0, 0, 0, 0, 1, 0, 0, 0, 0, 2, 0],
    Array<number>(12).fill(0),
    Array<number>(12).fill(NaN),
  ),
  quaternion: mostly([0, 0, 0, 0, 0, 0], [1, 0, 0, 5, 4, 0], [2, 1, 0, 0, 0, 0], [
    NaN,
    0,
    0,
    0,
    0,
    0,
  ]),
  sizes: fc.tuple(mostly(1, ...SIZES), mostly(1, ...SIZES), mostly(2, ...SIZES), mostly(1, 0, -1)),
  units: mostly(2, 0, 1, 3, 10, 18, 255),
  scale: mostly([1, 0], [0, 0], [0.5, -3], [NaN, 0], [1e38, 1e38]),
}).map(({ shape, type, value, forms, affine, quaternion, sizes, units, scale }): Bytes => {
  const { bytes: width, array } = DATATYPES.get(type)!;
  const count = shape.reduce((a, b) => a * b, 1);
  const voxels = new array(count);
  const isBig = voxels instanceof BigInt64Array;
  const bytes = new Uint8Array(HEADER + count * width);
  const view = new DataView(bytes.buffer);
  const floats = (at: number, values: readonly number[]) =>
    values.forEach((one, i) => view.setFloat32(at + 4 * i, one, true));
  view.setInt32(0, 348, true);
  [shape.length, ...shape, 1, 1, 1].slice(0, 8)
    .forEach((one, i) => view.setInt16(40 + 2 * i, one, true));
  view.setInt16(70, type, true);
  view.setInt16(72, 8 * width, true);
  floats(76, [1, ...sizes]);
  floats(108, [HEADER, ...scale]);
  view.setUint8(123, units);
  view.setInt16(252, forms[0]!, true);
  view.setInt16(254, forms[1]!, true);
  floats(256, quaternion);
  floats(280, affine);
  bytes.set([0x6e, 0x2b, 0x31, 0], 344);
  for (let i = 0; i < count; i++) {
    voxels[i] = isBig ? BigInt(Math.trunc(Number.isFinite(value(i)) ? value(i) : 0)) : value(i);
  }
  bytes.set(new Uint8Array(voxels.buffer), HEADER); // little-endian, as all machines of Deno's
  return bytes;
});

/** Small volumes of odd kinds, and some of them damaged. */
export const volumeInputs: fc.Arbitrary<Bytes> = fc.oneof(
  { weight: 5, arbitrary: volume },
  { weight: 1, arbitrary: volume.chain(damagedBytes) },
);
