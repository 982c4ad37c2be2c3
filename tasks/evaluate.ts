/**
 * `deno task evaluate`: the scores of a trained run.
 *
 * @module
 */

import { join } from "@std/path";
import { initBackend } from "../lib/backend.ts";
import { evaluateCases } from "../lib/evaluation/evaluate_cases.ts";
import { formatScores } from "../lib/evaluation/format_scores.ts";
import type { EvaluationSummary } from "../lib/evaluation/summary.ts";
import { UNCERTAINTY_SAMPLES } from "../lib/evaluation/uncertainty.ts";
import { MedNca } from "../lib/nca/med_nca.ts";
import { readWeights } from "../lib/nca/weights.ts";
import { InputError } from "../lib/support/errors.ts";
import { caseQualities, describeCorrelation, plotQuality } from "../lib/plots/quality.ts";
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
  uncertainty?: boolean;
  samples?: number;
  backend?: string;
  threads?: number;
}

const command = createTask(
  "evaluate",
  "Score a trained run on whole volumes of one part of its patients: summary.json, summary.csv, " +
    "the predicted masks, and a figure of the scores with the worst and the best cases",
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
    "--uncertainty",
    "ask for each prediction several times: where the answers differ (variances/), the NCA " +
      "quality metric of each case, and how it goes with Dice (plots/quality)",
  )
  .option(
    "--samples <n>",
    `runs with other masks to average over (default: 1, with --uncertainty ${UNCERTAINTY_SAMPLES})`,
    numberFlag({ integer: true, min: 1 }),
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
  const { uncertainty = false, samples = uncertainty ? UNCERTAINTY_SAMPLES : 1 } = flags;
  if (uncertainty && samples < 2) {
    throw new InputError("Cannot tell uncertainty: one sample agrees with itself", {
      code: "bad-run",
      hint: "Give --samples from 2 on, or leave it out",
    });
  }
  // Only the scores that plots and readers expect there go into the run itself.
  const usual = flags.split === "test" && flags.weights === "best";
  const out = flags.out ??
    (usual ? folder : join(folder, `evaluation-${flags.split}-${flags.weights}`));
  const data = flags.data ?? config.data;
  // Checked before the backend compiles anything for them.
  const weights = await readWeights(runPaths(folder)[flags.weights]);
  const backend = await initBackend(backendOptions(flags, weights.config));
  const signal = interruptSignal(() => console.error("\nStopping …"));
  console.log(`Backend  ${backend.describe()}`);
  const model = new MedNca(weights.config, weights);
  try {
    const summary = await evaluateCases({
      model,
      data,
      cases,
      settings: slices,
      out,
      predictions: join(out, "predictions"),
      batchSize: config.batchSize,
      seed: config.seed,
      samples,
      ...(uncertainty && { variances: join(out, "variances") }),
      signal,
      onProgress: showScore,
    });
    for (const problem of summary.problems) console.error(`warning: ${problem}`);
    console.log(`Cases of the ${flags.split} part: ${summary.metric_per_case.length}`);
    for (const line of formatScores(summary)) console.log(`  ${line}`);
    const { drawEvaluation } = await import("../lib/plots/draw_evaluation.ts"); // slow to load
    const { skipped } = await drawEvaluation(out, { data, settings: slices });
    for (const what of skipped) console.error(`Not drawn: ${what}`);
    console.log(
      `Every case is in ${join(out, "summary.csv")}, the masks in ${join(out, "predictions")}, ` +
        `the figure is ${join(out, "plots", "evaluation.png")}`,
    );
    if (uncertainty) await tellUncertainty(summary, samples, out);
    return 0;
  } catch (error) {
    if (!signal.aborted) throw error;
    return INTERRUPTED;
  } finally {
    model.dispose();
    backend.dispose();
  }
});

/** Each case's quality metric, how it goes with Dice, and the figure of both. */
async function tellUncertainty(
  summary: EvaluationSummary,
  samples: number,
  out: string,
): Promise<void> {
  const cases = caseQualities(summary);
  console.log(`NCA quality metric of ${samples} samples (0: all agree), with Dice:`);
  for (const { case: id, quality, dice } of cases) {
    console.log(`  ${quality.toFixed(4)}  ${id}  ${formatDice(dice)}`);
  }
  console.log(`  ${describeCorrelation(cases)}`);
  console.log(`The variance at each voxel is in ${join(out, "variances")}`);
  if (!cases.some(({ quality, dice }) => Number.isFinite(quality + dice))) return;
  const figure = join(out, "plots", "quality.png");
  await plotQuality(cases).save(figure);
  await plotQuality(cases).save(figure.replace(/png$/, "svg"));
  console.log(`The figure is ${figure}`);
}
