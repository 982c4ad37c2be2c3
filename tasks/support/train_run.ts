/**
 * One training of `deno task train`: prepare, train, score, draw.
 *
 * @module
 */

import { join } from "@std/path";
import {
  choosePostprocess,
  formatPostprocess,
  type PostprocessChoice,
  writePostprocess,
} from "../../lib/evaluation/choose_postprocess.ts";
import { evaluateCases } from "../../lib/evaluation/evaluate_cases.ts";
import { formatScores } from "../../lib/evaluation/format_scores.ts";
import { discoverCases, formatReport, modelInputs } from "../../lib/slices/mod.ts";
import { requireCases } from "../../lib/slices/split/require_cases.ts";
import { problemLines } from "../../lib/slices/verify/problems.ts";
import { counted } from "../../lib/support/names_of.ts";
import { StatusLine } from "../../lib/support/status_line.ts";
import { whyUnmirrored } from "../../lib/training/augment.ts";
import {
  type Config,
  initialModel,
  prepareData,
  type PreparedData,
  readRun,
  requireSameSources,
  terminalProgress,
  trainMedNca,
} from "../../lib/training/mod.ts";
import { saveAtSignals } from "./interrupt.ts";
import { requireSound, showScore } from "./run.ts";
import { readTrainedRun } from "./trained_models.ts";
import { chooseDoubtAndTemperatures } from "./uncertainty.ts";

/** Options of {@linkcode trainRun}. */
export interface TrainRunOptions {
  /** Whether to resume the run in `config.out`. */
  readonly resume: boolean;
  /** Whether to continue although images or labels have changed since the run started. */
  readonly acceptChanges: boolean;
  /** Whether the user named the folder of the prepared slices. */
  readonly isPreparedNamed: boolean;
  /** Whether the slices were prepared before and are only read. */
  readonly isReadOnly: boolean;
}

/** The result of a training; `epoch` and `best` are counted from 1. */
export type TrainRunResult =
  | { readonly status: "done"; readonly best: number | null }
  | { readonly status: "stopped"; readonly epoch: number }
  | { readonly status: "trained" };

/** Trains a run, scores its held-out patients and draws its figures, with progress messages. */
export async function trainRun(config: Config, options: TrainRunOptions): Promise<TrainRunResult> {
  const { resume, isReadOnly } = options;
  const { out, data, epochs, preset } = config;
  if (resume && !options.acceptChanges) await requireSameSources(out, data);
  using line = new StatusLine();
  using prepared = await prepareData(config, {
    ...(resume ? { split: (await readRun(out)).split } : {}),
    ...{ isTrusted: options.isPreparedNamed, isReadOnly },
    onProgress: ({ done, total }) => line.count(done, total, "cases prepared"),
  });
  describeData(prepared, config);
  console.log(`Run       ${out}, preset ${preset}, ${counted(epochs, "epoch")}`);

  // From here on; a case that is prepared is kept whatever happens
  using stopping = saveAtSignals("Stopping after this step, saving …");
  const { signal } = stopping;
  const { split, train, validation } = prepared;
  const model = resume || config.init === ""
    ? null
    : await initialModel(config.init, config, modelInputs(prepared.prepared.manifest, split.train));
  const result = await trainMedNca({
    train,
    ...(validation === undefined ? {} : { validation }),
    ...(model === null ? {} : { model }),
    ...{ config, split, out, resume, signal },
    progress: terminalProgress(),
  });
  result.model.dispose();
  if (result.aborted) return { status: "stopped", epoch: result.history.length + 1 };
  try {
    await score(config, split, signal);
    await draw(out);
  } catch (error) {
    if (!signal.aborted) throw error;
    return { status: "trained" };
  }
  return { status: "done", best: result.best?.epoch ?? null };
}

function describeData(
  { prepared, splitProblems, split }: PreparedData,
  { leaveOut, augment }: Config,
): void {
  if (prepared.damage !== null) console.log(`Data      made again: ${prepared.damage}`);
  console.log(`Data      ${formatReport(prepared).replaceAll("\n", "\n          ")}`);
  requireSound(prepared, leaveOut);
  for (const text of problemLines(splitProblems, 5)) console.log(`          ${text.trim()}`);
  const why = augment === "affine" ? whyUnmirrored(prepared.manifest) : null;
  if (why !== null) console.log(`Augment   without mirroring, ${why}`);
  const { train, validation, test, patients = {} } = split;
  const count = (ids: readonly string[]) => new Set(ids.map((id) => patients[id] ?? id)).size;
  const noun = Object.keys(patients).length > 0 ? "Patients" : "Cases   ";
  console.log(
    `${noun}  ${count(train)} for training, ${count(validation)} for validation, ` +
      `${count(test)} held out for testing`,
  );
}

/** Chooses postprocessing, doubt and temperatures, then scores the held-out patients. */
async function score(
  config: Config,
  { validation, test, patients = {} }: PreparedData["split"],
  signal: AbortSignal,
): Promise<void> {
  const { out, data, batchSize, seed, postprocess } = config;
  const { cases } = await discoverCases(data);
  requireCases([...validation, ...test], cases.map(({ id }) => id), data);
  const sourcesOf = (ids: readonly string[]) => {
    const wanted = new Set(ids);
    return cases.filter(({ id }) => wanted.has(id));
  };
  const run = await (await readTrainedRun(out)).load("best");
  try {
    const { models } = run;
    const [{ inputs: { targets } }] = models as [(typeof models)[number]];
    const choices = postprocess !== "auto"
      ? targets.classes.map(({ name }) => asked(name, postprocess))
      : await choosePostprocess({
        ...{ models, sources: sourcesOf(validation), batchSize, seed, signal },
      });
    await writePostprocess(out, choices);
    if (postprocess === "auto" && validation.length > 0) {
      for (const text of formatPostprocess(choices)) console.log(`Masks     ${text}`);
    }
    await chooseDoubtAndTemperatures(out, {
      ...{ models, sources: sourcesOf(validation), batchSize, seed, signal },
      postprocess: choices.map(({ choice }) => choice),
      patientOf: (id) => patients[id] ?? id,
    });
    if (test.length === 0) return;
    console.log(`\nHeld-out cases, with the best weights`);
    const summary = await evaluateCases({
      ...{ models, sources: sourcesOf(test), out, batchSize, seed, samples: 1, signal },
      predictions: join(out, "predictions"),
      variances: null,
      postprocess: choices.map(({ choice }) => choice),
      onProgress: showScore,
    });
    for (const text of formatScores(summary)) console.log(`  ${text}`);
  } finally {
    run.dispose();
  }
}

function asked(name: string, choice: PostprocessChoice["choice"]): PostprocessChoice {
  const unknown = null; // postprocessing set by the user has no comparison
  return {
    ...{ name, choice },
    dice: {
      "none": unknown,
      "largest": unknown,
      "fill-holes": unknown,
      "largest+fill-holes": unknown,
    },
  };
}

async function draw(out: string): Promise<void> {
  const { plotRun } = await import("../../lib/plots/plot_run.ts"); // slow to load, needed only here
  const { skipped } = await plotRun(out);
  for (const reason of skipped) console.error(`Not drawn: ${reason}`);
}
