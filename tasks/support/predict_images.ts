/**
 * One prediction of images, or of a shard of them: masks, records and a report.
 *
 * @module
 */

import { INTERRUPTED, saveAtSignals } from "./interrupt.ts";
import { basename, dirname, join, resolve } from "@std/path";
import { initBackend } from "../../lib/backend.ts";
import {
  type ImageResult,
  predictFiles,
  whatItDependsOn,
} from "../../lib/evaluation/predict_files.ts";
import { writeReview } from "../../lib/evaluation/doubt/review.ts";
import { encodeDicomSeg } from "../../lib/exchange/dicom_seg.ts";
import { writePredictionReport } from "../../lib/exchange/prediction_report.ts";
import { drawPrediction } from "../../lib/plots/prediction_picture.ts";
import type { Target } from "../../lib/slices/case.ts";
import type { CaseSource } from "../../lib/slices/discovery/case_source.ts";
import { listInputs } from "../../lib/slices/discovery/dicom_case.ts";
import { takeShard } from "../../lib/slices/discovery/list_images.ts";
import { InputError } from "../../lib/support/errors.ts";
import { writeFileAtomic } from "../../lib/support/files.ts";
import { formatDuration } from "../../lib/support/format_duration.ts";
import { isInMemory } from "../../lib/support/memory_files.ts";
import { counted, namesOf } from "../../lib/support/names_of.ts";
import { requireWritable } from "../../lib/support/output_folder.ts";
import { StatusLine } from "../../lib/support/status_line.ts";
import { readLabelVolume } from "../../lib/volume/mod.ts";
import type { PredictRequest } from "./predict_flags.ts";
import { chosenPostprocess } from "./postprocess_flag.ts";
import { describeReview, doubtOf } from "./review.ts";
import { backendOptions } from "./run.ts";
import { readTrainedRun } from "./trained_models.ts";

/** Free space required before work starts. */
const MASK_BYTES = 1e6;

/**
 * Segments images and writes a report, with progress messages.
 *
 * @returns The result for each image; null if it was interrupted.
 * @throws {InputError} If there is nothing to predict, or nowhere to write.
 */
export async function predictImages(request: PredictRequest): Promise<ImageResult[] | null> {
  const { run: folder, image, out, shard, ...flags } = request;
  const { config, inputs, load } = await readTrainedRun(folder);
  const { cases: all, problems, series } = await listInputs(
    image,
    inputs.trained?.channelNames ?? [],
    flags.series ?? null,
  );
  if (flags.dicomSeg && series === null) {
    throw new InputError("Cannot write a DICOM segmentation: the image is not a DICOM series", {
      code: "bad-command-line",
      hint: "Omit --dicom-seg, or give a folder or .zip archive of DICOM with --image",
    });
  }
  const sources = shard === null ? all : takeShard(all, shard);
  await requireWritable(out, { bytes: MASK_BYTES });
  await Deno.mkdir(out, { recursive: true });
  await requireApart(all, out);
  for (const { case: name, message, severity } of problems) {
    if (severity === "warning") console.error(`warning: ${name}: ${message}`);
  }
  const backend = await initBackend(backendOptions(flags, config));
  using stopping = saveAtSignals("Stopping …");
  const { signal } = stopping;
  console.log(`Backend  ${backend.describe()}`);
  if (shard !== null) {
    const { index, count } = shard;
    console.log(`Shard    ${index} of ${count}: ${sources.length} of ${all.length} images`);
  }
  const run = await load("best");
  if (inputs.trained === null) {
    console.error(
      "warning: this run does not say what it was trained on, so images are not checked for being " +
        "unlike the training data",
    );
  }
  if (run.models.length > 1) console.log(`Models   the mean of ${run.models.length} folds`);
  using line = new StatusLine();
  let done = 0;
  try {
    const how = {
      ...{ models: run.models, weights: run.weights, seed: config.seed, samples: flags.samples },
      postprocess: chosenPostprocess(flags.postprocess, run),
      ...doubtOf(run, flags.samples),
    };
    const results = await predictFiles({
      ...how,
      ...{ sources, out, signal },
      probabilities: flags.probabilities ?? false,
      overwrite: flags.overwrite ?? false,
      force: flags.force ?? false,
      batchSize: config.batchSize,
      draw: (opened, masks) => drawPrediction(opened, masks, inputs).png(),
      onProgress: ({ name, share, secondsLeft }) =>
        line.show(`${name}  ${Math.floor(100 * share)} %, ${formatDuration(secondsLeft)} left`),
      onImage: (result, { done: place, total }) => {
        done = place;
        line.clear();
        const text = `${String(place).padStart(String(total).length)}/${total}  ${result.name}  `;
        if (result.status === "failed") console.error(text + result.why);
        else if (result.status !== "skipped") {
          console.log(text + describeResult(result, inputs.targets.classes));
        }
        for (const warning of result.warnings ?? []) {
          console.error(`warning: ${result.name}: ${warning}`);
        }
      },
    });
    // Only the first shard reports them
    const unread = (shard?.index ?? 1) > 1 ? [] : problems.flatMap(
      ({ case: name, severity, message, hint }): ImageResult[] =>
        severity === "error" ? [{ name, status: "failed", why: message, hint }] : [],
    );
    const every = [...results, ...unread];
    const model = { model: basename(resolve(folder)), classes: inputs.targets.classes };
    for (const { name, status } of flags.dicomSeg ? results : []) {
      if (status === "failed") continue;
      const path = join(out, name);
      const options = { series: series!, mask: await readLabelVolume(path), ...model };
      await writeFileAtomic(path.replace(/\.nii\.gz$/, ".dcm"), await encodeDicomSeg(options));
    }
    const made = await whatItDependsOn(how);
    const report = await writePredictionReport({
      ...{ folder: out, ...model, made },
      failed: every.filter(({ status }) => status === "failed"),
    });
    console.log(`Report   ${report}, volumes.csv and report.json beside it`);
    const threshold = run.doubt?.measures[how.doubt].threshold ?? null;
    const review = await writeReview({ folder: out, classes: model.classes, made, threshold });
    describeReview(review, { chosen: run.doubt, doubt: how.doubt, folder });
    return every;
  } catch (error) {
    if (!signal.aborted) throw error;
    line.clear();
    console.log(`${done} of ${sources.length} images are done; run the same command to continue`);
    return null;
  } finally {
    run.dispose();
    backend.dispose();
  }
}

/** A mask may have its image's name, so it must not be in the same folder. */
async function requireApart([source]: readonly CaseSource[], out: string): Promise<void> {
  const [path] = source?.files[0]?.images ?? [];
  if (source === undefined || path === undefined || isInMemory(source.folder)) return;
  const image = join(source.folder, path);
  if (await Deno.realPath(dirname(resolve(image))) !== await Deno.realPath(out)) return;
  throw new InputError("Cannot predict: the mask would overwrite the image", {
    code: "bad-folder",
    path: image,
    hint: "Choose another folder with --out",
  });
}

/** The segmented amount of each class, and why a mask was made again. */
export function describeResult(
  { status, counts = [], voxelMillilitres, why }: ImageResult,
  classes: readonly Target[],
): string {
  const amount = (count: number) => {
    if (voxelMillilitres === undefined) return counted(count, "pixel");
    const millilitres = count * voxelMillilitres;
    return `${millilitres.toFixed(millilitres < 10 ? 2 : 1)} ml`;
  };
  const found = counts.every((count) => count === 0)
    ? "nothing found"
    : counts.length === 1
    ? amount(counts[0]!)
    : counts.map((count, i) => `${classes[i]!.name} ${amount(count)}`).join(", ");
  return status === "again" ? `${found} (made again: ${why})` : found;
}

/**
 * Reports the results of {@linkcode predictImages}.
 *
 * @returns The exit status.
 * @throws {InputError} If images could not be used; it names all of them.
 */
export function closePrediction(
  results: readonly ImageResult[] | null,
  { image, out }: Pick<PredictRequest, "image" | "out">,
): number {
  if (results === null) return INTERRUPTED;
  const of = (...wanted: ImageResult["status"][]) =>
    results.filter(({ status }) => wanted.includes(status));
  const skipped = of("skipped");
  if (skipped.length > 0) {
    console.log(
      `Skipped ${skipped.length} that were done before, from the same images with the same ` +
        `weights and settings: ${namesOf(skipped.map(({ name }) => name))} ` +
        "(--overwrite repeats them)",
    );
  }
  const masks = of("done", "again").length + skipped.length;
  if (masks > 0) console.log(`The masks of ${counted(masks, "case")} are in ${out}`);
  const failed = of("failed");
  if (failed.length === 0) return 0;
  const lines = failed.map(({ name, why, hint = "" }) => {
    // Settings are those that the model was trained with; this task has no flags for them
    const help = /--(force|overwrite|out)\b/.test(hint) || !hint.includes("--")
      ? hint
      : `The model's own settings apply here; in training: ${hint}`;
    return `  ${name}: ${why}${help && ` (${help})`}`;
  });
  throw new InputError(
    `Cannot predict ${failed.length} of ${counted(results.length, "image")}:\n${lines.join("\n")}`,
    {
      code: "bad-image",
      hint:
        `${masks > 0 ? "All others are done. " : ""}Correct or remove these in ${image}, then ` +
        "run the same command again",
    },
  );
}
