import assert from "node:assert/strict";
import { closestRotation, determinant, inverse3 } from "../../lib/volume/affine.ts";
import { orientation, voxelSizes } from "../../lib/volume/mod.ts";

Deno.test("orientation() names every permutation and flip of the axes", () => {
  const seen = new Set<string>();
  for (const order of [[0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]]) {
    for (let flips = 0; flips < 8; flips++) {
      const affine = [[0, 0, 0, 5], [0, 0, 0, 6], [0, 0, 0, 7], [0, 0, 0, 1]];
      let name = "";
      order.forEach((row, axis) => {
        const sign = flips >> axis & 1 ? -1 : 1;
        affine[row]![axis] = sign * (axis + 1);
        name += (sign < 0 ? "LPI" : "RAS")[row];
      });
      assert.equal(orientation(affine), name);
      assert.deepEqual(voxelSizes(affine), [1, 2, 3]);
      seen.add(name);
    }
  }
  assert.equal(seen.size, 48);
});

Deno.test("orientation() gives an oblique axis the nearest letter, each letter once", () => {
  // Both x and y lean towards the front, y more so.
  const affine = [[0.6, 0.5, 0, 0], [0.8, 0.87, 0, 0], [0, 0, 3, 0], [0, 0, 0, 1]];
  assert.equal(orientation(affine), "RAS");
});

Deno.test("closestRotation() is the polar decomposition's, also where one axis is upright already", () => {
  const affine = [[1, 0.9, 0, 5], [0.1, 1.2, 0, 6], [0, 0, 3, 7], [0, 0, 0, 1]];
  // scipy.linalg.polar of the affine with columns of length 1
  const [cos, sin] = [0.963258008941683, 0.268577750771922];
  const expected = [[cos, sin, 0], [-sin, cos, 0], [0, 0, 1]];
  closestRotation(affine).forEach((row, r) =>
    row.forEach((value, c) => assert.ok(Math.abs(value - expected[r]![c]!) < 1e-14))
  );
});

Deno.test("determinant() and inverse3() of a matrix without zeros", () => {
  const matrix = [[1, 2, 0.5, 9], [0.3, -1, 2, 9], [4, 0.1, 1, 9]];
  assert.ok(Math.abs(determinant(matrix) - 16.215) < 1e-12); // numpy.linalg.det
  const inverse = inverse3(matrix);
  for (const r of [0, 1, 2]) {
    for (const c of [0, 1, 2]) {
      const product = [0, 1, 2].reduce((sum, k) => sum + inverse[r]![k]! * matrix[k]![c]!, 0);
      assert.ok(Math.abs(product - (r === c ? 1 : 0)) < 1e-14);
    }
  }
});
