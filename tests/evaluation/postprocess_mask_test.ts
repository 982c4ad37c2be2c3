import assert from "node:assert/strict";
import {
  connectedComponents,
  fillHoles,
  largestComponent,
} from "../../lib/evaluation/postprocess_mask.ts";
import { digits, SCIPY } from "../fixtures/scipy.ts";

Deno.test("connectedComponents, largestComponent and fillHoles are scipy's", () => {
  assert.deepEqual(SCIPY.pieces.map(({ shape }) => shape.length), [3, 3, 3, 2]);
  for (const { shape, mask, sizes, largest, filled } of SCIPY.pieces) {
    const given = digits(mask);
    const found = connectedComponents(given, shape);
    assert.deepEqual(found.sizes.slice(1).sort((a, b) => a - b), sizes);
    assert.equal(found.sizes[0], given.filter((value) => value === 0).length);
    for (const [i, piece] of found.pieces.entries()) assert.equal(piece > 0, given[i] === 1);
    assert.equal(largestComponent(given, shape).join(""), largest);
    assert.equal(fillHoles(given, shape).join(""), filled);
    assert.equal(given.join(""), mask, "the mask itself is left as it is");
  }
});

Deno.test("pieces that touch at an edge only are two, and an open hole is none", () => {
  const diagonal = Uint8Array.of(1, 0, 0, 1);
  assert.deepEqual(connectedComponents(diagonal, [2, 2]).sizes, [2, 1, 1]);
  assert.deepEqual([...largestComponent(diagonal, [2, 2])], [1, 0, 0, 0], "the first of equals");
  const ring = digits("111101111");
  assert.equal(fillHoles(ring, [3, 3]).join(""), "111111111");
  assert.equal(fillHoles(digits("111101101"), [3, 3]).join(""), "111101101");
  // In a volume one voxel thick the hole is open above and below
  assert.equal(fillHoles(ring, [3, 3, 1]).join(""), "111101111");
  // As much background as the largest piece has
  assert.deepEqual([...largestComponent(digits("11001"), [5])], [1, 1, 0, 0, 0]);
  const nothing = new Uint8Array(6);
  assert.deepEqual(largestComponent(nothing, [3, 2]), nothing);
  assert.deepEqual(fillHoles(nothing, [3, 2]), nothing);
});
