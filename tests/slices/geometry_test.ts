import fc from "fast-check";
import assert from "node:assert/strict";
import {
  commonSize,
  labelToModelGrid,
  type ModelGrid,
  sliceGeometry,
  toModelGrid,
  toOriginalGrid,
} from "../../lib/slices/mod.ts";
import { scaledSize, wholePlane } from "../../lib/slices/geometry.ts";
import { resizeBilinear, resizeNearest } from "../../lib/slices/resize.ts";

const side = fc.integer({ min: 1, max: 21 });
const gridSide = fc.integer({ min: 1, max: 6 }).map((n) => 4 * n);

function numbered(height: number, width: number) {
  const data = Float32Array.from({ length: height * width }, (_, i) => i + 1);
  return { data, height, width, channels: 1 };
}

const PAD: ModelGrid = { size: "pad", fit: "resize", spacing: "stored", smallest: [4, 4] };

function geometryOf(height: number, width: number, grid: Partial<ModelGrid> = {}) {
  const extent = { height, width, crop: wholePlane(height, width), spacing: null };
  return sliceGeometry(extent, { ...PAD, ...grid });
}

Deno.test("a padded slice comes back as it was, around a frame of zeros", () => {
  fc.assert(fc.property(side, side, (height, width) => {
    const slice = numbered(height, width);
    const geometry = geometryOf(height, width);
    const grid = toModelGrid(slice, geometry);
    assert.ok(grid.height % 4 === 0 && grid.height >= height && grid.height < height + 4);
    assert.ok(grid.width % 4 === 0 && grid.width >= width && grid.width < width + 4);
    assert.deepEqual(toOriginalGrid(grid.data, geometry, 0), slice.data);
    const sum = (data: Float32Array) => data.reduce((a, b) => a + b, 0);
    assert.equal(sum(grid.data), sum(slice.data));
  }));
});

Deno.test("a cropped slice comes back where the grid has seen it", () => {
  fc.assert(fc.property(side, side, gridSide, gridSide, (height, width, gridHeight, gridWidth) => {
    const slice = numbered(height, width);
    const geometry = geometryOf(height, width, {
      size: [gridHeight, gridWidth],
      fit: "pad-or-crop",
    });
    const grid = toModelGrid(slice, geometry);
    assert.deepEqual([grid.height, grid.width], [gridHeight, gridWidth]);
    const back = toOriginalGrid(grid.data, geometry, -1);
    assert.equal(back.length, height * width);
    let seen = 0;
    for (let i = 0; i < slice.data.length; i++) {
      if (back[i] === slice.data[i]) seen++;
      else assert.equal(back[i], -1);
    }
    assert.equal(seen, Math.min(height, gridHeight) * Math.min(width, gridWidth));
  }));
});

Deno.test("padding and cropping are around the centre", () => {
  assert.deepEqual(geometryOf(5, 11, { size: [8, 8], fit: "pad-or-crop" }), {
    original: [5, 11],
    crop: { top: 0, left: 0, height: 5, width: 11 },
    scaled: [5, 11],
    size: [8, 8],
    fit: "pad-or-crop",
    offset: [1, -2],
  });
});

Deno.test("a resized flat slice comes back, and labels stay labels", () => {
  fc.assert(fc.property(side, side, gridSide, gridSide, (height, width, gridHeight, gridWidth) => {
    const geometry = geometryOf(height, width, { size: [gridHeight, gridWidth] });
    const data = new Float32Array(height * width).fill(0.75);
    const grid = toModelGrid({ data, height, width, channels: 1 }, geometry);
    assert.deepEqual([grid.height, grid.width], [gridHeight, gridWidth]);
    const back = toOriginalGrid(grid.data, geometry, 0);
    assert.equal(back.length, height * width);
    for (const value of back) assert.ok(Math.abs(value - 0.75) < 1e-6);

    const codes = Uint8Array.from(data, (_, i) => i % 2);
    const resized = labelToModelGrid({ data: codes, height, width }, geometry);
    for (const value of resized.data) assert.ok(value === 0 || value === 1);
  }));
});

Deno.test("resizing keeps a gradient where it is", () => {
  const ramp = { data: Float32Array.from({ length: 32 }, (_, i) => i + 0.5), height: 1, width: 32 };
  const small = resizeBilinear(ramp, [1, 8]);
  for (let i = 1; i < 7; i++) assert.ok(Math.abs(small.data[i]! - (i * 4 + 2)) < 1e-5);
  const large = resizeBilinear(ramp, [1, 64]);
  for (let i = 1; i < 63; i++) assert.ok(Math.abs(large.data[i]! - (i / 2 + 0.25)) < 1e-5);
});

Deno.test("shrinking passes over no pixel", () => {
  for (let hot = 0; hot < 32; hot++) {
    const data = new Float32Array(32);
    data[hot] = 1;
    const small = resizeBilinear({ data, height: 1, width: 32 }, [1, 4]);
    assert.ok(small.data.some((value) => value > 0.01), `pixel ${hot}`);
  }
});

Deno.test("the common size holds all slices", () => {
  assert.deepEqual(commonSize([]), [4, 4]);
  assert.deepEqual(commonSize([[320, 256], [256, 321]]), [320, 324]);
});

Deno.test("sizes and data that do not fit are wrong calls", () => {
  for (const size of [[6, 8], [0, 4], [4, -4], [4.5, 4]] as const) {
    assert.throws(() => geometryOf(4, 4, { size }), RangeError);
  }
  assert.throws(() => toOriginalGrid(new Float32Array(25), geometryOf(5, 5), 0), TypeError);
});

Deno.test("scaledSize() is the nearest whole number of pixels, and at least one", () => {
  const of = (height: number, width: number) =>
    scaledSize({ height, width, crop: wholePlane(height, width), spacing: [1, 0.5] }, [3, 1]);
  assert.deepEqual(of(8, 7), [3, 4]); // 2.67 and 3.5
  assert.deepEqual(of(7, 5), [2, 3]); // 2.33 and 2.5
  assert.deepEqual(of(1, 1), [1, 1]);
});

Deno.test("sliceGeometry() cuts to the crop, brings to the spacing, then pads", () => {
  const extent = {
    height: 20,
    width: 30,
    crop: { top: 4, left: 6, height: 10, width: 12 },
    spacing: [1, 0.5] as const,
  };
  // 10 rows of 1 mm are 5 of 2 mm; 12 columns of 0.5 mm are 6 of 1 mm
  const geometry = sliceGeometry(extent, { ...PAD, spacing: [2, 1] });
  assert.deepEqual(geometry, {
    original: [20, 30],
    crop: extent.crop,
    scaled: [5, 6],
    size: [8, 8],
    fit: "pad-or-crop",
    offset: [1, 1],
  });
  const codes = new Uint8Array(20 * 30);
  for (let y = 4; y < 14; y++) codes.fill(1, y * 30 + 6, y * 30 + 18);
  const label = labelToModelGrid({ data: codes, height: 20, width: 30 }, geometry);
  assert.equal(label.data.reduce((a, b) => a + b), 5 * 6);
  const image = { data: Float32Array.from(codes), height: 20, width: 30, channels: 1 };
  const grid = toModelGrid(image, geometry);
  assert.deepEqual(grid.data, Float32Array.from(label.data));
  // Two planes come back each to its own place, and nothing lies outside of the crop
  const planes = new Float32Array(2 * 64);
  planes.set(grid.data, 64);
  const back = toOriginalGrid(planes, geometry, 0);
  assert.deepEqual(back.subarray(0, 600), new Float32Array(600));
  for (const [i, value] of back.subarray(600).entries()) {
    assert.ok(Math.abs(value - codes[i]!) < 1e-6, `pixel ${i}`);
  }
});

Deno.test("a ramp that was resampled to a coarser spacing comes back as a ramp", () => {
  const [height, width] = [16, 24];
  const data = Float32Array.from({ length: height * width }, (_, i) => i % width);
  const crop = wholePlane(height, width);
  const geometry = sliceGeometry({ height, width, crop, spacing: [1, 1] }, {
    ...PAD,
    spacing: [1, 2],
  });
  assert.deepEqual(geometry.scaled, [16, 12]);
  const grid = toModelGrid({ data, height, width, channels: 1 }, geometry);
  const back = toOriginalGrid(grid.data, geometry, 0);
  for (let x = 3; x < width - 3; x++) assert.ok(Math.abs(back[x]! - x) < 1e-5, `${x}: ${back[x]}`);
});

Deno.test("every channel is put on the grid by itself", () => {
  const data = new Float32Array(2 * 25).fill(1, 0, 25).fill(2, 25);
  const grid = toModelGrid({ data, height: 5, width: 5, channels: 2 }, geometryOf(5, 5));
  const sum = (from: number) => grid.data.subarray(from, from + 64).reduce((a, b) => a + b);
  assert.deepEqual([sum(0), sum(64)], [25, 50]);
});

Deno.test("resizeNearest() takes the pixel whose centre is nearest", () => {
  const plane = { data: Uint8Array.of(1, 2, 3, 4), height: 1, width: 4 };
  assert.deepEqual([...resizeNearest(plane, [1, 2]).data], [2, 4]);
  assert.deepEqual([...resizeNearest({ ...plane, height: 4, width: 1 }, [2, 1]).data], [2, 4]);
  assert.deepEqual([...resizeNearest(plane, [2, 8]).data.subarray(0, 8)], [1, 1, 2, 2, 3, 3, 4, 4]);
});
