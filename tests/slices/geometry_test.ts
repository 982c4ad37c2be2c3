import fc from "fast-check";
import assert from "node:assert/strict";
import { commonSize, toModelGrid, toOriginalGrid } from "../../lib/slices/mod.ts";
import { resizeBilinear } from "../../lib/slices/resize.ts";

const side = fc.integer({ min: 1, max: 21 });
const gridSide = fc.integer({ min: 1, max: 6 }).map((n) => 4 * n);

function numbered(height: number, width: number) {
  const data = Float32Array.from({ length: height * width }, (_, i) => i + 1);
  return { data, height, width };
}

Deno.test("a padded slice comes back as it was, around a frame of zeros", () => {
  fc.assert(fc.property(side, side, (height, width) => {
    const slice = numbered(height, width);
    const { slice: grid, geometry } = toModelGrid(slice);
    assert.ok(grid.height % 4 === 0 && grid.height >= height && grid.height < height + 4);
    assert.ok(grid.width % 4 === 0 && grid.width >= width && grid.width < width + 4);
    assert.deepEqual(toOriginalGrid(grid.data, geometry), slice);
    const sum = (data: Float32Array) => data.reduce((a, b) => a + b, 0);
    assert.equal(sum(grid.data), sum(slice.data));
  }));
});

Deno.test("a cropped slice comes back where the grid has seen it", () => {
  fc.assert(fc.property(side, side, gridSide, gridSide, (height, width, gridHeight, gridWidth) => {
    const slice = numbered(height, width);
    const { slice: grid, geometry } = toModelGrid(slice, { size: [gridHeight, gridWidth] });
    assert.deepEqual([grid.height, grid.width], [gridHeight, gridWidth]);
    const back = toOriginalGrid(grid.data, geometry, { outside: -1 });
    assert.deepEqual([back.height, back.width], [height, width]);
    let seen = 0;
    for (let i = 0; i < slice.data.length; i++) {
      if (back.data[i] === slice.data[i]) seen++;
      else assert.equal(back.data[i], -1);
    }
    assert.equal(seen, Math.min(height, gridHeight) * Math.min(width, gridWidth));
  }));
});

Deno.test("padding and cropping are around the centre", () => {
  assert.deepEqual(toModelGrid(numbered(5, 11), { size: [8, 8] }).geometry, {
    original: [5, 11],
    size: [8, 8],
    fit: "pad-or-crop",
    offset: [1, -2],
  });
});

Deno.test("a resized flat slice comes back, and labels stay labels", () => {
  fc.assert(fc.property(side, side, gridSide, gridSide, (height, width, gridHeight, gridWidth) => {
    const options = { size: [gridHeight, gridWidth], fit: "resize" } as const;
    const flat = { data: new Float32Array(height * width).fill(0.75), height, width };
    const { slice: grid, geometry } = toModelGrid(flat, options);
    const back = toOriginalGrid(grid.data, geometry);
    assert.deepEqual([back.height, back.width], [height, width]);
    for (const value of back.data) assert.ok(Math.abs(value - 0.75) < 1e-6);

    const label = numbered(height, width);
    label.data = label.data.map((value) => value % 2);
    const resized = toModelGrid(label, { ...options, kind: "label" }).slice;
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
    assert.throws(() => toModelGrid(numbered(4, 4), { size }), RangeError);
  }
  const { geometry } = toModelGrid(numbered(5, 5));
  assert.throws(() => toOriginalGrid(new Float32Array(25), geometry), TypeError);
});
