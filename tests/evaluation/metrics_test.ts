import assert from "node:assert/strict";
import { caseMetrics, confusionCounts } from "../../lib/evaluation/metrics.ts";
import { squaredDistances } from "../../lib/evaluation/distance_transform.ts";
import { SCORES } from "../../lib/evaluation/summary.ts";
import { surfaceDistances } from "../../lib/evaluation/surface_distances.ts";
import { Random } from "../../lib/support/random.ts";
import { python } from "./support.ts";

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

Deno.test("overlap is counted voxel by voxel", () => {
  const prediction = Uint8Array.of(1, 1, 1, 0, 0, 0);
  const reference = Uint8Array.of(0, 1, 1, 1, 0, 0);
  assert.deepEqual(confusionCounts(prediction, reference), { TP: 2, FP: 1, FN: 1, TN: 2 });
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
  assert.throws(() => confusionCounts(prediction, Uint8Array.of(1)), TypeError);
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

const SCIPY = `
import json, sys
import numpy as np
from scipy import ndimage
given = json.load(sys.stdin)
out = []
for case in given:
    a, b = (np.array(case[k], bool).reshape(case["shape"][::-1]) for k in "ab")
    spacing = case["spacing"][::-1]
    edge = lambda m: m & ~ndimage.binary_erosion(m)
    ea, eb = edge(a), edge(b)
    ab = ndimage.distance_transform_edt(~eb, sampling=spacing)[ea]
    ba = ndimage.distance_transform_edt(~ea, sampling=spacing)[eb]
    out.append({
        "HD95": max(np.percentile(ab, 95), np.percentile(ba, 95)),
        "ASSD": np.concatenate([ab, ba]).mean(),
        "Dice": 2 * (a & b).sum() / (a.sum() + b.sum()),
        "IoU": (a & b).sum() / (a | b).sum(),
        "Precision": (a & b).sum() / a.sum(),
        "Recall": b[a].sum() / b.sum(),
        "VolumeDifference": (a.sum() - 1.0 * b.sum()) * np.prod(spacing) / 1000,
        "RelativeVolumeDifference": (a.sum() - 1.0 * b.sum()) / b.sum(),
    })
print(json.dumps(out))
`;

const withScipy = await python("import scipy.ndimage", "") !== undefined;

Deno.test({
  name: "metrics agree with scipy (needs python3 with scipy)",
  ignore: !withScipy,
  fn: async () => {
    const shape = [17, 12, 9] as const;
    const cases = [0.05, 0.4, 0.8].map((density, i) => ({
      shape,
      spacing: [0.625, 0.7, 3.6],
      a: noise(shape, 2 * i, density),
      b: noise(shape, 2 * i + 1, density),
    }));
    cases.push({ shape, spacing: [1, 2, 3], a: cube(shape, 2, 8), b: cube(shape, 0, 5) });
    const input = cases.map((each) => ({ ...each, a: [...each.a], b: [...each.b] }));
    const expected: Record<string, number>[] = JSON.parse(
      (await python(SCIPY, JSON.stringify(input)))!,
    );
    assert.equal(expected.length, cases.length);
    for (const [i, { a, b, spacing }] of cases.entries()) {
      const found = caseMetrics(a, b, { shape, spacing });
      for (const name of SCORES) {
        const difference = Math.abs(found[name] - expected[i]![name]!);
        assert.ok(difference < 1e-9, `${name} ${found[name]}, ${expected[i]![name]}`);
      }
    }
  },
});
