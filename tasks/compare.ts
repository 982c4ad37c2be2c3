/**
 * `deno task compare`: compares runs.
 *
 * @module
 */

import "./support/interrupt.ts";
import { join } from "@std/path";
import {
  compareRuns,
  comparisonCsv,
  comparisonMarkdown,
  type NamedSummary,
} from "../lib/evaluation/compare_runs.ts";
import { labelNames } from "../lib/evaluation/summary.ts";
import { readSummary } from "../lib/evaluation/summary_files.ts";
import { InputError } from "../lib/support/errors.ts";
import { writeFileAtomic } from "../lib/support/files.ts";
import { createTask, numberFlag, parseTask, runTask } from "./support/cli.ts";
import { userPath } from "./support/paths.ts";

interface Flags {
  out?: string;
  seed: number;
}

const command = createTask(
  "compare",
  "Compare runs that were scored on the same patients with the first of them, case by case: the " +
    "mean difference with its 95 % bootstrap interval, and Wilcoxon's signed-rank test",
)
  .argument("<runs...>", "two or more folders with a summary.json, such as runs/A runs/B")
  .option(
    "--out <folder>",
    "write the table as comparison.csv and .md and a figure of the pairs here",
  )
  .option(
    "--seed <n>",
    "seed of the bootstrap",
    numberFlag({ integer: true, min: 0, max: 2 ** 32 - 1 }),
    0,
  );

await runTask(async () => {
  const flags = await parseTask<Flags>(command);
  const folders = (command.processedArgs[0] as string[]).map(userPath);
  if (folders.length < 2) {
    throw new InputError("Cannot compare: only one run was given", {
      code: "bad-command-line",
      hint: "Give two or more runs, for example deno task compare runs/A runs/B",
    });
  }
  const runs = await Promise.all(folders.map(readRun));
  const rows = compareRuns(runs, flags.seed);
  const names = labelNames(runs[0]!.summary);
  const table = comparisonMarkdown(rows, names);
  console.log(table);
  console.log(
    "difference: the run minus the one it is compared with, in cases where both are defined; " +
      "p is not corrected for multiple comparisons",
  );
  if (flags.out === undefined) return;
  await writeFileAtomic(join(flags.out, "comparison.md"), table);
  await writeFileAtomic(join(flags.out, "comparison.csv"), comparisonCsv(rows, names));
  const { plotPairs } = await import("../lib/plots/plot_pairs.ts"); // slow to load
  await plotPairs(rows, names).saveBoth(join(flags.out, "comparison"));
  console.log(`The tables and the figure are in ${flags.out}`);
});

async function readRun(folder: string): Promise<NamedSummary> {
  const summary = await readSummary(folder);
  if (summary !== undefined) return { name: folder.replace(/\/+$/, ""), summary };
  throw new InputError("Cannot compare: the run has no scores", {
    code: "bad-run",
    path: folder,
    hint: `Score it first with deno task evaluate --run ${folder}`,
  });
}
