import assert from "node:assert/strict";
import { createVolume, volumeSlice } from "../../lib/volume/mod.ts";

const SHAPE = [2, 3, 4, 2] as const;
/** The value says where it is: x + 10 y + 100 z + 1000 channel. */
const data = Float32Array.from(
  { length: 48 },
  (_, i) =>
    i % 2 + 10 * (Math.floor(i / 2) % 3) + 100 * (Math.floor(i / 6) % 4) +
    1000 * Math.floor(i / 24),
);
const volume = createVolume({ data, shape: SHAPE, spacing: [1, 1, 1] });

Deno.test("volumeSlice() keeps the order of the two axes that are left, as numpy does", () => {
  for (const axis of [0, 1, 2] as const) {
    for (let index = 0; index < SHAPE[axis]; index++) {
      for (const channel of [0, 1]) {
        const slice = volumeSlice(volume, { axis, index, channel });
        const [rows, columns] = [0, 1, 2].filter((other) => other !== axis) as [number, number];
        assert.deepEqual([slice.height, slice.width], [SHAPE[rows], SHAPE[columns]]);
        slice.data.forEach((value, at) => {
          const place = [0, 0, 0];
          place[axis] = index;
          place[rows] = Math.floor(at / slice.width);
          place[columns] = at % slice.width;
          const [x, y, z] = place as [number, number, number];
          assert.equal(value, x + 10 * y + 100 * z + 1000 * channel);
        });
      }
    }
  }
});

Deno.test("volumeSlice() takes the first channel where none is named, and copies", () => {
  const slice = volumeSlice(volume, { axis: 2, index: 1 });
  assert.equal(slice.data[0], 100);
  slice.data[0] = -1;
  assert.equal(volume.data[6], 100);
});

Deno.test("volumeSlice() refuses slices, channels and axes that are not there", () => {
  assert.throws(() => volumeSlice(volume, { axis: 2, index: 4 }), /axis 2 4 is not in 0 to 3/);
  assert.throws(() => volumeSlice(volume, { axis: 0, index: -1 }), RangeError);
  assert.throws(() => volumeSlice(volume, { axis: 1, index: 0.5 }), RangeError);
  assert.throws(() => volumeSlice(volume, { axis: 0, index: 0, channel: 2 }), RangeError);
  assert.throws(() => volumeSlice(volume, { axis: 3 as 2, index: 0 }), RangeError);
});
