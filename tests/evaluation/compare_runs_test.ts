import assert from "node:assert/strict";
import {
  compareRuns,
  comparisonCsv,
  comparisonMarkdown,
  type NamedSummary,
} from "../../lib/evaluation/compare_runs.ts";
import { bootstrapInterval } from "../../lib/evaluation/statistics.ts";
import { summarize } from "../../lib/evaluation/summary.ts";
import type { CaseMetrics } from "../../lib/evaluation/case_metrics.ts";
import { SCIPY } from "../fixtures/scipy.ts";

/** A run with these Dice scores, of cases a, b, c, … or those named. */
function run(
  name: string,
  dice: readonly number[],
  ids = dice.map((_, i) => `p${i}`),
  names: Record<string, string> = { "1": "" },
): NamedSummary {
  const cases = dice.map((value, i) => ({
    case: ids[i]!,
    reference_file: "",
    prediction_file: null,
    metrics: Object.fromEntries(
      Object.keys(names).map((key) => [
        key,
        { Dice: value, HD95: NaN, ASSD: 1 } as CaseMetrics,
      ]),
    ),
  }));
  return { name, summary: summarize(cases, { names, problems: [], seed: 0 }) };
}

Deno.test("compareRuns pairs cases by name, and tests their differences as scipy does", () => {
  const { differences, p } = SCIPY.wilcoxon.find((each) => each.differences.length === 20)!;
  const before = differences.map((_, i) => i);
  const after = differences.map((difference, i) => i + difference);
  const ids = before.map((_, i) => `p${i}`);
  const rows = compareRuns([run("A", before), run("B", after.toReversed(), ids.toReversed())], 1);
  assert.deepEqual(rows.map(({ score, label }) => [score, label]), [
    ["Dice", "1"],
    ["HD95", "1"],
    ["ASSD", "1"],
  ]);
  const [dice, hd95, assd] = rows;
  const mean = differences.reduce((a, b) => a + b) / 20;
  assert.ok(Math.abs(dice!.difference - mean) < 1e-9);
  assert.ok(Math.abs(dice!.means[1] - dice!.means[0] - mean) < 1e-9);
  assert.equal(dice!.means[0], 9.5);
  assert.ok(Math.abs(dice!.p - p) < 1e-9);
  assert.deepEqual(dice!.pairs[3]!.case, "p3");
  assert.ok(Math.abs(dice!.pairs[3]!.values[1] - after[3]!) < 1e-12);
  const interval = bootstrapInterval(differences, { seed: 1 });
  for (const i of [0, 1] as const) assert.ok(Math.abs(dice!.ci95[i] - interval[i]) < 1e-9);
  // Undefined everywhere, and equal everywhere
  assert.deepEqual([hd95!.pairs.length, hd95!.p], [0, NaN]);
  assert.deepEqual([assd!.difference, assd!.p], [0, NaN]);
});

Deno.test("compareRuns leaves out cases that one of two runs has no score of", () => {
  const [dice] = compareRuns([run("A", [0.5, NaN, 0.25]), run("B", [0.75, 1, NaN])], 0);
  assert.deepEqual(dice!.pairs, [{ case: "p0", values: [0.5, 0.75] }]);
  assert.deepEqual([dice!.means, dice!.difference], [[0.5, 0.75], 0.25]);
});

Deno.test("compareRuns refuses runs of other patients or classes by naming them", () => {
  const a = run("A", [1, 2, 3], ["x", "y", "z"]);
  assert.throws(() => compareRuns([a, run("B", [1, 2, 3], ["x", "y", "w"])], 0), {
    name: "InputError",
    message: "Cannot compare runs: only A has z; only B has w",
  });
  const other = run("B", [1, 2, 3], ["x", "y", "z"], { "1": "left", "2": "right" });
  assert.throws(
    () => compareRuns([a, other], 0),
    /A has the classes foreground, and B left \(1\), right \(2\)/,
  );
});

Deno.test("comparisons are a CSV and a Markdown table", () => {
  const names = { "1": "left", "2": "right" };
  const values = [0.5, 0.6, 0.7, 0.8, 0.9];
  const ids = values.map((_, i) => `p${i}`);
  const a = run("A", values, ids, names);
  const b = run("B", values.map((value, i) => value + 0.01 * (i + 1)), ids, names);
  const rows = compareRuns([a, b], 0);
  const csv = comparisonCsv(rows, names).trim().split("\n");
  assert.equal(
    csv[0],
    "run,compared with,class,score,cases,mean before,mean,difference,ci95_low,ci95_high,p",
  );
  assert.equal(csv.length, 7);
  assert.match(csv[1]!, /^B,A,left,Dice,5,0\.7,0\.73\d*,0\.03\d*,0\.0[12]\d*,0\.0[34]\d*,0\.0625$/);
  assert.match(csv[2]!, /^B,A,left,HD95,0,,,,,,$/);
  assert.match(csv[4]!, /^B,A,right,Dice,5,/);
  const markdown = comparisonMarkdown(rows, names).trim().split("\n");
  assert.equal(markdown.length, 8);
  assert.match(
    markdown[2]!,
    /^\| B \| A \| left \| Dice \| 5 \| 0\.7000 \| 0\.7300 \| 0\.0300 \| 0\.0\d+ to 0\.0\d+ \| 0\.0625 \|$/,
  );
  assert.match(markdown[3]!, /\| 0 \| – \| – \| – \| – \| – \|$/);
  const [row] = rows as [typeof rows[0]];
  const small = [0.0005, 0.0001, 0.00009].map((p) => ({ ...row, p }));
  const ends = comparisonMarkdown(small, names).trim().split("\n").slice(2);
  assert.deepEqual(ends.map((line) => line.split(" | ").at(-1)), [
    ...["0.0005 |", "0.0001 |", "< 0.0001 |"],
  ]);
});
