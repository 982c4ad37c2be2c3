import assert from "node:assert/strict";
import { bootstrapInterval, finiteMean, scoreStatistics } from "../../lib/evaluation/statistics.ts";
import { SCIPY } from "../fixtures/scipy.ts";

const { values: scores, interval: ofScipy } = SCIPY.bootstrap;

Deno.test("statistics leave out undefined scores, and say how many they are of", () => {
  const { n, mean, sd, median, ci95 } = scoreStatistics([1, NaN, 2, 4, 9, NaN, 4], 0);
  assert.deepEqual([n, mean, median], [5, 4, 4]);
  assert.ok(Math.abs(sd - Math.sqrt((9 + 4 + 0 + 25 + 0) / 4)) < 1e-12);
  assert.ok(ci95[0] < mean && mean < ci95[1]);

  assert.deepEqual(scoreStatistics([0.5], 0), {
    n: 1,
    mean: 0.5,
    sd: NaN,
    median: 0.5,
    ci95: [NaN, NaN],
  });
  assert.deepEqual(scoreStatistics([NaN], 0), {
    n: 0,
    mean: NaN,
    sd: NaN,
    median: NaN,
    ci95: [NaN, NaN],
  });
});

Deno.test("the bootstrap interval is a function of its seed, and that of a normal mean", () => {
  const interval = bootstrapInterval(scores, { seed: 3 });
  assert.deepEqual(bootstrapInterval(scores, { seed: 3 }), interval);
  assert.notDeepEqual(bootstrapInterval(scores, { seed: 4 }), interval);
  assert.deepEqual(bootstrapInterval([2, 2, 2, 2, 2], { seed: 0 }), [2, 2]);
  assert.deepEqual(bootstrapInterval([1, 2, 3, 4], { seed: 0 }), [NaN, NaN], "below five cases");

  // For a mean of many values it comes to mean ± 1.96 s / √n, s of the population.
  const { mean, sd, n } = scoreStatistics(scores, 3);
  const half = 1.96 * sd * Math.sqrt((n - 1) / n) / Math.sqrt(n);
  for (const [i, sign] of [[0, -1], [1, 1]] as const) {
    assert.ok(Math.abs(interval[i] - (mean + sign * half)) < 0.06 * half, `${interval}`);
  }
  const [low, high] = bootstrapInterval(scores, { seed: 3, level: 0.5 });
  assert.ok(interval[0] < low && low < mean && mean < high && high < interval[1]);
});

Deno.test("bootstrapInterval agrees with scipy's", () => {
  const width = ofScipy[1] - ofScipy[0];
  const found = bootstrapInterval(scores, { seed: 0, resamples: 50_000 });
  for (const i of [0, 1] as const) {
    assert.ok(Math.abs(found[i] - ofScipy[i]) < 0.02 * width, `${found}, ${ofScipy}`);
  }
});

Deno.test("finiteMean leaves out what is undefined", () => {
  assert.equal(finiteMean([1, NaN, 3, Infinity]), 2);
  assert.ok(Number.isNaN(finiteMean([NaN])));
});
