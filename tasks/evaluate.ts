/**
 * `deno task evaluate`: the scores of a trained run.
 *
 * @module
 */

import { join } from "@std/path";
import { initBackend } from "../lib/backend.ts";
import { evaluateCases } from "../lib/evaluation/evaluate_cases.ts";
import { loadWeights } from "../lib/nca/weights.ts";
import { InputError } from "../lib/support/errors.ts";
import { readRun, runPaths } from "../lib/training/run_folder.ts";
import { createTask, numberFlag, Option, parseTask, runTask } from "./support/cli.ts";
import { configFlag } from "./support/flags.ts";
import { INTERRUPTED, interruptSignal } from "./support/interrupt.ts";
import { backendOptions, formatDice, requireFlag, showScore } from "./support/run.ts";

interface Flags {
  run?: string;
  split: "test" | "validation" | "train";
  weights: "best" | "last";
  data?: string;
  out?: string;
  samples: number;
  backend?: string;
  threads?: number;
}

const command = createTask(
  "evaluate",
  "Score a trained run on whole volumes of one part of its patients: summary.json, summary.csv " +
    "and the predicted masks",
)
  .option("--run <folder>", "the run, as runs/NAME")
  .addOption(
    new Option("--split <part>", "which patients").choices(["test", "validation", "train"])
      .default("test"),
  )
  .addOption(
    new Option("--weights <which>", "weights of the best or of the last epoch")
      .choices(["best", "last"]).default("best"),
  )
  .option("--data <folder>", "the data set (default: the run's)")
  .option(
    "--out <folder>",
    "where the scores go (default: the run for test, else run/evaluation-…)",
  )
  .option(
    "--samples <n>",
    "runs with other masks to average over",
    numberFlag({ integer: true, min: 1 }),
    1,
  )
  .addOption(configFlag("backend"))
  .addOption(configFlag("threads"));

await runTask(async () => {
  const flags = await parseTask<Flags>(command);
  const folder = requireFlag(flags.run, "run", "Give the folder of a training, as runs/NAME");
  const { config, split, slices } = await readRun(folder);
  const cases = split[flags.split];
  if (cases.length === 0) {
    throw new InputError(`Cannot score: the run has no ${flags.split} patients`, {
      code: "bad-run",
      path: folder,
    });
  }
  // Only the scores that plots and readers expect there go into the run itself.
  const usual = flags.split === "test" && flags.weights === "best";
  const out = flags.out ??
    (usual ? folder : join(folder, `evaluation-${flags.split}-${flags.weights}`));
  const backend = await initBackend(backendOptions(flags, config));
  const signal = interruptSignal(() => console.error("\nStopping …"));
  console.log(`Backend  ${backend.describe()}`);
  const model = await loadWeights(runPaths(folder)[flags.weights]);
  try {
    const { mean, undefined_dice, problems } = await evaluateCases({
      model,
      data: flags.data ?? config.data,
      cases,
      settings: slices,
      out,
      predictions: join(out, "predictions"),
      batchSize: config.batchSize,
      seed: config.seed,
      samples: flags.samples,
      signal,
      onProgress: showScore,
    });
    for (const problem of problems) console.error(`warning: ${problem}`);
    const { Dice, HD95, ASSD } = mean["1"];
    console.log(`Mean of ${cases.length - undefined_dice.length} ${flags.split} patients:`);
    console.log(`  volume Dice  ${formatDice(Dice)}`);
    if (Number.isFinite(HD95)) console.log(`  HD95         ${HD95.toFixed(2)} mm`);
    if (Number.isFinite(ASSD)) console.log(`  ASSD         ${ASSD.toFixed(2)} mm`);
    console.log(
      `Every case is in ${join(out, "summary.csv")}, the masks in ${join(out, "predictions")}`,
    );
    return 0;
  } catch (error) {
    if (!signal.aborted) throw error;
    return INTERRUPTED;
  } finally {
    model.dispose();
    backend.dispose();
  }
});
