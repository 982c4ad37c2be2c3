import assert from "node:assert/strict";
import {
  bestVariant,
  formatScoreRows,
  scoreCsv,
  scoreRows,
  type SeedScores,
} from "../../lib/cluster/score_table.ts";
import type { CaseMetrics } from "../../lib/evaluation/case_metrics.ts";
import { METRICS, summarize } from "../../lib/evaluation/summary.ts";

/** Scores of one seed with a Dice for each case, and other scores of 0. */
function seedScores(seed: number, dice: Record<string, number>, variant = ""): SeedScores {
  const cases = Object.entries(dice).map(([id, value]) => ({
    case: id,
    reference_file: "",
    prediction_file: null,
    metrics: {
      "1": {
        ...Object.fromEntries(METRICS.map((name) => [name, 0])),
        Dice: value,
      } as never as CaseMetrics,
    },
  }));
  const summary = summarize(cases, { names: { "1": "" }, problems: [], seed: 0 });
  return { variant, seed, summary, patients: { a1: "a", a2: "a" }, validation: 0.5 };
}

Deno.test("scoreRows() tells the spread of patients apart from that of seeds", () => {
  // Patient a has two scans. By hand: seed 0 has a = 0.5, b = 0.9; seed 1 has a = 0.7, b = 0.7
  const rows = scoreRows([
    seedScores(0, { a1: 0.4, a2: 0.6, b: 0.9 }),
    seedScores(1, { a1: 0.6, a2: 0.8, b: 0.7 }),
  ]).filter(({ score }) => score === "Dice");
  const round = (value: number) => Math.round(value * 1e6) / 1e6;
  assert.deepEqual(
    rows.map((row) => [row.seed, row.patients, ...[row.mean, row.sdPatients].map(round)]),
    [
      [0, 2, 0.7, 0.282843], // 0.4 / √2
      [1, 2, 0.7, 0],
      [null, 2, 0.7, 0.141421], // a 0.6, b 0.8
    ],
  );
  assert.deepEqual(rows.map((row) => Number.isNaN(row.sdSeeds)), [true, true, false]);
  assert.equal(round(rows[2]!.sdSeeds), 0);
  const apart = scoreRows([seedScores(0, { b: 0.5 }), seedScores(1, { b: 0.9 })])
    .find((row) => row.seed === null && row.score === "Dice")!;
  assert.equal(round(apart.sdSeeds), 0.282843);
  assert.deepEqual(formatScoreRows(rows, "Dice"), [
    "           patients  Dice, mean  sd of patients  sd of seeds",
    "seed 0            2      0.7000          0.2828            –",
    "seed 1            2      0.7000          0.0000            –",
    "all seeds         2      0.7000          0.1414       0.0000",
  ]);
  const [head, first] = scoreCsv(rows).split("\n");
  assert.equal(head, "settings,seed,class,score,patients,mean,sd_patients,sd_seeds");
  assert.match(first!, /^,0,,Dice,2,0\.7,0\.2828\d*,$/);
});

Deno.test("bestVariant() takes the validation score alone, and nothing if one is missing", () => {
  const one = (variant: string, seed: number, validation: number | null) => ({
    ...seedScores(seed, { b: variant === "x" ? 1 : 0 }, variant), // x has the better test score
    validation,
  });
  const all = [one("x", 0, 0.6), one("x", 1, 0.8), one("y", 0, 0.9), one("y", 1, 0.7)];
  const best = bestVariant(all)!;
  assert.equal(best.name, "y");
  assert.ok(Math.abs(best.score - 0.8) < 1e-12);
  const equal = [one("x", 0, 0.5), one("y", 0, 0.5)];
  assert.deepEqual([equal, equal.toReversed()].map((two) => bestVariant(two)!.name), ["x", "y"]);
  assert.equal(bestVariant([...all.slice(0, 3), one("y", 1, null)]), null);
  assert.equal(bestVariant(all.slice(0, 2)), null);
});
