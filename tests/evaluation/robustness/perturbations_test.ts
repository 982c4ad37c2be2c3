import assert from "node:assert/strict";
import type { CaseImages } from "../../../lib/evaluation/robustness/perturbation.ts";
import {
  choosePerturbations,
  PERTURBATIONS,
} from "../../../lib/evaluation/robustness/perturbations.ts";
import { Random } from "../../../lib/support/random.ts";

/** Two slices of 40×50 with a bright disc of radius 8 and its label; the second lies elsewhere. */
function given(): CaseImages {
  const labels = [[20, 25], [16, 30]].map(([y, x]) => ({
    data: Uint8Array.from(
      { length: 2000 },
      (_, i) => Math.hypot(Math.floor(i / 50) - y!, i % 50 - x!) <= 8 ? 1 : 0,
    ),
    height: 40,
    width: 50,
  }));
  const images = labels.map((label) => ({
    ...label,
    data: Float32Array.from(label.data, (v) => 0.2 + 0.5 * v),
    channels: 1,
  }));
  return { images, labels };
}

const get = (name: string) => choosePerturbations([name])[0]!;
const apply = (name: string, strength: number, seed = 1) =>
  get(name).apply(given(), strength, { steps: [40, 20], random: new Random(seed) });
const sum = (data: ArrayLike<number>) => Array.from(data).reduce((a, b) => a + b, 0);
/** The mean row and column of a mask. */
const centre = (data: ArrayLike<number>) => {
  const at = Array.from(data, (_, i) => i).filter((i) => data[i]! > 0.5);
  return [at.map((i) => Math.floor(i / 50)), at.map((i) => i % 50)].map((v) => sum(v) / v.length);
};

const STRONGEST: Record<string, string> = {
  ...{ noise: "30 %", bias: "× 5", translation: "25 %", scale: "× 1.5", steps: "200 %" },
  ...{ "erased-coarse": "3 r", "erased-fine": "3 r" },
};

Deno.test("every perturbation has strengths in order, with none among them, and keeps its input", () => {
  assert.equal(new Set(PERTURBATIONS.map(({ name }) => name)).size, PERTURBATIONS.length);
  for (const { name, strengths, quick, none, apply, format } of PERTURBATIONS) {
    for (const list of [strengths, quick]) {
      assert.deepEqual(list, [...new Set(list)].sort((a, b) => a - b), name);
      assert.ok(list.includes(none) && list.length >= 3, name);
    }
    assert.ok(quick.length < strengths.length, name);
    assert.equal(format(strengths.at(-1)!), STRONGEST[name]);
    assert.equal(new Set(strengths.map(format)).size, strengths.length, `${name}: ticks`);

    const before = given();
    const case_ = given();
    const strongest = strengths.at(-1)!;
    const run = (seed: number) =>
      apply(case_, strongest, { steps: [40, 20], random: new Random(seed) });
    assert.deepEqual(run(1), run(1), `${name} is not a function of its seed`);
    assert.deepEqual(case_, before, `${name} changes its input`);
    const { images, labels } = { ...before, ...run(1) };
    for (const slices of [images, labels]) {
      assert.deepEqual(
        slices.map(({ data, height, width }) => [data.length, height, width]),
        [[2000, 40, 50], [2000, 40, 50]],
        name,
      );
    }
    assert.ok(labels.every(({ data }) => data.every((v) => v === 0 || v === 1)), name);
    assert.notDeepEqual({ ...before, ...run(1) }, before, `${name} does nothing`);
  }
});

Deno.test("noise has the standard deviation that it says, and a bias field its factor", () => {
  const { images } = apply("noise", 0.1);
  const noise = images!.flatMap(({ data }, z) =>
    Array.from(data, (v, i) => v - given().images[z]!.data[i]!)
  );
  const mean = sum(noise) / noise.length;
  const deviation = Math.sqrt(sum(noise.map((v) => (v - mean) ** 2)) / noise.length);
  assert.ok(Math.abs(mean) < 0.01 && Math.abs(deviation - 0.1) < 0.005, `${mean} ${deviation}`);

  const field = apply("bias", 2).images!.flatMap(({ data }, z) =>
    Array.from(data, (v, i) => v / given().images[z]!.data[i]!)
  );
  const [low, high] = [Math.min(...field), Math.max(...field)];
  assert.ok(low >= 0.4999 && low < 0.55 && high <= 2.001 && high > 1.8, `${low} to ${high}`);
  const steps = field.slice(0, 2000).map((v, i) => i % 50 === 49 ? 0 : Math.abs(v - field[i + 1]!));
  assert.ok(Math.max(...steps) < 0.2, "the field is not smooth");
});

Deno.test("a translation moves image and label by one vector as long as it says", () => {
  const moved = apply("translation", 0.2, 3);
  const vectors = moved.labels!.map(({ data }, z) => {
    const [from, to] = [centre(given().labels[z]!.data), centre(data)];
    return [to[0]! - from[0]!, to[1]! - from[1]!];
  });
  for (const [z, [dy, dx]] of vectors.entries()) {
    assert.ok(Math.abs(Math.hypot(dy! / 40, dx! / 50) - 0.2) < 0.02, `${dy} ${dx}`);
    assert.deepEqual(
      Uint8Array.from(moved.images![z]!.data, (v) => v > 0.5 ? 1 : 0),
      moved.labels![z]!.data,
    );
  }
  assert.ok(vectors[0]!.every((d, axis) => Math.abs(d - vectors[1]![axis]!) < 1e-6));
});

Deno.test("a translation moves pixels right, down, left and up, and leaves black behind", () => {
  const plane = { data: Uint8Array.from({ length: 20 }, (_, i) => i + 1), height: 4, width: 5 };
  const image = { ...plane, data: Float32Array.from(plane.data), channels: 1 };
  // By half of the slice: 2 rows or (rounded) 3 columns
  const moves = [[0, 3], [2, 0], [0, -2], [-2, 0]];
  for (const [quarter, [down, right]] of moves.entries()) {
    const random = { uniform: () => quarter / 4 } as Random;
    const moved = get("translation").apply(
      { images: [image], labels: [plane] },
      0.5,
      { steps: [40, 20], random },
    );
    const expected = Array.from({ length: 20 }, (_, i) => {
      const [y, x] = [Math.floor(i / 5) - down!, i % 5 - right!];
      return y >= 0 && y < 4 && x >= 0 && x < 5 ? 5 * y + x + 1 : 0;
    });
    assert.deepEqual([...moved.labels![0]!.data], expected, `${quarter} quarters`);
    assert.deepEqual([...moved.images![0]!.data], expected, `${quarter} quarters`);
  }
});

Deno.test("scaling by two and by one half keeps the middle where it is", () => {
  const plane = { data: new Uint8Array(64), height: 8, width: 8 };
  for (const i of [27, 28, 35, 36]) plane.data[i] = 1; // the four pixels in the middle
  const scaled = (factor: number) =>
    get("scale").apply({ images: [], labels: [plane] }, factor, {
      steps: [40, 20],
      random: new Random(1),
    }).labels![0]!.data;
  const square = (from: number, to: number) =>
    Uint8Array.from(
      { length: 64 },
      (_, i) => [Math.floor(i / 8), i % 8].every((at) => at >= from && at < to) ? 1 : 0,
    );
  assert.deepEqual(scaled(2), square(2, 6));
  assert.deepEqual(sum(scaled(0.5)), 1);
});

Deno.test("every channel of an image is moved, scaled and biased alike", () => {
  const { images, labels } = given();
  const two = images.map(({ data, ...size }) => {
    const both = new Float32Array(2 * data.length);
    both.set(data);
    both.set(data, data.length);
    return { ...size, data: both, channels: 2 };
  });
  for (const name of ["translation", "scale", "bias"]) {
    const { strengths, apply } = get(name);
    const context = () => ({ steps: [40, 20] as const, random: new Random(2) });
    const alone = apply({ images, labels }, strengths.at(-1)!, context()).images!;
    const changed = apply({ images: two, labels }, strengths.at(-1)!, context()).images!;
    for (const [z, { data, channels }] of changed.entries()) {
      assert.equal(channels, 2);
      assert.deepEqual(data.subarray(0, 2000), alone[z]!.data, name);
      assert.deepEqual(data.subarray(2000), alone[z]!.data, name);
    }
  }
});

Deno.test("scaling changes areas by the square of the factor, around the middle", () => {
  for (const factor of [0.8, 1.25]) {
    const { images, labels } = apply("scale", factor);
    const [before, after] = [given().labels[0]!.data, labels![0]!.data];
    assert.ok(Math.abs(sum(after) / sum(before) / factor ** 2 - 1) < 0.06, `${factor}`);
    const [y, x] = centre(after);
    assert.ok(Math.abs(y! - 20) < 1 && Math.abs(x! - 25) < 1, `${y} ${x}`);
    const differ = images![0]!.data.filter((v, i) => Number(v > 0.45) !== after[i]).length;
    assert.ok(differ < 0.03 * 2000, `${factor}: image and label differ in ${differ} pixels`);
  }
});

Deno.test("a wound lies on the object, as large as it says, halfway through its stage", () => {
  for (const [stage, step] of [["coarse", 20], ["fine", 10]] as const) {
    const { wound } = apply(`erased-${stage}`, 1).predict!;
    assert.deepEqual([wound!.stage, wound!.step], [stage, step]);
    for (const [z, { data }] of wound!.cells.entries()) {
      const label = given().labels[z]!.data;
      assert.ok(Math.abs(sum(data) / sum(label) - 1) < 0.05);
      assert.deepEqual(centre(data), centre(label));
    }
    const empty = { data: new Uint8Array(2000), height: 40, width: 50 };
    const { predict } = get(`erased-${stage}`).apply(
      { images: given().images.slice(0, 1), labels: [empty] },
      2,
      { steps: [40, 20], random: new Random(1) },
    );
    assert.equal(sum(predict!.wound!.cells[0]!.data), 0, "nothing there, nothing to wound");
  }
  assert.deepEqual(apply("steps", 1.25).predict, { steps: [50, 25] });
});

Deno.test("perturbations are chosen by name, and an unknown name is an error that suggests the nearest", () => {
  const names = (...wanted: string[]) => choosePerturbations(wanted).map(({ name }) => name);
  assert.deepEqual(names("scale", "noise"), ["noise", "scale"]);
  assert.deepEqual(names("erased"), ["erased-coarse", "erased-fine"]);
  assert.throws(() => names("noise", "scael"), {
    name: "InputError",
    message: /scael is not one of noise, bias/,
    hint: "Did you mean scale?",
  });
});

Deno.test("biasField is one wave through all slices of a case", () => {
  const [height, width, depth] = [3, 4, 5];
  const plane = { height, width, channels: 1 };
  const images = Array.from(
    { length: depth },
    () => ({ ...plane, data: new Float32Array(12).fill(1) }),
  );
  const context = { steps: [40, 20] as const, random: new Random(9) };
  const { images: biased } = get("bias").apply({ images, labels: [] }, 3, context);
  // Direction, phase and slope, in the order of drawing
  const random = new Random(9);
  const [angle, phase] = [0, 1].map(() => 2 * Math.PI * random.uniform()) as [number, number];
  const through = random.uniform() - 0.5;
  for (const [z, { data }] of biased!.entries()) {
    for (const [i, value] of data.entries()) {
      const [y, x] = [Math.floor(i / width) / 2 - 0.5, (i % width) / 3 - 0.5];
      const along = Math.sin(angle) * y + Math.cos(angle) * x + through * (z / 4 - 0.5);
      assert.ok(Math.abs(value - 3 ** Math.sin(2 * Math.PI * along + phase)) < 1e-5, `${z}, ${i}`);
    }
  }
});
