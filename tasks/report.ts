/**
 * `deno task report`: writes a page about a training.
 *
 * @module
 */

import "./support/interrupt.ts";
import { join } from "@std/path";
import { runReport } from "../lib/exchange/run_report.ts";
import { writeFileAtomic } from "../lib/support/files.ts";
import { createTask, parseTask, runTask } from "./support/cli.ts";
import { requireFlag } from "./support/run.ts";

const command = createTask(
  "report",
  "Write a page about a training, to send to a colleague: scores, worst cases, curves, split, " +
    "settings, versions. It is a single HTML file that needs no network.",
)
  .option("--run <folder>", "a run or a cross-validation, for example runs/NAME")
  .option("--out <file>", "the file to write (default: report.html in the run's folder)");

await runTask(async () => {
  const { run, out } = await parseTask<{ run?: string; out?: string }>(command);
  const folder = requireFlag(run, "run", "Give the folder of a training, such as runs/NAME");
  const { html, missing } = await runReport(folder);
  const path = out ?? join(folder, "report.html");
  await writeFileAtomic(path, html);
  console.log(path);
  for (const what of missing) console.error(`left out: ${what}`);
});
