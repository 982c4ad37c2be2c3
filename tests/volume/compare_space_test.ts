import assert from "node:assert/strict";
import { compareSpace } from "../../lib/volume/compare_space.ts";

/** Voxels of 1×1×10 mm, shifted along y and turned about x. */
function grid(shift: number, turn = 0, shape = [2, 2, 2]) {
  const [c, s] = [Math.cos(turn), Math.sin(turn)];
  return {
    shape,
    affine: [[1, 0, 0, 0], [0, c, -10 * s, shift], [0, s, 10 * c, 0], [0, 0, 0, 1]],
  };
}

Deno.test("compareSpace allows corners to differ by a tenth of a voxel", () => {
  assert.equal(compareSpace(grid(0.099), grid(0)).same, true);
  assert.equal(compareSpace(grid(0.101), grid(0)).same, false);
  const found = compareSpace(grid(0.2), grid(0));
  assert.ok(!found.same && !found.otherShape);
  assert.deepEqual([found.millimetres, found.voxels].map((x) => x.toFixed(6)), [
    "0.200000",
    "0.200000",
  ]);
  const other = compareSpace(grid(0), grid(0, 0, [2, 2, 3]));
  assert.ok(!other.same && other.otherShape && other.millimetres === 10 && other.voxels === 1);
});

Deno.test("compareSpace takes the corner that is furthest away, whichever it is", () => {
  const plain = {
    shape: [2, 2, 2],
    affine: [[1, 0, 0, 0], [0, 1, 0, 0], [0, 0, 1, 0], [0, 0, 0, 1]],
  };
  // Voxels half as large again, with the last corner, or the first one, at the same place
  for (const start of [-0.5, 0]) {
    const affine = [0, 1, 2].map((row) => [...[0, 1, 2].map((i) => i === row ? 1.5 : 0), start]);
    const found = compareSpace({ shape: [2, 2, 2], affine: [...affine, [0, 0, 0, 1]] }, plain);
    assert.ok(!found.same && Math.abs(found.millimetres - Math.sqrt(3) / 2) < 1e-12);
    assert.ok(Math.abs(found.voxels - 0.5) < 1e-12);
  }
});

Deno.test("compareSpace says how far the corners of a turned grid are apart, in mm and in voxels", () => {
  const turn = Math.PI / 9;
  const found = compareSpace(grid(0, turn), grid(0));
  assert.ok(!found.same);
  // The corner (0, 1, 10) mm moves along a chord
  const chord = 2 * Math.sin(turn / 2) * Math.sqrt(101);
  assert.ok(Math.abs(found.millimetres - chord) < 1e-9, `${found.millimetres}, ${chord}`);
  assert.ok(Math.abs(found.voxels - (10 * Math.sin(turn) + 1 - Math.cos(turn))) < 1e-9);
});
