import assert from "node:assert/strict";
import type { SliceDataset } from "../../lib/slices/slice_dataset.ts";
import { resolveSliceSettings, type SliceSettings } from "../../lib/slices/slice_settings.ts";
import {
  augmentBatch,
  type TrainingBatch,
  variationOf,
  whyUnmirrored,
} from "../../lib/training/augment.ts";

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

Deno.test("augmentBatch() moves all channels and classes alike, and what is ignored with them", () => {
  const one = discs(4, 24, 32);
  const [{ images, labels }] = [one];
  const twice = (values: Float32Array, other: (value: number) => number) =>
    Float32Array.from({ length: 2 * values.length }, (_, i) => {
      const value = values[i >> 1]!;
      return i % 2 === 0 ? value : other(value);
    });
  const several: TrainingBatch = {
    ...one,
    ...{ channels: 2, classes: 2 },
    images: twice(images, (value) => 10 * value - 5),
    labels: twice(labels, () => 0),
    keep: labels.map((label) => 1 - label),
  };
  const options = { mirror: "rows", seed: [3] } as const;
  const alone = augmentBatch(one, { ...UNIT, ...options });
  const unit = augmentBatch(several, { ...UNIT, ...options });
  const even = (values: Float32Array) => values.filter((_, i) => i % 2 === 0);
  const odd = (values: Float32Array) => values.filter((_, i) => i % 2 === 1);
  // The first channel and class are to the bit what they are alone
  assert.deepEqual(even(unit.images), alone.images);
  assert.deepEqual(even(unit.labels), alone.labels);
  assert.equal(sum(odd(unit.labels)), 0);
  // What was ignored is the disc, so it lies where the disc lies now
  assert.deepEqual(unit.keep, alone.labels.map((label) => 1 - label));
  assert.equal(alone.keep, null);
  // Outside of 0..1 the power is taken within the slice's own range: nothing becomes NaN
  const { images: free } = augmentBatch(several, { ...UNIT, isUnit: false, ...options });
  assert.ok(free.every(Number.isFinite));
  assert.ok(Math.min(...odd(free)) >= -3 - 1e-5 && Math.max(...odd(free)) <= 3 + 1e-5);
});

Deno.test("augmentBatch() leaves no gap between classes that exclude each other", () => {
  const [height, width] = [32, 32];
  // Three classes side by side over the whole slice, as stripes
  const labels = new Float32Array(height * width * 3);
  for (let i = 0; i < height * width; i++) labels[i * 3 + Math.floor((i % width) / 4) % 3] = 1;
  const batch: TrainingBatch = {
    ...{ images: new Float32Array(height * width), labels, keep: null },
    ...{ size: 1, height, width, channels: 1, classes: 3, records: [] },
  };
  const of = (kind: "classes" | "regions") =>
    augmentBatch(batch, { mirror: "none", isUnit: true, kind, seed: [2] }).labels;
  const inside = (result: Float32Array) => {
    const counts: number[] = [];
    for (let y = 8; y < 24; y++) {
      for (let x = 8; x < 24; x++) {
        const at = (y * width + x) * 3;
        counts.push(sum(result.subarray(at, at + 3)));
      }
    }
    return counts;
  };
  assert.ok(inside(of("classes")).every((count) => count === 1));
  assert.ok(of("regions").every((value) => value === 0 || value === 1));
});

Deno.test("variationOf() mirrors left and right only, and knows which intensities lie in 0..1", () => {
  const of = (
    kind: "volume" | "pictures",
    settings: Partial<SliceSettings>,
    names: readonly string[] = [],
    isMirrored = true,
  ) => {
    const targets = { kind: "regions", classes: names.map((name) => ({ name })), ignore: [] };
    const resolved = { ...resolveSliceSettings(settings), targets };
    const dataset = { manifest: { kind, settings: resolved } } as unknown as SliceDataset;
    return variationOf(dataset, isMirrored);
  };
  assert.deepEqual(of("volume", {}), { mirror: "rows", isUnit: true, kind: "regions" });
  assert.equal(of("volume", { axis: "coronal" }).mirror, "rows");
  assert.equal(of("volume", { axis: 0 }).mirror, "none");
  assert.equal(of("volume", { axis: "sagittal" }).mirror, "none");
  assert.equal(of("pictures", { axis: 0 }).mirror, "columns");
  // As stored, an axis may run anywhere
  assert.equal(of("volume", { orientation: "stored" }).mirror, "none");
  assert.equal(of("volume", {}, [], false).mirror, "none");
  assert.equal(of("pictures", {}, [], false).mirror, "none");
  assert.equal(of("volume", { normalize: "percentile" }).isUnit, true);
  assert.equal(of("volume", { normalize: "zscore" }).isUnit, false);
  assert.equal(of("volume", { normalize: "ct" }).isUnit, false);
});

Deno.test("augmentBatch() moves a slice by up to a twentieth of its own height and width", () => {
  const [size, height, width] = [64, 20, 100];
  const labels = Float32Array.from({ length: size * height * width }, (_, i) => {
    const [y, x] = [Math.floor(i / width) % height, i % width];
    return Math.hypot(y - 9.5, x - 49.5) < 4 ? 1 : 0; // in the middle: turns do not move it
  });
  const batch: TrainingBatch = {
    ...{ images: labels.slice(), labels, keep: null },
    ...{ size, height, width, channels: 1, classes: 1, records: [] },
  };
  const moved = augmentBatch(batch, { ...UNIT, mirror: "none", seed: [4] }).labels;
  const [down, right]: [number[], number[]] = [[], []];
  for (let slice = 0; slice < size; slice++) {
    let [y, x, count] = [0, 0, 0];
    for (let i = 0; i < height * width; i++) {
      if (moved[slice * height * width + i] !== 1) continue;
      y += Math.floor(i / width) - 9.5;
      x += i % width - 49.5;
      count++;
    }
    down.push(Math.abs(y / count));
    right.push(Math.abs(x / count));
  }
  // A growing or shrinking slice carries its middle a little further than the twentieth
  assert.ok(Math.max(...down) < 1.3 && Math.max(...down) > 0.7, `${Math.max(...down)}`);
  assert.ok(Math.max(...right) < 6 && Math.max(...right) > 3.5, `${Math.max(...right)}`);
});

Deno.test("variationOf() does not mirror classes that have a side", () => {
  const of = (...names: string[]) => {
    const targets = { kind: "classes", classes: names.map((name) => ({ name })), ignore: [] };
    const settings = { ...resolveSliceSettings({}), targets };
    const dataset = { manifest: { kind: "volume", settings } } as unknown as SliceDataset;
    return variationOf(dataset, true).mirror;
  };
  for (const name of ["left", "RIGHT", "Left-Hippocampus", "lung_right", "KidneyLeft", "R ICA"]) {
    assert.equal(of("liver", name), "none", name);
  }
  assert.equal(of("liver", "upright", "cleft", "bright", "1", "rim", "lobe"), "rows");
});

Deno.test("whyUnmirrored() says why slices are not mirrored", () => {
  const of = (kind: "volume" | "pictures", given: Partial<SliceSettings>, ...names: string[]) => {
    const targets = { kind: "classes", classes: names.map((name) => ({ name })), ignore: [] };
    const settings = { ...resolveSliceSettings(given), targets };
    return whyUnmirrored({ kind, settings } as unknown as SliceDataset["manifest"]);
  };
  assert.equal(of("volume", {}, "liver"), null);
  assert.equal(of("pictures", { orientation: "stored", axis: 0 }, "liver"), null);
  assert.match(of("volume", { orientation: "stored" }, "liver")!, /kept as stored/);
  assert.match(of("volume", { axis: "sagittal" }, "liver")!, /sagittal/);
  assert.equal(of("pictures", {}, "a", "lung_l", "r"), "because of the side in lung_l, r");
});
