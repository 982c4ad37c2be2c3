/**
 * The cross-validation of `deno task train`: a run for every fold, then the scores of all.
 *
 * @module
 */

import { join } from "@std/path";
import { formatScores } from "../../lib/evaluation/format_scores.ts";
import {
  type CrossValidationSummary,
  formatFolds,
  mergeSummaries,
} from "../../lib/evaluation/merge_summaries.ts";
import {
  readSliceScores,
  type SliceScoreRow,
  writeSliceScores,
} from "../../lib/evaluation/slice_scores.ts";
import { readSummary, writeSummary } from "../../lib/evaluation/summary_files.ts";
import { InputError } from "../../lib/support/errors.ts";
import { exists } from "../../lib/support/files.ts";
import { lockFolder } from "../../lib/support/output_folder.ts";
import {
  type Config,
  foldConfig,
  type FoldsState,
  readFolds,
  runPaths,
  writeFolds,
} from "../../lib/training/mod.ts";
import { trainRun, type TrainRunOptions, type TrainRunResult } from "./train_run.ts";

/**
 * Trains all unfinished folds, one after the other, each in its own folder, and merges their
 * scores. Interrupted at any moment and resumed, it ends with the same files.
 */
export async function trainFolds(
  config: Config,
  options: TrainRunOptions,
): Promise<TrainRunResult> {
  const { out, folds, epochs } = config;
  using _lock = await lockFolder(out, "train");
  const before = await readFolds(out);
  let state: FoldsState = { config, done: before?.config.epochs === epochs ? before.done : [] };
  await writeFolds(out, state);
  for (let fold = 0; fold < folds; fold++) {
    console.log(`\nFold ${fold + 1} of ${folds}${state.done.includes(fold) ? ": done" : ""}`);
    if (state.done.includes(fold)) continue;
    const own = foldConfig(config, fold);
    const resume = await exists(runPaths(own.out).checkpoint);
    const result = await trainRun(own, { ...options, resume });
    if (result.status !== "done") return result;
    state = { config, done: [...state.done, fold] };
    await writeFolds(out, state);
  }
  const merged = await gatherFolds(config);
  console.log(
    `\nAll ${merged.metric_per_case.length} cases, each scored by the fold that held it out`,
  );
  for (const line of [...formatFolds(merged, "Dice"), "", ...formatScores(merged)]) {
    console.log(`  ${line}`);
  }
  return { status: "done", best: null };
}

/**
 * Ends a cross-validation whose folds are all trained and scored: merges their scores, draws them,
 * and notes that all are done, so that its folder can be used as a run.
 *
 * @throws {InputError} If a fold has no scores.
 */
export async function gatherFolds(config: Config): Promise<CrossValidationSummary> {
  const { out } = config;
  const merged = await mergeFolds(config);
  await writeFolds(out, { config, done: Array.from({ length: config.folds }, (_, fold) => fold) });
  await writeSummary(out, merged);
  await writeSliceScores(join(out, "slice_scores.csv"), await slicesOfFolds(config));
  await draw(out, merged);
  return merged;
}

/** Merges the scores of all folds. */
async function mergeFolds(config: Config): Promise<CrossValidationSummary> {
  const parts = [];
  for (let fold = 0; fold < config.folds; fold++) {
    const { out } = foldConfig(config, fold);
    const summary = await readSummary(out);
    if (summary === undefined) {
      throw new InputError("Cannot merge the scores of folds: the fold has none", {
        code: "bad-run",
        path: out,
        hint: `Score it again with deno task evaluate --run ${out}`,
      });
    }
    parts.push({ fold, summary });
  }
  return mergeSummaries(parts);
}

/** The slices of all folds; none of a fold that an older version scored. */
async function slicesOfFolds(config: Config): Promise<SliceScoreRow[]> {
  const parts = [];
  for (let fold = 0; fold < config.folds; fold++) {
    const { out } = foldConfig(config, fold);
    parts.push(await readSliceScores(join(out, "slice_scores.csv")) ?? []);
  }
  return parts.flat();
}

async function draw(out: string, merged: CrossValidationSummary): Promise<void> {
  const { drawSliceScores, plotEvaluation } = await import("../../lib/plots/mod.ts"); // slow to load
  const figure = plotEvaluation(merged, { title: "Scores by case, all folds" });
  await figure.saveBoth(join(out, "plots", "evaluation"));
  await drawSliceScores(out);
}
