import assert from "node:assert/strict";
import { augmentBatch, type TrainingBatch } from "../../lib/training/augment.ts";

const UNIT = { isUnit: true, kind: "classes" } as const;

/** A batch of equal slices: a bright disc, right of and below the middle, that is the object. */
function discs(size: number, height: number, width: number): TrainingBatch {
  const labels = Float32Array.from({ length: size * height * width }, (_, i) => {
    const [y, x] = [Math.floor(i / width) % height, i % width];
    return Math.hypot(y - 0.6 * height, x - 0.6 * width) < 0.15 * height ? 1 : 0;
  });
  const images = labels.map((label) => 0.2 + 0.6 * label);
  return {
    ...{ images, labels, keep: null, size, height, width, channels: 1, classes: 1 },
    records: [],
  };
}

const sum = (values: Float32Array) => values.reduce((a, b) => a + b, 0);

Deno.test("the same seed varies slices the same way, another one another way", () => {
  const batch = discs(2, 40, 48);
  const before = batch.images.slice();
  const once = augmentBatch(batch, { ...UNIT, mirror: "rows", seed: [1, 2, 3] });
  assert.deepEqual(augmentBatch(batch, { ...UNIT, mirror: "rows", seed: [1, 2, 3] }), once);
  assert.notDeepEqual(augmentBatch(batch, { ...UNIT, mirror: "rows", seed: [1, 2, 4] }), once);
  assert.deepEqual(batch.images, before);
  const half = once.images.length / 2;
  assert.notDeepEqual(once.images.subarray(0, half), once.images.subarray(half));
});

Deno.test("image and label are varied alike, and stay images and labels", () => {
  const batch = discs(16, 40, 48);
  const { images, labels } = augmentBatch(batch, { ...UNIT, mirror: "columns", seed: [5] });
  let inside = 0, outside = 0;
  for (const [i, label] of labels.entries()) {
    assert(label === 0 || label === 1);
    assert(images[i]! >= 0 && images[i]! <= 1);
    if (label) inside += images[i]!;
    else outside += images[i]!;
  }
  const objects = sum(labels);
  assert(inside / objects > 2 * outside / (labels.length - objects));
  // Scaled by at most 12 % along each axis, the disc keeps its size more or less.
  assert(Math.abs(objects / sum(batch.labels) - 1) < 0.3);
});

Deno.test("slices are mirrored along the axis that is asked for, one in two", () => {
  const batch = discs(64, 40, 40);
  const cells = 40 * 40;
  for (const mirror of ["rows", "columns", "none"] as const) {
    const { labels } = augmentBatch(batch, { ...UNIT, mirror, seed: [7] });
    let [above, left] = [0, 0];
    for (let slice = 0; slice < batch.size; slice++) {
      let [y, x, count] = [0, 0, 0];
      for (let i = 0; i < cells; i++) {
        if (labels[slice * cells + i] !== 1) continue;
        y += Math.floor(i / 40);
        x += i % 40;
        count++;
      }
      if (y / count < 19.5) above++;
      if (x / count < 19.5) left++;
    }
    // The disc lies low and right by 10 % of the size; moves reach 6 %, turns little.
    const expected = { rows: [true, false], columns: [false, true], none: [false, false] }[mirror];
    assert.equal(above > 16, expected[0], `${mirror}: ${above} of 64 above`);
    assert.equal(left > 16, expected[1], `${mirror}: ${left} of 64 left`);
  }
});
