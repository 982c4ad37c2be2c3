/**
 * The figure of an evaluation, from its files.
 *
 * @module
 */

import { join } from "@std/path";
import { caseDice, type EvaluationSummary, type ScoredCase } from "../evaluation/summary.ts";
import { readSummary } from "../evaluation/summary_files.ts";
import { readSliceScores } from "../evaluation/slice_scores.ts";
import { discoverCases } from "../slices/discovery/discover_cases.ts";
import type { ModelInputs } from "../slices/model_inputs.ts";
import { InputError } from "../support/errors.ts";
import { plotEvaluation } from "./plot_evaluation.ts";
import { scoredSlice } from "./scored_slice.ts";
import { plotSliceScores } from "./slice_scores.ts";
import type { PredictionSample } from "./visualize_predictions.ts";

/** What {@linkcode drawEvaluation} needs beside the summary. */
export interface DrawEvaluationOptions {
  /** The data folder that was scored. */
  data: string;
  /** The settings of the model's slices. */
  settings: ModelInputs;
}

/** The number of worst cases, and of best cases, to show. */
const SHOWN = 2;

/**
 * Draws `plots/evaluation.png` and `.svg` into a folder that holds `summary.json` and
 * `predictions`: see {@linkcode plotEvaluation}. Slices that cannot be read are left out and
 * listed. Where there is a `slice_scores.csv`, adds `slice_scores.png` and `.svg`.
 *
 * @param folder The folder with the scores.
 * @returns The files written, and what could not be drawn.
 * @throws {InputError} If there is no summary.
 * @throws {RangeError} If no Dice score is defined.
 */
export async function drawEvaluation(
  folder: string,
  options: DrawEvaluationOptions,
): Promise<{ files: string[]; skipped: string[] }> {
  const summary = await readSummary(folder);
  if (summary === undefined) {
    throw new InputError("Cannot draw: nothing was scored", { code: "bad-run", path: folder });
  }
  const skipped: string[] = [];
  let samples: PredictionSample[] = [];
  try {
    samples = await extremeSlices(folder, summary, options);
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    skipped.push(`slices of the worst and the best cases: ${error.message}`);
  }
  const evaluation = plotEvaluation(summary, { samples, targets: options.settings.targets });
  const files = await evaluation.saveBoth(join(folder, "plots", "evaluation"));
  return { files: [...files, ...await drawSliceScores(folder)], skipped };
}

/**
 * Draws `plots/slice_scores.png` and `.svg` into a folder that holds `slice_scores.csv`.
 *
 * @returns The files written; none if there is nothing to draw.
 * @throws {InputError} If the file is of another kind.
 */
export async function drawSliceScores(folder: string): Promise<string[]> {
  const scores = await readSliceScores(join(folder, "slice_scores.csv"));
  const figure = scores === undefined ? null : plotSliceScores(scores);
  return await figure?.saveBoth(join(folder, "plots", "slice_scores")) ?? [];
}

/**
 * For each of the worst and best cases by Dice: the slice with the most foreground, with both
 * masks, turned for display.
 *
 * @param folder Its `predictions` holds the masks.
 * @throws {InputError} If an image, a label or a mask cannot be read.
 */
export async function extremeSlices(
  folder: string,
  summary: EvaluationSummary,
  { data, settings }: DrawEvaluationOptions,
): Promise<PredictionSample[]> {
  const { cases } = await discoverCases(data);
  const samples: PredictionSample[] = [];
  for (const scored of extremes(summary)) {
    samples.push((await scoredSlice(folder, scored, cases, settings)).sample);
  }
  return samples;
}

/** The worst cases first, then the best, the best one last; none twice. */
function extremes(summary: EvaluationSummary): ScoredCase[] {
  const ranked = summary.metric_per_case.filter((scored) => Number.isFinite(caseDice(scored)))
    .sort((a, b) => caseDice(a) - caseDice(b));
  return [...new Set([...ranked.slice(0, SHOWN), ...ranked.slice(-SHOWN)])];
}
