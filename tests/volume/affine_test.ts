import assert from "node:assert/strict";
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
