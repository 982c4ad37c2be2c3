import assert from "node:assert/strict";
import { caseMetrics as metricsOf } from "../../lib/evaluation/case_metrics.ts";
import { squaredDistances } from "../../lib/evaluation/distance_transform.ts";
import { codesOf, FOREGROUND, overlap, sumOverlaps } from "../../lib/evaluation/overlap.ts";
import { SCORES } from "../../lib/evaluation/summary.ts";
import { type MaskGrid, surfaceDistances } from "../../lib/evaluation/surface_distances.ts";
import { Random } from "../../lib/support/random.ts";
import { digits, SCIPY } from "../fixtures/scipy.ts";

const caseMetrics = (prediction: Uint8Array, reference: Uint8Array, grid: MaskGrid | null) =>
  metricsOf(prediction, reference, grid, FOREGROUND);

type Shape = readonly [number, number, number];

function mask(shape: Shape, inside: (x: number, y: number, z: number) => boolean): Uint8Array {
  const [nx, ny, nz] = shape;
  return Uint8Array.from(
    { length: nx * ny * nz },
    (_, i) => inside(i % nx, Math.floor(i / nx) % ny, Math.floor(i / nx / ny)) ? 1 : 0,
  );
}

const cube = (shape: Shape, start: number, end: number) =>
  mask(shape, (...at) => at.every((a) => a >= start && a < end));

function noise(shape: Shape, seed: number, density: number): Uint8Array {
  const random = new Random(seed);
  return mask(shape, () => random.uniform() < density);
}

Deno.test("overlap counts voxel by voxel, and caseMetrics scores it", () => {
  const prediction = Uint8Array.of(1, 1, 1, 0, 0, 0);
  const reference = Uint8Array.of(0, 1, 1, 1, 0, 0);
  assert.deepEqual(overlap(prediction, reference, FOREGROUND), { TP: 2, FP: 1, FN: 1, TN: 2 });
  const metrics = caseMetrics(prediction, reference, { shape: [6, 1, 1], spacing: [2, 5, 100] });
  assert.equal(metrics.Dice, 4 / 6);
  assert.equal(metrics.IoU, 2 / 4);
  assert.equal(metrics.Precision, 2 / 3);
  assert.equal(metrics.Recall, 2 / 3);
  assert.deepEqual([metrics.n_pred, metrics.n_ref], [3, 3]);
  assert.equal(metrics.VolumeDifference, 0);
  const more = caseMetrics(Uint8Array.of(1, 1, 1), Uint8Array.of(1, 0, 0), {
    shape: [3, 1, 1],
    spacing: [2, 5, 100],
  });
  assert.equal(more.VolumeDifference, 2, "two voxels of a millilitre each");
  assert.equal(more.RelativeVolumeDifference, 2, "twice the reference too much");
  assert.throws(() => overlap(prediction, Uint8Array.of(1), FOREGROUND), TypeError);
});

Deno.test("what cannot be scored is undefined, not perfect", () => {
  const grid = { shape: [2, 1, 1], spacing: [1, 1, 1] };
  const empty = Uint8Array.of(0, 0);
  const full = Uint8Array.of(1, 1);
  const both = caseMetrics(empty, empty, grid);
  for (const name of ["Dice", "IoU", "Precision", "Recall", "HD95", "ASSD"] as const) {
    assert.ok(Number.isNaN(both[name]), name);
  }
  assert.ok(Number.isNaN(both.RelativeVolumeDifference));
  assert.equal(both.VolumeDifference, 0);
  const invented = caseMetrics(full, empty, grid);
  assert.deepEqual([invented.Dice, invented.IoU, invented.Precision], [0, 0, 0]);
  assert.ok(Number.isNaN(invented.Recall) && Number.isNaN(invented.RelativeVolumeDifference));
  const missed = caseMetrics(empty, full, grid);
  assert.equal(missed.RelativeVolumeDifference, -1);
  assert.equal(missed.Dice, 0);
  assert.equal(missed.Recall, 0);
  for (const name of ["Precision", "HD95", "ASSD"] as const) {
    assert.ok(Number.isNaN(missed[name]), name);
  }
  const pictures = caseMetrics(full, full, null);
  assert.equal(pictures.Dice, 1);
  assert.ok(Number.isNaN(pictures.HD95) && Number.isNaN(pictures.VolumeDifference));
});

Deno.test("the distance transform is exact: compared with every pair of voxels", () => {
  const shape = [7, 5, 4] as const;
  const spacing = [0.6, 1.3, 3.6];
  for (const density of [0.02, 0.3, 0.9]) {
    const set = noise(shape, Math.round(100 * density), density);
    const positions = Array.from(set, (_, i) => [i % 7, Math.floor(i / 7) % 5, Math.floor(i / 35)]);
    const expected = positions.map((a) =>
      Math.min(
        ...positions.filter((_, i) => set[i] === 1).map((b) =>
          a.reduce((sum, value, axis) => sum + (spacing[axis]! * (value - b[axis]!)) ** 2, 0)
        ),
      )
    );
    const found = squaredDistances(set, shape, spacing);
    for (const [i, value] of expected.entries()) {
      assert.ok(Math.abs(found[i]! - value) < 1e-9, `${density}: voxel ${i}`);
    }
  }
  const none = squaredDistances(new Uint8Array(140), shape, spacing);
  assert.ok(none.every((distance) => distance === Infinity));
});

Deno.test("surface distances of shifted and nested cubes are known", () => {
  const shape = [20, 20, 20] as const;
  const grid = { shape, spacing: [1, 1, 1] };
  const a = cube(shape, 5, 12);
  assert.deepEqual(surfaceDistances(a, a, grid), { hd95: 0, assd: 0 });

  // Single voxels lie as far apart as their spacing says.
  const point = (px: number) => mask(shape, (x, y, z) => x === px && y === 3 && z === 3);
  assert.deepEqual(
    surfaceDistances(point(2), point(9), { shape, spacing: [0.5, 9, 9] }),
    { hd95: 3.5, assd: 3.5 },
  );

  // Plates over the whole grid, 4 slices of 3 mm apart
  const plate = (at: number) => mask(shape, (_x, _y, z) => z === at);
  const apart = surfaceDistances(plate(2), plate(6), { shape, spacing: [1, 1, 3] });
  assert.deepEqual(apart, { hd95: 12, assd: 12 });

  // The other way round is the same.
  const b = cube(shape, 3, 15);
  assert.deepEqual(surfaceDistances(a, b, grid), surfaceDistances(b, a, grid));
});

Deno.test("surface distances of concentric balls are the difference of their radii", () => {
  const shape = [48, 48, 48] as const;
  const ball = (radius: number) =>
    mask(shape, (...at) => Math.hypot(...at.map((value) => value - 23.5)) <= radius);
  const { hd95, assd } = surfaceDistances(ball(20), ball(14), { shape, spacing: [0.5, 0.5, 0.5] });
  assert.ok(Math.abs(assd - 3) < 0.15, `ASSD ${assd}`);
  assert.ok(Math.abs(hd95 - 3) < 0.5, `HD95 ${hd95}`);
});

Deno.test("a picture has no third axis: only its outline is surface", () => {
  const shape = [9, 9, 1] as const;
  const outer = mask(shape, (x, y) => x >= 1 && x < 8 && y >= 1 && y < 8);
  const inner = mask(shape, (x, y) => x === 4 && y === 4);
  // From each of the 24 voxels of the outline to the centre, at least 3
  const { assd } = surfaceDistances(outer, inner, { shape: [9, 9], spacing: [1, 1] });
  assert.ok(assd > 3, `${assd}`);
  // As a volume one voxel thick, the inside would be surface too.
  assert.ok(surfaceDistances(outer, inner, { shape, spacing: [1, 1, 1] }).assd < assd);
  assert.throws(
    () => surfaceDistances(outer, inner, { shape: [9, 8], spacing: [1, 1] }),
    TypeError,
  );
});

Deno.test("scores of balls are the analytic ones, in a spacing that differs by axis", () => {
  // Finer than the balls by far, so that voxels stand for the balls: radii 10 and 8 mm, 3 mm apart
  const [spacing, shape] = [[0.25, 0.2, 0.5], [96, 120, 48]] as const;
  const ball = (radius: number, shift: number) =>
    mask(shape, (...at) =>
      Math.hypot(
        ...at.map((i, axis) =>
          (i - (shape[axis]! - 1) / 2) * spacing[axis]! - (axis === 2 ? shift : 0)
        ),
      ) <= radius);
  const metrics = caseMetrics(ball(8, 0), ball(10, 0), { shape, spacing });
  const [small, large] = [8, 10].map((radius) => 4 / 3 * Math.PI * radius ** 3) as [number, number];
  const near = (name: keyof typeof metrics, value: number, within: number) =>
    assert.ok(Math.abs(metrics[name] - value) < within, `${name} ${metrics[name]}, not ${value}`);
  near("Dice", 2 * small / (small + large), 2e-3);
  near("IoU", small / large, 2e-3);
  near("Recall", small / large, 2e-3);
  assert.equal(metrics.Precision, 1);
  near("VolumeDifference", (small - large) / 1000, 0.005);
  near("RelativeVolumeDifference", (small - large) / large, 2e-3);
  // Surfaces are made of whole voxels: known to half of the largest side
  near("ASSD", 2, 0.25);
  near("HD95", 2, 0.25);

  // Two equal balls, one moved by d along an axis: their overlap is a lens.
  const [radius, d] = [8, 3];
  const moved = caseMetrics(ball(radius, -d / 2), ball(radius, d / 2), { shape, spacing });
  const lens = Math.PI * (4 * radius + d) * (2 * radius - d) ** 2 / 12;
  assert.ok(Math.abs(moved.Dice - lens / small) < 2e-3, `${moved.Dice}, ${lens / small}`);
  assert.ok(Math.abs(moved.VolumeDifference) < 0.005);
});

Deno.test("overlap tells classes and regions apart, and passes over what is ignored", () => {
  const prediction = Uint8Array.of(0, 1, 2, 2, 1, 2);
  const reference = Uint8Array.of(1, 1, 2, 1, 255, 255);
  const classes = (index: number) =>
    overlap(prediction, reference, codesOf({ kind: "classes" }, index));
  assert.deepEqual(classes(0), { TP: 1, FP: 0, FN: 2, TN: 1 });
  assert.deepEqual(classes(1), { TP: 1, FP: 1, FN: 0, TN: 2 });
  // Bits: 3 is both regions, 2 the second one alone
  const regions = (index: number) =>
    overlap(
      Uint8Array.of(3, 2, 1, 0),
      Uint8Array.of(1, 3, 1, 255),
      codesOf({ kind: "regions" }, index),
    );
  assert.deepEqual(regions(0), { TP: 2, FP: 0, FN: 1, TN: 0 });
  assert.deepEqual(regions(1), { TP: 1, FP: 1, FN: 0, TN: 1 });
  assert.deepEqual(sumOverlaps([regions(0), regions(1)]), { TP: 3, FP: 1, FN: 1, TN: 1 });
});

Deno.test("caseMetrics takes distances of what is not ignored only", () => {
  const grid = { shape: [8], spacing: [1] };
  const prediction = digits("01000001");
  const reference = Uint8Array.of(0, 0, 1, 0, 0, 0, 0, 255);
  const { Dice, HD95, n_pred } = caseMetrics(prediction, reference, grid);
  assert.deepEqual([Dice, HD95, n_pred], [0, 1, 1]);
});

Deno.test("caseMetrics agrees with scipy", () => {
  assert.equal(SCIPY.metrics.length, 3);
  for (const { shape, spacing, a, b, scores } of SCIPY.metrics) {
    const found = caseMetrics(digits(a), digits(b), { shape, spacing });
    const ofMasks = SCORES.filter((name) => name !== "SoftDice" && name !== "SliceDice");
    for (const name of ofMasks) {
      const difference = Math.abs(found[name] - scores[name]);
      assert.ok(difference < 1e-9, `${name} ${found[name]}, ${scores[name]}`);
    }
  }
});
