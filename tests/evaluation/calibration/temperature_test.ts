import assert from "node:assert/strict";
import { ReliabilityCounter } from "../../../lib/evaluation/calibration/reliability.ts";
import {
  calibrate,
  cooled,
  fitTemperatures,
  logOdds,
} from "../../../lib/evaluation/calibration/temperature.ts";
import { maskOf } from "../../../lib/evaluation/probabilities.ts";
import { Random } from "../../../lib/support/random.ts";
import { DOUBT } from "../../fixtures/doubt.ts";

const near = (a: number, b: number, within: number, what = "") =>
  assert.ok(Math.abs(a - b) < within, `${what} ${a}, not ${b}`);

const { logits, truth, temperature, before, after } = DOUBT.calibration;

Deno.test("fitTemperatures finds what scipy finds, for one class", () => {
  const voxels = { logits: [Float64Array.from(logits)], truths: [Uint8Array.from(truth)] };
  for (const kind of ["classes", "regions"] as const) {
    const found = fitTemperatures(voxels, kind);
    near(found.temperatures[0]!, temperature, 1e-3, kind);
    near(found.before, before.nll, 1e-9, kind);
    near(found.after, after.nll, 1e-6, kind);
  }
});

Deno.test("fitTemperatures finds those of exclusive classes together", () => {
  const { logits, code, temperatures, before, after } = DOUBT.several;
  const found = fitTemperatures({
    logits: logits.map((values) => Float64Array.from(values)),
    truths: [1, 2].map((c) => Uint8Array.from(code, (value) => value === c ? 1 : 0)),
  }, "classes");
  for (const [c, value] of temperatures.entries()) near(found.temperatures[c]!, value, 2e-3);
  near(found.before, before, 1e-9);
  near(found.after, after, 1e-6);
});

Deno.test("ReliabilityCounter's ECE and Brier score are NumPy's, with cooled probabilities", () => {
  for (const [at, expected] of [[1, before], [temperature, after]] as const) {
    const counter = new ReliabilityCounter();
    for (const [i, logit] of logits.entries()) {
      counter.add(cooled([logit], [at], "classes")[0]!, truth[i]!);
    }
    const { ece, brier, n, bins } = counter.result();
    near(ece, expected.ece, 1e-12);
    near(brier, expected.brier, 1e-12);
    assert.equal(n, 400);
    assert.deepEqual([bins.length, bins.reduce((sum, bin) => sum + bin.n, 0)], [10, 400]);
  }
});

Deno.test("cooled is the inverse of logOdds at a temperature of 1", () => {
  for (const kind of ["classes", "regions"] as const) {
    const given = kind === "classes" ? [0.2, 0.5] : [0.9, 0.6];
    const back = cooled(logOdds(given, kind), [1, 1], kind);
    for (const [c, p] of given.entries()) near(back[c]!, p, 1e-12, kind);
  }
  // Odds of 4 and of 1 against the background, their square roots: 2, 1 and 1
  const [first, second] = cooled(logOdds([4 / 6, 1 / 6], "classes"), [2, 1], "classes");
  near(first!, 2 / 4, 1e-12);
  near(second!, 1 / 4, 1e-12);
  // Certain ones stay finite
  const certain = cooled(logOdds([1], "classes"), [1], "classes")[0]!;
  assert.ok(certain > 0.999999 && certain < 1, `${certain}`);
  assert.deepEqual(cooled([900], [1], "classes"), [1]);
});

Deno.test("calibrate changes no mask of one class or of regions, and no voxel outside", () => {
  const random = new Random(3);
  for (const [kind, k] of [["classes", 1], ["regions", 2]] as const) {
    const planes = Array.from({ length: k }, () => [
      Float32Array.from({ length: 200 }, () => random.uniform()),
      Float32Array.of(0, 0),
    ]);
    const copy = structuredClone(planes);
    const found = calibrate(planes, [2.5, 0.4].slice(0, k), kind);
    assert.deepEqual(planes, copy, "the input is changed");
    const joined = (all: Float32Array[][]) =>
      Float32Array.from(all.flatMap(([plane]) => [...plane!]));
    assert.deepEqual(maskOf(joined(found), kind, k), maskOf(joined(planes), kind, k));
    assert.notDeepEqual(found, planes);
    for (const [, outside] of found) assert.deepEqual(outside, Float32Array.of(0, 0));
    const odds = (p: number) => Math.log(p / (1 - p));
    near(odds(found[0]![0]![7]!), odds(planes[0]![0]![7]!) / 2.5, 1e-4);
  }
});

Deno.test("fitTemperatures leaves a class at 1 that no voxel belongs to, and stays within 20", () => {
  const logits = [Float64Array.of(2, -1, 3), Float64Array.of(1, -1, 2)];
  const absent = fitTemperatures(
    { logits, truths: [new Uint8Array(3), Uint8Array.of(1, 1, 0)] },
    "regions",
  );
  assert.equal(absent.temperatures[0], 1);
  assert.notEqual(absent.temperatures[1], 1);
  // Always right, and as often wrong as right
  const right = fitTemperatures(
    { logits: logits.slice(0, 1), truths: [Uint8Array.of(1, 0, 1)] },
    "classes",
  );
  near(right.temperatures[0]!, 1 / 20, 1e-4);
  const wrong = fitTemperatures(
    { logits: logits.slice(0, 1), truths: [Uint8Array.of(0, 1, 0)] },
    "classes",
  );
  near(wrong.temperatures[0]!, 20, 1e-2);
});
