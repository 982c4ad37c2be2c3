/**
 * Scores models on the cases of a data set.
 *
 * @module
 */

import { join } from "@std/path";
import type { Case, Targets } from "../slices/case.ts";
import type { CaseSource } from "../slices/discovery/case_source.ts";
import { InputError } from "../support/errors.ts";
import { openViews } from "./open_views.ts";
import {
  type CasePrediction,
  type ModelView,
  predictCase,
  type PredictCaseOptions,
  type TrainedModel,
} from "./predict_case.ts";
import { type Postprocess, postprocessCase } from "./postprocess.ts";
import { maskGrid, scoreCase } from "./score_case.ts";
import { classSuffixes, scoreLabels } from "./score_labels.ts";
import { type SliceScoreRow, sliceScores, writeSliceScores } from "./slice_scores.ts";
import { caseDice, type EvaluationSummary, type ScoredCase, summarize } from "./summary.ts";
import { writeSummary } from "./summary_files.ts";

/** Progress of {@linkcode evaluateCases}. */
export interface EvaluationProgress {
  /** The last case done. */
  readonly case: string;
  /** Its Dice score, see `caseDice`; NaN if it is undefined. */
  readonly dice: number;
  /** The reason if it could not be scored. */
  readonly problem?: string;
  /** The number of finished cases. */
  readonly done: number;
  /** The number of cases. */
  readonly total: number;
}

/** A case that was predicted and scored. */
export interface PredictedCase {
  readonly views: readonly ModelView[];
  readonly opened: Case;
  readonly prediction: CasePrediction;
  readonly scored: ScoredCase;
}

/** What {@linkcode evaluateCases} takes. */
export interface EvaluateCasesOptions
  extends Pick<PredictCaseOptions, "batchSize" | "seed" | "samples" | "signal"> {
  /** One model, or an ensemble. */
  readonly models: readonly TrainedModel[];
  /** The cases to score, with labels. */
  readonly sources: readonly CaseSource[];
  /** The postprocessing of each class. */
  readonly postprocess: readonly Postprocess[];
  /**
   * The folder for `summary.json`, `summary.csv` and `slice_scores.csv`; null: they are not
   * written.
   */
  readonly out: string | null;
  /**
   * The folder for the predicted masks, in the space of their images; null: they are not written.
   */
  readonly predictions: string | null;
  /** The folder for the variance of the probability over several runs; null: it is not written. */
  readonly variances: string | null;
  /**
   * Called for each case, with probabilities and the mask of every run, to measure more; awaited.
   */
  readonly onPredicted?: (predicted: PredictedCase) => Promise<void>;
  /** Called after each case. */
  readonly onProgress?: (progress: EvaluationProgress) => void;
}

/**
 * Scores models on cases: each image is read, predicted, and compared with its label in its own
 * grid. The pictures of a case are scored together. Use this for results; `evalMedNca` scores
 * prepared slices during training.
 *
 * A case that cannot be read is left out, and listed among the problems.
 *
 * @returns The scores of each case and their means.
 * @throws {InputError} If no case can be scored; the error lists the reasons.
 * @throws The signal's reason, if it was aborted.
 */
export async function evaluateCases(options: EvaluateCasesOptions): Promise<EvaluationSummary> {
  const { models, sources, signal, onProgress, seed, out } = options;
  const problems: string[] = [];
  const scored: ScoredCase[] = [];
  const slices: SliceScoreRow[] = [];
  for (const [i, source] of sources.entries()) {
    signal?.throwIfAborted();
    const place = { case: source.id, done: i + 1, total: sources.length };
    try {
      const result = await scoreSource(source, options, problems, slices);
      scored.push(result);
      onProgress?.({ ...place, dice: caseDice(result) });
    } catch (error) {
      if (!(error instanceof InputError) || error.code === "cannot-write") throw error;
      problems.push(`${source.id}: ${error.message}`);
      onProgress?.({ ...place, dice: NaN, problem: error.message });
    }
  }
  if (scored.length === 0) throw nothingScored(sources, problems);
  const names = Object.fromEntries(
    scoreLabels(models[0]!.inputs.targets).map(({ key, name }) => [key, name]),
  );
  const summary = summarize(scored, { names, problems, seed });
  if (out !== null) {
    await writeSummary(out, summary);
    await writeSliceScores(join(out, "slice_scores.csv"), slices);
  }
  return summary;
}

/** The error if no case was scored, with the problems of the first ones. */
export function nothingScored(
  sources: readonly CaseSource[],
  problems: readonly string[],
): InputError {
  const shown = problems.slice(0, 5).join("; ");
  const more = problems.length > 5 ? `; and ${problems.length - 5} more` : "";
  const count = sources.length === 1 ? "the case cannot" : `none of ${sources.length} cases can`;
  return new InputError(`Cannot score: ${count} be used: ${shown}${more}`, {
    code: "bad-data-set",
    path: sources[0]?.folder ?? "",
  });
}

async function scoreSource(
  source: CaseSource,
  options: EvaluateCasesOptions,
  problems: string[],
  slices: SliceScoreRow[],
): Promise<ScoredCase> {
  const { models, postprocess, predictions, variances, samples, onPredicted } = options;
  const { views, opened, warnings } = await openViews(models, source, true);
  problems.push(...warnings.map((message) => `${source.id}: ${message}`));
  const { targets } = models[0]!.inputs;
  const [reference] = opened.labels ?? [];
  if (reference === undefined) {
    throw new InputError("label is missing", { code: "bad-data-set", path: source.id });
  }
  const several = models.length * samples > 1;
  const prediction = await predictCase(views, {
    ...options,
    keepProbabilities: true,
    keepRuns: onPredicted !== undefined,
    onProgress: () => {},
  });
  const masks = postprocessCase(prediction.masks, opened, postprocess, targets);
  const labels = opened.indices.map((index) => opened.label(index).data);
  const { indices } = opened;
  slices.push(...sliceScores({ case: source.id, indices, masks, labels }, targets));
  const files = predictions === null ? [] : await opened.save(predictions, masks, { suffix: "" });
  if (several && variances !== null) await saveVariances(variances, opened, prediction, targets);
  const scored: ScoredCase = {
    case: source.id,
    reference_file: reference,
    prediction_file: files[0] ?? null,
    metrics: scoreCase(masks, labels, prediction.probabilities, maskGrid(opened), targets),
    ...(several && { quality: prediction.quality }),
  };
  await onPredicted?.({ views, opened, prediction, scored });
  return scored;
}

/** Writes the variance of the probability: the square of the deviation, at most 0.25. */
async function saveVariances(
  folder: string,
  opened: Case,
  { deviations }: CasePrediction,
  targets: Targets,
): Promise<void> {
  for (const [i, suffix] of classSuffixes("", targets).entries()) {
    const planes = deviations[i]!.map((plane) => plane.map((value) => value * value));
    await opened.save(folder, planes, { suffix });
  }
}
