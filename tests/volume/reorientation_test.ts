import assert from "node:assert/strict";
import {
  canonicalReorientation,
  orientation,
  reorient,
  reorientAffine,
  reorientTriple,
  restore,
} from "../../lib/volume/reorientation.ts";
import { compareSpace } from "../../lib/volume/compare_space.ts";
import { voxelSizes } from "../../lib/volume/affine.ts";
import { createVolume } from "../../lib/volume/create_volume.ts";
import { toCanonical } from "../../lib/volume/to_canonical.ts";
import type { Affine } from "../../lib/volume/types.ts";

interface Fixture {
  volumes: {
    orientation: string;
    affine: number[][];
    canonical: { affine: number[][]; shape: number[]; data: number[] };
  }[];
  affines: { affine: number[][]; orientation: [axis: number, sign: number][] }[];
}
const fixture: Fixture = JSON.parse(
  await Deno.readTextFile(new URL("../fixtures/orientations.json", import.meta.url)),
);
const SHAPE = [3, 4, 5];
const STORED = Uint8Array.from({ length: 60 }, (_, i) => i);

Deno.test("reorient brings all 48 orientations where nibabel does, and restore brings them back", () => {
  assert.equal(new Set(fixture.volumes.map((volume) => volume.orientation)).size, 48);
  for (const { orientation: letters, affine, canonical } of fixture.volumes) {
    assert.equal(orientation(affine), letters);
    const found = canonicalReorientation(affine);
    assert.deepEqual(reorientTriple(SHAPE, found), canonical.shape, letters);
    const turned = reorient(STORED, SHAPE, found);
    assert.deepEqual([...turned], canonical.data, letters);
    assert.deepEqual(restore(turned, SHAPE, found), STORED, letters);
    assertNear(reorientAffine(affine, SHAPE, found), canonical.affine, 1e-12);
  }
});

Deno.test("toCanonical gives the volume that nibabel's as_closest_canonical does, and a way back", () => {
  const data = Float32Array.from(STORED);
  for (const { orientation: letters, affine, canonical } of fixture.volumes) {
    const stored = createVolume({ data, shape: SHAPE, spacing: [0.8, 0.9, 2.5], affine });
    const found = toCanonical(stored);
    assert.deepEqual([...found.data], canonical.data, letters);
    assert.deepEqual(found.shape, canonical.shape);
    assertNear(found.affine, canonical.affine, 1e-5); // createVolume rounds to float32
    assertNear([found.spacing], [voxelSizes(canonical.affine)], 1e-6);
    assert.deepEqual(restore(found.data, SHAPE, found.reorientation), data);
  }
  const two = createVolume({
    data: Float32Array.from({ length: 120 }, (_, i) => i),
    shape: [...SHAPE, 2],
    spacing: [0.8, 0.9, 2.5],
    affine: fixture.volumes.find((volume) => volume.orientation === "PIR")!.affine,
  });
  assert.deepEqual(toCanonical(two).shape, [5, 3, 4, 2]);
});

Deno.test("canonicalReorientation chooses nibabel's axes where they are oblique and sheared", () => {
  for (const { affine, orientation: expected } of fixture.affines) {
    const { axes, flips } = canonicalReorientation(affine);
    const found = [0, 1, 2].map((axis) => {
      const world = axes.indexOf(axis);
      return [world, flips[world] ? -1 : 1];
    });
    assert.deepEqual(found, expected);
  }
});

Deno.test("reorient turns each channel of a 4D volume by itself, of any type", () => {
  const { affine } = fixture.volumes.find((volume) => volume.orientation === "PIR")!;
  const found = canonicalReorientation(affine);
  const two = Float32Array.from({ length: 120 }, (_, i) => i);
  const turned = reorient(two, [...SHAPE, 2], found);
  const one = reorient(STORED, SHAPE, found);
  assert.deepEqual([...turned.subarray(0, 60)], [...one]);
  assert.deepEqual([...turned.subarray(60)], [...one].map((value) => value + 60));
  assert.throws(() => reorient(two, SHAPE, found), TypeError);
});

/** Millimetres; the second of them tilted by an angle of 0.3. */
const UPRIGHT: Affine = [[0.8, 0, 0, -20], [0, 0.9, 0, 10.5], [0, 0, 2.5, 7], [0, 0, 0, 1]];
const [COS, SIN] = [Math.cos(0.3), Math.sin(0.3)];
const TILTED: Affine = [
  [0.8, 0, 0, -20],
  [0, 0.9 * COS, -2.5 * SIN, 10.5],
  [0, 0.9 * SIN, 2.5 * COS, 7],
  [0, 0, 0, 1],
];

Deno.test("compareSpace finds every permutation and flip of a grid, upright and oblique", () => {
  for (const affine of [UPRIGHT, TILTED]) {
    for (const { affine: turned } of fixture.volumes) {
      const there = canonicalReorientation(turned);
      const shape = reorientTriple(SHAPE, there);
      const grid = { shape, affine: reorientAffine(affine, SHAPE, there) };
      const found = compareSpace(grid, { shape: SHAPE, affine });
      assert(found.same);
      const moved = reorient(STORED, SHAPE, there);
      assert.deepEqual(reorient(moved, shape, found.reorientation), STORED);
    }
  }
});

Deno.test("compareSpace gives the largest distance of corners, in millimetres and voxels", () => {
  const image = { shape: [320, 320, 20], affine: scaled(0.9) };
  const wider = compareSpace({ ...image, affine: scaled(0.909) }, image);
  // 319 voxels of 0.009 mm more, along both axes of the plane
  assert(!wider.same && !wider.otherShape);
  assert.ok(Math.abs(wider.millimetres - Math.SQRT2 * 319 * 0.009) < 1e-9);
  assert.ok(Math.abs(wider.voxels - 319 * 0.01) < 1e-9);
  const metres = compareSpace({
    ...image,
    affine: scaled(0.9).map((row, i) => i === 3 ? row : row.map((value) => value / 1000)),
  }, image);
  // The image's furthest corner is at 147.1, 147.1, 57 mm, the label's at a thousandth of that.
  assert(!metres.same);
  assert.ok(Math.abs(metres.millimetres - 0.999 * Math.hypot(147.1, 147.1, 57)) < 1e-9);
  const rounded = compareSpace({ ...image, affine: scaled(0.9001) }, image);
  assert.ok(rounded.same, "a thirtieth of a voxel is rounding");
  const smaller = compareSpace({ ...image, shape: [319, 320, 20] }, image);
  assert(!smaller.same && smaller.otherShape);
});

function scaled(size: number): Affine {
  return [[size, 0, 0, -140], [0, size, 0, -140], [0, 0, 3, 0], [0, 0, 0, 1]];
}

function assertNear(actual: Affine, expected: Affine, tolerance: number): void {
  const off = actual.flatMap((row, i) => row.map((v, j) => Math.abs(v - expected[i]![j]!)));
  assert.ok(Math.max(...off) <= tolerance, String(off));
}
