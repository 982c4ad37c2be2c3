import assert from "node:assert/strict";
import { formatScores } from "../../lib/evaluation/format_scores.ts";
import { caseMetrics } from "../../lib/evaluation/metrics.ts";
import { bootstrapInterval, scoreStatistics } from "../../lib/evaluation/statistics.ts";
import { summarize } from "../../lib/evaluation/summary.ts";
import { Random } from "../../lib/support/random.ts";
import { python } from "./support.ts";

const random = new Random(4);
const scores = Array.from({ length: 40 }, () => 0.88 + 0.05 * random.normal());

Deno.test("statistics leave out undefined scores, and say how many they are of", () => {
  const { n, mean, sd, median, ci95 } = scoreStatistics([1, NaN, 2, 4, 9, NaN]);
  assert.deepEqual([n, mean, median], [4, 4, 3]);
  assert.ok(Math.abs(sd - Math.sqrt((9 + 4 + 0 + 25) / 3)) < 1e-12);
  assert.ok(ci95[0] < mean && mean < ci95[1]);

  assert.deepEqual(scoreStatistics([0.5]), {
    n: 1,
    mean: 0.5,
    sd: NaN,
    median: 0.5,
    ci95: [NaN, NaN],
  });
  assert.deepEqual(scoreStatistics([NaN]), {
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
  assert.deepEqual(bootstrapInterval([2, 2, 2]), [2, 2]);

  // For a mean of many values it comes to mean ± 1.96 s / √n, s of the population.
  const { mean, sd, n } = scoreStatistics(scores);
  const half = 1.96 * sd * Math.sqrt((n - 1) / n) / Math.sqrt(n);
  for (const [i, sign] of [[0, -1], [1, 1]] as const) {
    assert.ok(Math.abs(interval[i] - (mean + sign * half)) < 0.06 * half, `${interval}`);
  }
  const [low, high] = bootstrapInterval(scores, { level: 0.5 });
  assert.ok(interval[0] < low && low < mean && mean < high && high < interval[1]);
});

Deno.test({
  name: "the bootstrap interval agrees with scipy's (needs python3 with scipy)",
  ignore: await python("import scipy.stats", "") === undefined,
  fn: async () => {
    const script = `
import json, sys
import numpy as np
from scipy.stats import bootstrap
interval = bootstrap((json.load(sys.stdin),), np.mean, n_resamples=100000, method="percentile",
    random_state=1).confidence_interval
print(json.dumps([interval.low, interval.high]))
`;
    const expected: number[] = JSON.parse((await python(script, JSON.stringify(scores)))!);
    const found = bootstrapInterval(scores, { resamples: 100_000 });
    const width = expected[1]! - expected[0]!;
    for (const i of [0, 1] as const) {
      assert.ok(Math.abs(found[i] - expected[i]!) < 0.02 * width, `${found}, ${expected}`);
    }
  },
});

Deno.test("formatScores lays the statistics out, and tells where scores are undefined", () => {
  const scored = (name: string, prediction: number[], reference: number[], picture = false) => ({
    case: name,
    reference_file: `${name}.nii.gz`,
    prediction_file: null,
    metrics: {
      "1": caseMetrics(
        Uint8Array.from(prediction),
        Uint8Array.from(reference),
        picture ? null : { shape: [4, 1, 1], spacing: [2, 1, 1] },
      ),
    },
  });
  const lines = formatScores(summarize([
    scored("a", [1, 1, 0, 0], [1, 1, 0, 0]),
    scored("b", [1, 1, 1, 0], [1, 0, 0, 0]),
    scored("missed", [0, 0, 0, 0], [1, 0, 0, 0]),
    scored("void", [0, 0, 0, 0], [0, 0, 0, 0]),
  ]));
  assert.match(lines[0]!, /^ +mean +sd +median +95 % interval$/);
  assert.match(lines[1]!, /^Dice +0\.5000 +0\.5000 +0\.5000 +0\.\d{4} to \d\.\d{4} +3 of 4 cases$/);
  assert.match(lines.join("\n"), /\nHD95, mm +\d\.\d\d .* 2 of 4 cases\n/);
  assert.match(lines.join("\n"), /\nvolume difference, % +33\.3 /);
  assert.match(lines.join("\n"), /\nDice is undefined .*: void\nNothing was found.*: missed$/);

  const pictures = formatScores(summarize([scored("p", [1, 0], [1, 1], true)])).join("\n");
  assert.doesNotMatch(pictures, /HD95|mL|of 1 cases|undefined/);
  assert.match(pictures, /\nDice +0\.6667 +– +0\.6667 +–\n/);
});
