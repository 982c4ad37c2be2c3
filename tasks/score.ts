/**
 * `deno task score`: scores existing masks.
 *
 * @module
 */

import "./support/interrupt.ts";
import { join } from "@std/path";
import { formatScores } from "../lib/evaluation/format_scores.ts";
import { scoreMasks } from "../lib/evaluation/score_masks.ts";
import { caseDice } from "../lib/evaluation/summary.ts";
import { writeSummary } from "../lib/evaluation/summary_files.ts";
import { createTask, parseTask, runTask } from "./support/cli.ts";
import { formatDice, requireFlag } from "./support/run.ts";

interface Flags {
  prediction?: string;
  label?: string;
  labels: string;
  out?: string;
}

const command = createTask(
  "score",
  "Score masks from any program against labels: Dice, IoU, HD95, ASSD and more for each case, " +
    "with means and intervals. Each mask must have the name of its label.",
)
  .option("--prediction <folder>", "the masks, .nii, .nii.gz or .png")
  .option("--label <folder>", "the labels")
  .option(
    "--labels <values>",
    'what to score: foreground, all, "1;2" (classes), 1,2 (one object), or whole=1+2,anterior=1 ' +
      "(regions)",
    "foreground",
  )
  .option("--out <folder>", "write summary.json and summary.csv here");

await runTask(async () => {
  const flags = await parseTask<Flags>(command);
  const summary = await scoreMasks({
    prediction: requireFlag(flags.prediction, "prediction", "Give the folder of the masks"),
    label: requireFlag(flags.label, "label", "Give the folder of the labels"),
    labels: flags.labels,
    seed: 0,
    onProgress: (scored) => console.log(`  ${scored.case}  ${formatDice(caseDice(scored))}`),
  });
  for (const problem of summary.problems) console.error(`warning: ${problem}`);
  const count = summary.metric_per_case.length;
  console.log(`${count} ${count === 1 ? "case" : "cases"}`);
  for (const line of formatScores(summary)) console.log(`  ${line}`);
  if (flags.out === undefined) return;
  await writeSummary(flags.out, summary);
  console.log(`Every case is in ${join(flags.out, "summary.csv")}`);
});
