import assert from "node:assert/strict";
import { createVolume } from "../../lib/volume/mod.ts";

const data = new Float32Array(24);
const spacing = [1, 2, 3] as const;

Deno.test("createVolume() takes its spacing and affine to float32, as they will be read", () => {
  const volume = createVolume({ data, shape: [2, 3, 4], spacing: [0.6, 0.6, 3.6] });
  assert.deepEqual(volume.spacing, [0.6, 0.6, 3.6].map(Math.fround));
  assert.deepEqual(volume.affine[2], [0, 0, Math.fround(3.6), 0]);
  assert.equal(volume.header.bytes.length, 348);
  const view = new DataView(volume.header.bytes.buffer);
  const dimensions = Array.from({ length: 8 }, (_, i) => view.getInt16(40 + 2 * i, true));
  assert.deepEqual(dimensions, [3, 2, 3, 4, 1, 1, 1, 1]);
});

Deno.test("createVolume() drops a single channel", () => {
  assert.deepEqual(createVolume({ data, shape: [2, 3, 4, 1], spacing }).shape, [2, 3, 4]);
});

Deno.test("createVolume() takes as many voxels along an axis as a header can count", () => {
  const line = (length: number) =>
    createVolume({ data: new Float32Array(length), shape: [1, length, 1], spacing });
  assert.deepEqual(line(32767).shape, [1, 32767, 1]);
  assert.throws(() => line(32768), /sizes are 1 to 32767, not 1×32768×1/);
});

Deno.test("createVolume() refuses what does not fit together", () => {
  const affine = [[1, 0, 0, 0], [0, 2, 0, 0], [0, 0, 3, 0], [0, 0, 0, 1]];
  assert.throws(() => createVolume({ data, shape: [2, 3, 5], spacing }), TypeError);
  assert.throws(() => createVolume({ data, shape: [24], spacing }), TypeError);
  assert.throws(() => createVolume({ data, shape: [2, 3, 4.5], spacing }), RangeError);
  assert.throws(() => createVolume({ data, shape: [2, 3, 4], spacing: [1, 0, 1] }), RangeError);
  assert.throws(
    () => createVolume({ data, shape: [2, 3, 4], spacing: [1, 1, 3], affine }),
    /columns are 1, 2, 3 long, the spacing is 1, 1, 3/,
  );
  assert.throws(
    () => createVolume({ data, shape: [2, 3, 4], spacing, affine: affine.slice(1) }),
    TypeError,
  );
  const flat = [affine[0]!, affine[0]!, affine[2]!, affine[3]!];
  assert.throws(() => createVolume({ data, shape: [2, 3, 4], spacing, affine: flat }), RangeError);
});
