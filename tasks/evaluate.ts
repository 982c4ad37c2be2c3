/**
 * `deno task evaluate`: scores a trained run.
 *
 * @module
 */

import { INTERRUPTED, saveAtSignals } from "./support/interrupt.ts";
import { join } from "@std/path";
import { initBackend } from "../lib/backend.ts";
import { DoubtStudy } from "../lib/evaluation/doubt/doubt_study.ts";
import { caseQualities, describeCorrelation } from "../lib/evaluation/case_quality.ts";
import { evaluateCases } from "../lib/evaluation/evaluate_cases.ts";
import { formatScores } from "../lib/evaluation/format_scores.ts";
import type { Postprocess } from "../lib/evaluation/postprocess.ts";
import { UNCERTAINTY_SAMPLES } from "../lib/evaluation/predict_case.ts";
import type { EvaluationSummary } from "../lib/evaluation/summary.ts";
import type { CaseSource } from "../lib/slices/discovery/case_source.ts";
import { discoverCases } from "../lib/slices/discovery/discover_cases.ts";
import { requireCases } from "../lib/slices/split/require_cases.ts";
import type { Split } from "../lib/slices/split/split_cases.ts";
import { InputError } from "../lib/support/errors.ts";
import { counted, namesOf } from "../lib/support/names_of.ts";
import { readRun } from "../lib/training/run_folder.ts";
import { createTask, numberFlag, Option, parseTask, runTask } from "./support/cli.ts";
import { evaluationFolder } from "./support/evaluation_folder.ts";
import { configFlag } from "./support/flags.ts";
import { chosenPostprocess, postprocessFlag } from "./support/postprocess_flag.ts";
import { backendOptions, formatDice, requireFlag, showScore } from "./support/run.ts";
import { readTrainedRun, runFolders } from "./support/trained_models.ts";
import { storeChoices, writeStudy } from "./support/uncertainty.ts";

type Part = "test" | "validation" | "train";

interface Flags {
  run?: string;
  split: Part;
  weights: "best" | "last";
  data?: string;
  cases?: "test" | "all";
  out?: string;
  postprocess?: Postprocess;
  uncertainty?: boolean;
  samples?: number;
  backend?: string;
  threads?: number;
}

const command = createTask(
  "evaluate",
  "Score a trained run on one part of its patients, or on another data set. Writes " +
    "summary.json, summary.csv, the predicted masks, and a figure of the scores with the worst " +
    "and best cases.",
)
  .option("--run <folder>", "the run, for example runs/NAME")
  .addOption(
    new Option("--split <part>", "which of the run's patients")
      .choices(["test", "validation", "train"]).default("test"),
  )
  .addOption(
    new Option("--weights <which>", "weights of the best or of the last epoch")
      .choices(["best", "last"]).default("best"),
  )
  .option("--data <folder>", "the data set (default: the run's)")
  .addOption(
    new Option(
      "--cases <which>",
      "test: the run's patients (see --split); all: every labelled case in the data set",
    ).choices(["test", "all"]),
  )
  .option(
    "--out <folder>",
    "output folder (default: the run for its test patients, else run/evaluation-…)",
  )
  .addOption(postprocessFlag())
  .option(
    "--uncertainty",
    "predict each case several times: where predictions differ (variances/), every measure of " +
      "doubt of each case, how well each finds bad masks, and the calibration of probabilities; " +
      "with --split validation, the best measure and the temperatures are stored with the run",
  )
  .option(
    "--samples <n>",
    "number of predictions, with different fire masks, to average (default: 1, with " +
      `--uncertainty ${UNCERTAINTY_SAMPLES})`,
    numberFlag({ integer: true, min: 1 }),
  )
  .addOption(configFlag("backend"))
  .addOption(configFlag("threads"));

await runTask(async () => {
  const flags = await parseTask<Flags>(command);
  const folder = requireFlag(flags.run, "run", "Give the folder of a training, such as runs/NAME");
  const { uncertainty = false, samples = uncertainty ? UNCERTAINTY_SAMPLES : 1 } = flags;
  if (uncertainty && samples < 2) {
    throw new InputError("Cannot measure uncertainty: there is only one sample", {
      code: "bad-command-line",
      hint: "Use --samples 2 or more, or omit it",
    });
  }
  const { config, inputs, load } = await readTrainedRun(folder);
  const splits = await Promise.all(
    (await runFolders(folder)).map(async (path) => (await readRun(path)).split),
  );
  const data = flags.data ?? config.data;
  const { cases } = await discoverCases(data);
  const sources = chooseCases(cases, splits, { ...flags, data, folder });
  const out = flags.out ?? evaluationFolder(folder, flags);

  const backend = await initBackend(backendOptions(flags, config));
  using stopping = saveAtSignals("Stopping …");
  const { signal } = stopping;
  console.log(`Backend  ${backend.describe()}`);
  const run = await load(flags.weights);
  const { batchSize, seed } = config;
  const { targets } = inputs;
  const patients = Object.assign({}, ...splits.map(({ patients }) => patients));
  const study = new DoubtStudy({
    ...{ batchSize, seed, samples, signal, targets, calibration: run.calibration },
    patientOf: (id) => patients[id] ?? id,
  });
  try {
    const summary = await evaluateCases({
      ...{ models: run.models, sources, out, batchSize, seed, samples, signal },
      ...(uncertainty && { onPredicted: (predicted) => study.add(predicted) }),
      predictions: join(out, "predictions"),
      variances: uncertainty ? join(out, "variances") : null,
      postprocess: chosenPostprocess(flags.postprocess, run),
      onProgress: showScore,
    });
    for (const problem of summary.problems) console.error(`warning: ${problem}`);
    const which = flags.cases === "all" ? data : `the ${flags.split} part`;
    console.log(`${counted(summary.metric_per_case.length, "case")} of ${which}`);
    for (const line of formatScores(summary)) console.log(`  ${line}`);
    const { drawEvaluation } = await import("../lib/plots/draw_evaluation.ts"); // slow to load
    const { skipped } = await drawEvaluation(out, { data, settings: inputs });
    for (const what of skipped) console.error(`Not drawn: ${what}`);
    console.log(
      `Every case is in ${join(out, "summary.csv")}, the masks in ${join(out, "predictions")}, ` +
        `the figure is ${join(out, "plots", "evaluation.png")}`,
    );
    if (uncertainty) {
      await showUncertainty(summary, samples, out);
      await writeStudy(study, { out, targets, samples, seed });
      if (isOwnValidation(flags)) await storeChoices(study, folder);
    }
    return 0;
  } catch (error) {
    if (!signal.aborted) throw error;
    return INTERRUPTED;
  } finally {
    run.dispose();
    backend.dispose();
  }
});

/** The cases to score. A warning lists those that the run was trained on. */
function chooseCases(
  cases: readonly CaseSource[],
  splits: readonly Split[],
  { split: part, cases: which, data, folder }: Flags & { data: string; folder: string },
): CaseSource[] {
  const known = new Set(splits.flatMap(({ train, validation }) => [...train, ...validation]));
  if (which === "all") {
    const labelled = cases.filter(({ files }) => files[0]!.label !== null);
    const seen = labelled.map(({ id }) => id).filter((id) => known.has(id));
    if (seen.length > 0) {
      console.error(
        `warning: ${counted(seen.length, "case")} took part in training: ${namesOf(seen)}. ` +
          "Unless these are other patients with the same names, their scores are too high",
      );
    }
    return labelled;
  }
  const [split, ...others] = splits as [Split, ...Split[]];
  if (others.length > 0) {
    throw new InputError("Cannot score: every patient was used to train some of the folds", {
      code: "bad-run",
      path: folder,
      hint: "The scores of its folds are in its summary.json; score other patients with " +
        "--data FOLDER --cases all, or one fold with --run",
    });
  }
  const ids = split[part];
  if (ids.length === 0) {
    throw new InputError(`Cannot score: the run has no ${part} patients`, {
      code: "bad-run",
      path: folder,
    });
  }
  const there = new Map(cases.map((source) => [source.id, source]));
  try {
    requireCases(ids, there.keys(), data);
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    throw new InputError(error.message, {
      code: error.code,
      hint: `${error.hint}. Score every case of another data set with --cases all`,
      cause: error,
    });
  }
  return ids.map((id) => there.get(id)!);
}

/** Whether the cases are those on which a run's choices are made. */
function isOwnValidation({ split, weights, cases }: Flags): boolean {
  return split === "validation" && weights === "best" && cases !== "all";
}

/** Prints each case's quality metric and its correlation with Dice, and draws both. */
async function showUncertainty(
  summary: EvaluationSummary,
  samples: number,
  out: string,
): Promise<void> {
  const cases = caseQualities(summary);
  console.log(`NCA quality metric of ${samples} samples (0: all agree), and volume Dice:`);
  for (const { case: id, quality, dice } of cases) {
    console.log(`  ${quality.toFixed(4)}  ${id}  ${formatDice(dice)}`);
  }
  console.log(`  ${describeCorrelation(cases)}`);
  console.log(`The variance at each voxel is in ${join(out, "variances")}`);
  if (!cases.some(({ quality, dice }) => Number.isFinite(quality + dice))) return;
  const { plotQuality } = await import("../lib/plots/quality.ts");
  const figure = join(out, "plots", "quality");
  await plotQuality(cases).saveBoth(figure);
  console.log(`The figure is ${figure}.png`);
}
