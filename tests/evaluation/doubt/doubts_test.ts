import assert from "node:assert/strict";
import {
  disagreement,
  DOUBT_TITLES,
  DOUBTS,
  meanEntropy,
  ncaQuality,
  ONE_RUN_DOUBTS,
} from "../../../lib/evaluation/doubt/doubts.ts";
import { parseTargets } from "../../../lib/slices/targets.ts";

const near = (a: number, b: number) => assert.ok(Math.abs(a - b) < 1e-7, `${a}, not ${b}`);
const targets = (labels: string) => parseTargets(labels, { labels: null, ignore: [] }, []);

Deno.test("ncaQuality is the sum of deviations over that of means, by class and of all", () => {
  // Two classes in two slices
  const means = [[[0.5, 0.5], [1, 0]], [[0.25, 0], [0.25, 0.5]]];
  const deviations = [[[0.1, 0.2], [0.1, 0]], [[0.25, 0], [0, 0.25]]];
  const planes = (values: number[][][]) =>
    values.map((classes) => classes.map((plane) => Float32Array.from(plane)));
  const { all, classes } = ncaQuality(planes(means), planes(deviations));
  near(classes[0]!, 0.4 / 2);
  near(classes[1]!, 0.5 / 1);
  near(all, 0.9 / 3);
  assert.ok(Number.isNaN(ncaQuality([[Float32Array.of(0)]], [[Float32Array.of(0)]]).all));
});

Deno.test("meanEntropy is in bits per voxel of the object", () => {
  // H(1/4) = 2 − 3/4 · log2(3)
  const quarter = 2 - 0.75 * Math.log2(3);
  const { all, classes } = meanEntropy([
    [Float32Array.of(0.25, 0), Float32Array.of(0.75, 1)],
    [Float32Array.of(0.5, 0.5), Float32Array.of(0, 0)],
  ]);
  near(classes[0]!, 2 * quarter / 2);
  near(classes[1]!, 2 / 1);
  near(all, (2 * quarter + 2) / 3);
});

Deno.test("disagreement is 1 − the mean Dice of every two masks, by class and of all", () => {
  const masks = [[[1, 1, 0], [0, 2]], [[1, 0, 0], [0, 2]], [[1, 1, 1], [2, 0]]]
    .map((mask) => mask.map((plane) => Uint8Array.from(plane)));
  const { all, classes } = disagreement(masks, targets("a=1;b=2"));
  // Class a: pairs 1–2, 1–3, 2–3; class b in the second slice: 1, 0, 0
  near(classes[0]!, 1 - (2 / 3 + 4 / 5 + 2 / 4) / 3);
  near(classes[1]!, 1 - 1 / 3);
  near(all, 1 - (4 / 5 + 4 / 7 + 2 / 6) / 3);
  // Two that are both empty say nothing; if all are, nothing is known
  const [empty, full] = [[Uint8Array.of(0)], [Uint8Array.of(1)]];
  assert.equal(disagreement([empty, empty, full], targets("foreground")).all, 1);
  assert.ok(Number.isNaN(disagreement([empty, empty], targets("foreground")).all));
});

Deno.test("disagreement reads regions by their bits", () => {
  const masks = [[Uint8Array.of(3, 1)], [Uint8Array.of(1, 3)]];
  const { classes } = disagreement(masks, targets("whole=1+2,core=2"));
  assert.deepEqual(classes, [0, 1]);
});

Deno.test("DOUBT_TITLES names every one of DOUBTS, ONE_RUN_DOUBTS are three of them", () => {
  assert.deepEqual(Object.keys(DOUBT_TITLES), [...DOUBTS]);
  assert.deepEqual(ONE_RUN_DOUBTS, ["entropy_one_run", "stability", "resilience"]);
});
