import assert from "node:assert/strict";
import { join } from "@std/path";
import type { CaseMetrics } from "../../lib/evaluation/case_metrics.ts";
import { bootstrapInterval } from "../../lib/evaluation/statistics.ts";
import { METRICS, summarize } from "../../lib/evaluation/summary.ts";
import { writeSummary } from "../../lib/evaluation/summary_files.ts";
import { inFolder, runTaskIn } from "./support/run_task.ts";

async function writeRun(folder: string, dice: Record<string, number>): Promise<void> {
  const cases = Object.entries(dice).map(([id, value]) => ({
    case: id,
    reference_file: "",
    prediction_file: null,
    metrics: {
      "1": {
        ...Object.fromEntries(METRICS.map((name) => [name, NaN])),
        ...{ Dice: value, HD95: 1 / value },
      } as CaseMetrics,
    },
  }));
  await writeSummary(folder, summarize(cases, { names: { "1": "" }, problems: [], seed: 0 }));
}

Deno.test("deno task compare shows paired differences as a table, and writes it", () =>
  inFolder(async (folder) => {
    await writeRun(join(folder, "runs/a"), { p: 0.5, q: 0.6, r: 0.7, s: 0.8, t: 0.9 });
    await writeRun(join(folder, "runs/b"), { t: 0.95, s: 0.84, r: 0.73, q: 0.62, p: 0.51 });
    const { code, out, error } = await runTaskIn(
      folder,
      "compare",
      ...["runs/a", "runs/b", "--out", "compared", "--seed", "3"],
    );
    assert.equal(code, 0, error);
    assert.match(
      out,
      /\| runs\/b \| runs\/a \| foreground \| Dice \| 5 \| 0\.7000 \| 0\.7300 \| 0\.0300 \| .* \| 0\.0625 \|/,
    );
    const markdown = await Deno.readTextFile(join(folder, "compared", "comparison.md"));
    assert.ok(out.startsWith(markdown));
    const table = await Deno.readTextFile(join(folder, "compared", "comparison.csv"));
    assert.match(
      table,
      /^run,compared with,class,.*\nruns\/b,runs\/a,foreground,Dice,5,/,
    );

    // HD95 is 1 / Dice here
    const before = [0.5, 0.6, 0.7, 0.8, 0.9];
    const differences = [0.51, 0.62, 0.73, 0.84, 0.95].map((dice, i) => 1 / dice - 1 / before[i]!);
    const interval = (seed: number) => bootstrapInterval(differences, { seed }).join();
    assert.notEqual(interval(3), interval(0));
    assert.ok(table.includes(`,${interval(3)},0.0625\n`), table);

    // A line a case, five that got better, and no other
    const svg = await Deno.readTextFile(join(folder, "compared", "comparison.svg"));
    assert.match(svg, /foreground.*5 cases, \+0\.030 .*p = 0\.0625/s);
    assert.equal(svg.split(`stroke="#0072b2"`).length - 1, 5);
    assert.equal(svg.split(`stroke="#d55e00"`).length - 1, 0);

    await writeRun(join(folder, "runs/c"), { p: 0.5, q: 0.6, r: 0.7, s: 0.8, other: 0.9 });
    const refused = await runTaskIn(folder, "compare", "runs/a", "runs/c");
    assert.equal(refused.code, 1);
    assert.match(refused.error, /only runs\/a has t; only runs\/c has other/);
    const alone = await runTaskIn(folder, "compare", "runs/a");
    assert.equal(alone.code, 2);
    assert.match(alone.error, /only one run was given/);
    const unscored = await runTaskIn(folder, "compare", "runs/a", "runs/none");
    assert.match(unscored.error, /no scores: runs\/none\nScore it first with deno task evaluate/);
  }));
