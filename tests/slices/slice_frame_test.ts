import assert from "node:assert/strict";
import { composed, slicingGrid } from "../../lib/slices/slice_frame.ts";
import { labelToModelGrid, sliceGeometry } from "../../lib/slices/geometry.ts";
import {
  canonicalReorientation,
  reorient,
  type Reorientation,
  reorientTriple,
} from "../../lib/volume/reorientation.ts";

/** Axes that run to superior, posterior and right, 2, 3 and 4 mm apart. */
const SPR = [[0, 0, 4, 0], [0, -3, 0, 0], [2, 0, 0, 0], [0, 0, 0, 1]];

Deno.test("composed does what two reorientations do, one after the other", () => {
  const shape = [2, 3, 4];
  const data = Float32Array.from({ length: 24 }, (_, i) => i);
  const outer: Reorientation = { axes: [2, 0, 1], flips: [true, false, false] };
  const inner: Reorientation = { axes: [1, 2, 0], flips: [false, true, false] };
  const first = reorient(data, shape, outer);
  const both = reorient(first, reorientTriple(shape, outer), inner);
  assert.deepEqual(reorient(data, shape, composed(inner, outer)), both);
  assert.notDeepEqual(reorient(data, shape, composed(outer, inner)), both);
});

Deno.test("slicingGrid finds a named axis in the stored grid, or after RAS", () => {
  const volume = { affine: SPR, orientation: "SPR" };
  const axes = (orientation: "stored" | "canonical") =>
    (["sagittal", "coronal", "axial", 0] as const)
      .map((axis) => slicingGrid({ orientation, axis }, volume).axis);
  assert.deepEqual(axes("stored"), [2, 1, 0, 0]);
  assert.deepEqual(axes("canonical"), [0, 1, 2, 0]);
  const { grid } = slicingGrid({ orientation: "canonical", axis: 2 }, volume);
  assert.deepEqual(grid, canonicalReorientation(SPR));
});

Deno.test("labelToModelGrid takes the pixels nearest to the middles of the new ones", () => {
  const extent = {
    height: 4,
    width: 4,
    crop: { top: 0, left: 0, height: 4, width: 4 },
    spacing: null,
  };
  const plane = { data: Uint8Array.from({ length: 16 }, (_, i) => i), height: 4, width: 4 };
  const to = (size: readonly [number, number]) =>
    labelToModelGrid(
      plane,
      sliceGeometry(extent, { size, fit: "resize", spacing: "stored", smallest: [4, 4] }),
    );
  // Of four rows eight: each twice. Of four columns twelve: each three times
  const { data } = to([8, 12]);
  assert.deepEqual([...data.subarray(0, 12)], [0, 0, 0, 1, 1, 1, 2, 2, 2, 3, 3, 3]);
  assert.deepEqual([0, 1, 2, 3, 4, 5, 6, 7].map((row) => data[12 * row]), [
    0,
    0,
    4,
    4,
    8,
    8,
    12,
    12,
  ]);
  const tall = { data: Uint8Array.from({ length: 32 }, (_, i) => i >> 2), height: 8, width: 4 };
  const half = sliceGeometry({ ...extent, height: 8, crop: { ...extent.crop, height: 8 } }, {
    ...{ size: [4, 4], fit: "resize", spacing: "stored", smallest: [4, 4] },
  });
  const rows = labelToModelGrid(tall, half).data.filter((_, i) => i % 4 === 0);
  assert.deepEqual([...rows], [1, 3, 5, 7]); // the middles lie between two; the second is taken
});
