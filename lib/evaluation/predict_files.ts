/**
 * Segments the images of a folder, one after the other.
 *
 * @module
 */

import { basename, join } from "@std/path";
import { WEIGHT_FILES } from "../nca/weights.ts";
import type { Case } from "../slices/case.ts";
import type { CaseSource } from "../slices/discovery/case_source.ts";
import { compareKind } from "../slices/discovery/list_images.ts";
import { compareInput, requireLike } from "../slices/compare_input.ts";
import { countCodes } from "../slices/targets.ts";
import { outputNames } from "../slices/output_names.ts";
import { InputError } from "../support/errors.ts";
import { writeFileAtomic } from "../support/files.ts";
import { hashFile } from "../support/hash.ts";
import { calibrate } from "./calibration/temperature.ts";
import type { DoubtName } from "./doubt/doubts.ts";
import { maskFacts } from "./doubt/mask_facts.ts";
import { measureDoubts, neededFor } from "./doubt/measure_doubts.ts";
import { openViews } from "./open_views.ts";
import { type Postprocess, postprocessCase } from "./postprocess.ts";
import { predictCase, type PredictCaseOptions, type TrainedModel } from "./predict_case.ts";
import {
  type Found,
  picturePath,
  type PredictionRecord,
  predictionState,
  writeRecord,
} from "./prediction_record.ts";
import { joinPlanes } from "./score_case.ts";
import { classSuffixes } from "./score_labels.ts";
import { WorkPace } from "./work_pace.ts";

/** What {@linkcode predictFiles} takes. */
export interface PredictFilesOptions
  extends Pick<PredictCaseOptions, "batchSize" | "seed" | "samples" | "signal"> {
  /** One model, or an ensemble. */
  readonly models: readonly TrainedModel[];
  /** The folders of their weights. */
  readonly weights: readonly string[];
  /** From `listImages`. */
  readonly sources: readonly CaseSource[];
  /** The folder for the masks, which are named after the cases. */
  readonly out: string;
  /** The postprocessing of each class. */
  readonly postprocess: readonly Postprocess[];
  /** The measure of doubt; one of `ONE_RUN_DOUBTS` for a single run. */
  readonly doubt: DoubtName;
  /** The temperature of each class, for the probabilities that are written; null: as predicted. */
  readonly temperatures: readonly number[] | null;
  /** Whether to write the probability of each class too, and its deviation over several runs. */
  readonly probabilities: boolean;
  /**
   * Whether to repeat finished predictions, and overwrite files that this program did not write.
   */
  readonly overwrite: boolean;
  /** Whether to predict images that the model cannot be right about. */
  readonly force: boolean;
  /** Draws the result as a PNG, which is kept beside the record. */
  readonly draw?: (opened: Case, masks: readonly Uint8Array[]) => Uint8Array;
  /** Called during a case with the finished fraction of all work, 0 to 1. */
  readonly onProgress?: (progress: { name: string; share: number; secondsLeft: number }) => void;
  /** Called after each case. */
  readonly onImage?: (result: ImageResult, place: { done: number; total: number }) => void;
}

/** The result for an image; with what was found, if it was predicted now. */
export interface ImageResult extends Partial<Found> {
  /** The name of its mask; the first one of several pictures. */
  readonly name: string;
  /** "again": done, and an older prediction was replaced. */
  readonly status: "done" | "again" | "skipped" | "failed";
  /** Why it was made again, or its problem. */
  readonly why?: string;
  /** What the user can do about it. */
  readonly hint?: string;
}

/**
 * Segments images. A volume gives a NIfTI mask with its header and affine, in its own grid; a
 * picture gives a picture. Beside the masks, `records/` stores what each was made from: complete
 * masks made from the same image, weights and settings are skipped. One case is in memory at a
 * time. An image that cannot be used is a failed result; the others are still segmented.
 *
 * @returns The result for each case, in order.
 * @throws The signal's reason, if it was aborted; files written before are complete.
 */
export async function predictFiles(options: PredictFilesOptions): Promise<ImageResult[]> {
  const { sources, onImage } = options;
  const results: ImageResult[] = [];
  const pace = await WorkPace.of(sources);
  const made = await whatItDependsOn(options);
  for (const source of sources) {
    options.signal?.throwIfAborted();
    let result: ImageResult;
    try {
      result = await predictSource(source, made, options, pace);
    } catch (error) { // the others can still be segmented
      if (!(error instanceof InputError) || error.code === "cannot-write") throw error;
      result = { name: maskName(source), status: "failed", why: error.message, hint: error.hint };
    }
    if (result.status === "skipped" || result.status === "failed") pace.drop(source);
    else pace.finish(source);
    results.push(result);
    onImage?.(result, { done: results.length, total: sources.length });
  }
  return results;
}

function maskName(source: CaseSource): string {
  return outputNames(source, "")[0]!;
}

async function predictSource(
  source: CaseSource,
  made: PredictionRecord["made"],
  options: PredictFilesOptions,
  pace: WorkPace,
): Promise<ImageResult> {
  const { out, overwrite, models } = options;
  const { targets } = models[0]!.inputs;
  const suffixes = suffixesOf(options);
  const images = source.files.flatMap((files) => files.images);
  const record: PredictionRecord = {
    made,
    images: Object.fromEntries(
      await Promise.all(images.map(async (path) => [
        basename(path),
        await sumOfImage(join(source.folder, path)),
      ])),
    ),
    outputs: Object.fromEntries(
      ["", ...suffixes.probabilities, ...suffixes.deviations].flatMap((suffix) =>
        outputNames(source, suffix).map((name) => [name, null] as const)
      ),
    ),
  };
  const name = maskName(source);
  const state = await predictionState(out, name, record);
  if (state.kind === "done" && !overwrite) return { name, status: "skipped" };
  if (state.kind === "foreign" && !overwrite) {
    throw new InputError(
      "Cannot write mask: the file was changed since, or is not from this program",
      {
        code: "bad-image",
        path: join(out, state.file),
        hint: "Choose another folder with --out, or replace it with --overwrite",
      },
    );
  }
  pace.start();
  const image = join(source.folder, images[0]!);
  const { trained } = models[0]!.inputs;
  const kind = trained === null ? [] : compareKind(source, trained.kind);
  const other = requireLike(kind, image, options.force);
  const { views, opened, warnings } = await openViews(models, source, false);
  const unlike = requireLike(compareInput(models[0]!.inputs, opened), image, options.force);
  const { doubt } = options;
  const needed = neededFor(doubt);
  const prediction = await predictCase(views, {
    ...options,
    ...needed,
    keepProbabilities: options.probabilities || needed.keepProbabilities,
    onProgress: (done, total) =>
      options.onProgress?.({ name, ...pace.within(source, done / total) }),
  });
  const { doubts } = await measureDoubts(views, prediction, { ...options, names: [doubt] });
  const masks = postprocessCase(prediction.masks, opened, options.postprocess, targets);
  await writeRecord(out, name, record, null);
  await opened.save(out, masks, { suffix: "" });
  const { deviations } = prediction;
  const probabilities = !options.probabilities || options.temperatures === null
    ? prediction.probabilities
    : calibrate(prediction.probabilities, options.temperatures, targets.kind);
  for (const [kind, planes] of Object.entries({ probabilities, deviations })) {
    for (const [i, suffix] of suffixes[kind as keyof typeof suffixes].entries()) {
      await opened.save(out, planes[i]!, { suffix });
    }
  }
  if (options.draw) {
    await writeFileAtomic(picturePath(out, name), options.draw(opened, masks));
  }
  const found: Found = {
    counts: countCodes(joinPlanes(masks), targets),
    ...voxelOf(opened),
    doubt: Number.isNaN(doubts[doubt]!.all) ? null : doubts[doubt]!.all,
    ...maskFacts(masks, opened, targets),
    ...(models.length * options.samples > 1 && { quality: prediction.quality }),
    warnings: [...warnings, ...other, ...unlike],
  };
  await writeRecord(out, name, record, found);
  const why = state.kind === "stale" ? state.why : "as asked for";
  const status = state.kind === "new"
    ? { status: "done" } as const
    : { status: "again", why } as const;
  return { name, ...status, ...found };
}

/** Suffixes of the files beside the masks. */
function suffixesOf({ models, samples, probabilities }: PredictFilesOptions) {
  const { targets } = models[0]!.inputs;
  const several = models.length * samples > 1;
  return {
    probabilities: probabilities ? classSuffixes("_probability", targets) : [],
    deviations: probabilities && several ? classSuffixes("_deviation", targets) : [],
  };
}

/** Every choice that changes a prediction, as records hold it. The batch size does not. */
export async function whatItDependsOn(
  { models, weights, postprocess, seed, samples, doubt, temperatures }: Pick<
    PredictFilesOptions,
    "models" | "weights" | "postprocess" | "seed" | "samples" | "doubt" | "temperatures"
  >,
): Promise<PredictionRecord["made"]> {
  const files = weights.flatMap((folder) => WEIGHT_FILES.map((name) => join(folder, name)));
  const inputs = models.map(({ inputs: { trained: _, format: _format, ...rest } }) => rest);
  const { steps, fireRate } = models[0]!.model.config;
  return {
    weights: await Promise.all(files.map((file) => hashFile(file, "sha256"))),
    ...{ steps, fireRate, seed, samples, postprocess, doubt, temperatures, inputs },
  };
}

async function sumOfImage(path: string): Promise<string> {
  try {
    return await hashFile(path, "sha256");
  } catch (cause) {
    throw new InputError(`Cannot read image: ${(cause as Error).message}`, {
      code: "bad-image",
      path,
      cause,
    });
  }
}

function voxelOf({ kind, spacing }: Case): Pick<Found, "voxelMillilitres"> {
  if (kind !== "volume" || spacing === null) return {};
  return { voxelMillilitres: spacing.reduce((a, b) => a * b) / 1000 };
}
