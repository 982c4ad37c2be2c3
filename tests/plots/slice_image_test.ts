import assert from "node:assert/strict";
import { decode } from "fast-png";
import { MASK_COLOURS, parseColour } from "../../lib/plots/palette.ts";
import { orientForDisplay, quantile } from "../../lib/plots/raster.ts";
import {
  displayScale,
  imageToPng,
  overlayErrors,
  overlayMask,
  type RgbImage,
  sliceToRgb,
} from "../../lib/plots/slice_image.ts";
import { disc } from "./support.ts";

const pixel = (
  { data, width }: RgbImage,
  y: number,
  x: number,
) => [...data.subarray(3 * (y * width + x), 3 * (y * width + x) + 3)];

/** A cut whose rows and columns run as told, with one voxel (its last) set. */
function corner(axis: 0 | 1 | 2, orientation: string): [number, number] {
  const shown = orientForDisplay(
    { data: [0, 0, 0, 0, 0, 1], height: 2, width: 3 },
    { axis, orientation },
  );
  const at = [...shown.data].indexOf(1);
  return [Math.floor(at / shown.width), at % shown.width];
}

Deno.test("orientForDisplay puts anterior or superior up and the patient's right on the left", () => {
  // The last voxel lies where the two axes of the cut run to.
  assert.deepEqual(corner(2, "RAS"), [0, 0], "axial: right and anterior is upper left");
  assert.deepEqual(corner(2, "LPS"), [2, 1], "axial: left and posterior is lower right");
  assert.deepEqual(corner(2, "LAS"), [0, 1], "axial: left and anterior is upper right");
  assert.deepEqual(corner(1, "RAS"), [0, 0], "coronal: right and superior is upper left");
  assert.deepEqual(corner(0, "RAS"), [0, 0], "sagittal: anterior and superior is upper left");
  assert.deepEqual(corner(0, "RPI"), [2, 1], "sagittal: posterior and inferior is lower right");
  // An axial cut of a volume stored with A first: rows are vertical already.
  assert.deepEqual(corner(2, "ARS"), [0, 0]);
});

Deno.test("orientForDisplay keeps raw rasters and refuses what is no orientation", () => {
  const raster = { data: [1, 2, 3, 4, 5, 6], height: 2, width: 3 };
  assert.deepEqual([...orientForDisplay(raster, "raw").data], raster.data);
  assert.throws(() => orientForDisplay(raster, { orientation: "RAL" }), RangeError);
  assert.throws(() => orientForDisplay({ ...raster, width: 4 }), TypeError);
});

Deno.test("sliceToRgb leaves the hottest voxel out of the contrast, and NaN black", () => {
  const data = Float32Array.from({ length: 400 }, (_, i) => i < 200 ? 0 : 1);
  data[399] = 1000;
  data[0] = NaN;
  const image = sliceToRgb({ data, height: 20, width: 20 });
  assert.deepEqual(pixel(image, 0, 0), [0, 0, 0]);
  assert.deepEqual(pixel(image, 19, 0), [255, 255, 255]);
  assert.equal(quantile([3, 1, 2], 0.5), 2);
});

Deno.test("sliceToRgb scales by whole factors, smoothly or as squares", () => {
  const slice = { data: [0, 1], height: 1, width: 2 };
  const range = [0, 1] as const;
  const smooth = sliceToRgb(slice, { scale: 4, range });
  assert.deepEqual([smooth.width, smooth.height], [8, 4]);
  const row = Array.from({ length: 8 }, (_, x) => pixel(smooth, 0, x)[0]!);
  assert.deepEqual(row, [0, 0, 32, 96, 159, 223, 255, 255]); // eighths between the two centres
  const squares = sliceToRgb(slice, { scale: 4, range, smooth: false });
  assert.deepEqual(
    Array.from({ length: 8 }, (_, x) => pixel(squares, 0, x)[0]),
    [0, 0, 0, 0, 255, 255, 255, 255],
  );
  // Twice as tall, four times as wide: each row of that is as with a scale of four
  const flat = sliceToRgb(slice, { scale: [2, 4], range });
  assert.deepEqual([flat.width, flat.height], [8, 2]);
  for (const y of [0, 1]) {
    assert.deepEqual(Array.from({ length: 8 }, (_, x) => pixel(flat, y, x)[0]!), row);
  }
  assert.throws(() => sliceToRgb(slice, { scale: 1.5 }), RangeError);
});

Deno.test("overlayMask draws an outline of the mask only, or tints all of it", () => {
  const { mask, height, width } = disc(16, 20);
  const base = sliceToRgb({ data: new Float32Array(320), height, width }, { scale: [2, 4] });
  const colour = parseColour(MASK_COLOURS.truth);
  const raster = { data: mask, height, width };
  const outlined = overlayMask(base, raster, { colour: MASK_COLOURS.truth });
  const tinted = overlayMask(base, raster, {
    colour: MASK_COLOURS.truth,
    style: "tint",
    opacity: 1,
  });
  const area = mask.reduce((sum, m) => sum + m, 0) * 2 * 4;
  const count = ({ data }: RgbImage) =>
    Array.from({ length: data.length / 3 }, (_, i) => data[3 * i + 2])
      .filter((blue) => blue === colour[2]).length;
  assert.equal(count(tinted), area);
  assert.ok(count(outlined) > 0 && count(outlined) < area / 2);
  assert.deepEqual(pixel(outlined, 16, 40), [0, 0, 0], "the middle of the disc shows the image");
  assert.deepEqual(pixel(tinted, 16, 40), [...colour]);
  assert.throws(() => overlayMask(base, { data: mask, height: width, width: height }), RangeError);
});

Deno.test("overlayErrors colours what both, one and the other mask have", () => {
  const image = sliceToRgb({ data: [0, 0, 0, 0], height: 2, width: 2 });
  const shown = overlayErrors(image, {
    prediction: { data: [1, 1, 0, 0], height: 2, width: 2 },
    truth: { data: [1, 0, 1, 0], height: 2, width: 2 },
  }, { opacity: 1 });
  assert.deepEqual(pixel(shown, 0, 1), [...parseColour(MASK_COLOURS.falsePositive)]);
  assert.deepEqual(pixel(shown, 1, 0), [...parseColour(MASK_COLOURS.falseNegative)]);
  assert.deepEqual(pixel(shown, 1, 1), [0, 0, 0]);
  const [red, green, blue] = pixel(shown, 0, 0) as [number, number, number];
  assert.ok(green > red && green > blue, "agreement is green");
});

Deno.test("imageToPng keeps every pixel", () => {
  const image = sliceToRgb({ data: [0, 1, 2, 3, 4, 5], height: 2, width: 3 });
  const decoded = decode(imageToPng(image));
  assert.deepEqual([decoded.width, decoded.height, decoded.channels], [3, 2, 3]);
  assert.deepEqual([...decoded.data], [...image.data]);
});

Deno.test("displayScale keeps voxels square that differ by a rounding", () => {
  const slice = { data: new Float32Array(6400), height: 80, width: 80 };
  // 200 pixels for 80 voxels are 2.5 each
  for (const voxel of [[2.4, 2.4000001], [2.4000001, 2.4], [2.4, 2.4]] as const) {
    const [tall, wide] = displayScale(slice, { size: 200, voxel });
    assert.equal(tall, wide, `${voxel}`);
  }
  assert.deepEqual(displayScale(slice, { size: 200, voxel: [1, 3] }), [1, 3]);
});
