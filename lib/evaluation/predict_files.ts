/**
 * Segmenting the images of a folder, one after the other.
 *
 * @module
 */

import { basename, join } from "@std/path";
import type { MedNca } from "../nca/med_nca.ts";
import { WEIGHT_FILES } from "../nca/weights.ts";
import { checkSize, type Findings, join1d, normalizeChecked } from "../slices/read_case.ts";
import { loadSlice, saveSlice } from "../slices/save_slice.ts";
import type { Slice } from "../slices/types.ts";
import { InputError } from "../support/errors.ts";
import { hashFile } from "../support/hash.ts";
import { readVolume, type Volume, writeVolume } from "../volume/mod.ts";
import type { PredictionSettings } from "./evaluate_cases.ts";
import { type ImageGroup, isPicture, outputName } from "./list_images.ts";
import { maskOf, type PredictOptions, predictSlices } from "./predict_slices.ts";
import { predictNormalized } from "./predict_volume.ts";
import { type PredictionRecord, predictionState, writeRecord } from "./prediction_record.ts";

/** What {@linkcode predictFiles} takes. */
export interface PredictFilesOptions
  extends Pick<PredictOptions, "batchSize" | "seed" | "samples" | "signal"> {
  /** Is not changed. */
  model: MedNca;
  /** The folder that its weights are from. */
  weights: string;
  /** How the model's slices were made. */
  settings: PredictionSettings;
  /** From `listImages`. */
  images: readonly ImageGroup[];
  /** Where the masks go, under the names of the images. */
  out: string;
  /** Write the probability of each voxel too, and its deviation where there are several samples. */
  probabilities?: boolean;
  /** Make again what is done, and write over files that are not ours. */
  overwrite?: boolean;
  /** Told while an image is worked on: the share of all work that is done, 0 to 1. */
  onProgress?: (progress: { name: string; share: number; secondsLeft: number }) => void;
  /** Told after each image. */
  onImage?: (result: ImageResult, place: { done: number; total: number }) => void;
}

/** What became of an image. */
export interface ImageResult {
  /** Its file name; of a series that of the first picture. */
  name: string;
  /** "again" is "done" where an older prediction was replaced. */
  status: "done" | "again" | "skipped" | "failed";
  /** Voxels, or pixels, that are the object; of what was predicted now. */
  foreground?: number;
  /** Their volume in millilitres, of a volume. */
  millilitres?: number;
  /** Why it is made again, or what is wrong with it. */
  why?: string;
}

/**
 * Segments images. A volume gives a NIfTI mask with its header and affine, in its own grid; the
 * pictures of a series give black and white ones. Beside the masks, `records/` says what each was
 * made from: what is whole and was made from the same image by the same weights and settings is
 * skipped. One image is held at a time.
 *
 * @returns What became of each image, in order; those that cannot be used are "failed".
 * @throws The signal's reason, where it was aborted; what was written until then is whole.
 */
export async function predictFiles(options: PredictFilesOptions): Promise<ImageResult[]> {
  const { images, onImage } = options;
  const results: ImageResult[] = [];
  const pace = new Pace(images);
  const made = await whatItDependsOn(options);
  for (const group of images) {
    options.signal?.throwIfAborted();
    let result: ImageResult;
    try {
      result = await predictGroup(group, made, options, pace);
    } catch (error) { // the others can still be done
      if (!(error instanceof InputError)) throw error;
      result = { name: group.name, status: "failed", why: error.message };
    }
    if (result.status === "skipped" || result.status === "failed") pace.drop(group);
    else pace.finish(group);
    results.push(result);
    onImage?.(result, { done: results.length, total: images.length });
  }
  return results;
}

async function predictGroup(
  group: ImageGroup,
  made: PredictionRecord["made"],
  options: PredictFilesOptions,
  pace: Pace,
): Promise<ImageResult> {
  const { out, probabilities = false, overwrite = false, samples = 1, signal } = options;
  const { name, paths } = group;
  const suffixes = [
    "",
    ...probabilities ? ["_probability"] : [],
    ...probabilities && samples > 1 ? ["_deviation"] : [],
  ];
  const record: PredictionRecord = {
    made,
    images: Object.fromEntries(
      await Promise.all(paths.map(async (path) => [basename(path), await sumOfImage(path)])),
    ),
    outputs: Object.fromEntries(
      paths.flatMap((path) =>
        suffixes.map((suffix) => [outputName(basename(path), suffix), null] as const)
      ),
    ),
  };
  const state = await predictionState(out, name, record);
  if (state.kind === "done" && !overwrite) return { name, status: "skipped" };
  if (state.kind === "foreign" && !overwrite) {
    throw new InputError(
      "Cannot write mask: a file is there that is not as this program left it",
      { code: "bad-image", path: join(out, state.file) },
    );
  }
  const { batchSize, seed, settings } = options;
  pace.start();
  const found = await (isPicture(name) ? predictPictures : predictImageVolume)(paths, {
    model: options.model,
    settings,
    predict: {
      ...settings,
      ...(batchSize === undefined ? {} : { batchSize }),
      ...(seed === undefined ? {} : { seed }),
      samples,
      signal,
      onProgress: (done, total) =>
        options.onProgress?.({ name, ...pace.within(group, done / total) }),
    },
    suffixes,
    out,
    begin: () => writeRecord(out, name, record, false),
  });
  await writeRecord(out, name, record, true);
  if (state.kind === "new") return { name, status: "done", ...found };
  const why = state.kind === "stale" ? state.why : "as asked for";
  return { name, status: "again", why, ...found };
}

/** Every choice that changes a prediction. The batch size does not. */
async function whatItDependsOn(
  { model, weights, settings, seed = 0, samples = 1 }: PredictFilesOptions,
): Promise<PredictionRecord["made"]> {
  const { axis, channel, size, fit, clip, smallest } = settings;
  const { steps, fireRate } = model.config;
  return {
    weights: await Promise.all(
      WEIGHT_FILES.map((name) => hashFile(join(weights, name), "sha256")),
    ),
    ...{ steps, fireRate },
    ...{ axis, channel, size, fit, clip, smallest },
    ...{ seed, samples },
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

interface Job {
  model: MedNca;
  settings: PredictionSettings;
  predict: PredictOptions;
  /** Of the names of what is written: mask, probability, deviation. */
  suffixes: readonly string[];
  out: string;
  /** Called before the first file is written. */
  begin: () => Promise<void>;
}

type Found = Pick<ImageResult, "foreground" | "millilitres">;

async function predictImageVolume([path]: readonly string[], job: Job): Promise<Found> {
  const { model, settings, predict, suffixes, out } = job;
  const { like, data } = await readImage(path!, settings);
  const shape = like.shape.slice(0, 3);
  const { mask, probability, deviation } = await predictNormalized(
    model,
    { data, shape },
    { ...predict, axis: settings.axis },
  );
  await job.begin();
  for (const [i, suffix] of suffixes.entries()) {
    await writeVolume(join(out, outputName(basename(path!), suffix)), {
      data: [mask, probability, deviation][i]!,
      like,
    });
  }
  const foreground = count(mask);
  const voxel = like.spacing.reduce((a, b) => a * b);
  return { foreground, millilitres: foreground * voxel / 1000 };
}

/** The space of a volume, and its normalised values; the volume itself is let go of. */
async function readImage(
  path: string,
  settings: PredictionSettings,
): Promise<{ like: Volume; data: Float32Array }> {
  const volume = await readVolume(path);
  const { axis, channel } = settings;
  const shape = volume.shape.slice(0, 3);
  const channels = volume.shape[3] ?? 1;
  const findings: Findings = { errors: [], warnings: [] };
  if (channel >= channels) {
    findings.errors.push(`the model wants channel ${channel}, there are ${channels}`);
  }
  const [height, width] = shape.filter((_, i) => i !== axis) as [number, number];
  checkSize(height, width, findings);
  const voxels = shape.reduce((a, b) => a * b);
  const values = volume.data.subarray(channel * voxels, (channel + 1) * voxels);
  const data = values.length === 0 ? undefined : normalizeChecked(values, settings, findings);
  if (data === undefined || findings.errors.length > 0) throw unusable(findings, path);
  return { like: { ...volume, data: new Float32Array(0) }, data };
}

/** The pictures of one series, normalised together as in training. */
async function predictPictures(paths: readonly string[], job: Job): Promise<Found> {
  const { model, settings, predict, suffixes, out } = job;
  const pictures: Slice[] = [];
  const findings: Findings = { errors: [], warnings: [] };
  for (const path of paths) {
    const picture = await loadSlice(path);
    checkSize(picture.height, picture.width, findings);
    pictures.push(picture);
  }
  const normal = normalizeChecked(join1d(pictures), settings, findings);
  if (normal === undefined || findings.errors.length > 0) throw unusable(findings, paths[0]!);
  let start = 0;
  const images = pictures.map(({ data, height, width }) => ({
    data: normal.subarray(start, start += data.length),
    height,
    width,
  }));
  const predictions = await predictSlices(model, images, predict);
  await job.begin();
  let foreground = 0;
  for (const [i, { probability, deviation, height, width }] of predictions.entries()) {
    const mask = maskOf(probability);
    foreground += count(mask);
    for (const [j, suffix] of suffixes.entries()) {
      await saveSlice(join(out, outputName(basename(paths[i]!), suffix)), {
        data: [mask, probability, deviation][j]!,
        height,
        width,
      });
    }
  }
  return { foreground };
}

function unusable({ errors }: Findings, path: string): InputError {
  return new InputError(`Cannot predict: ${errors.join("; ")}`, { code: "bad-image", path });
}

function count(mask: Uint8Array): number {
  return mask.reduce((sum, value) => sum + value, 0);
}

/** Tells how long the rest takes from how long the work so far took, by the bytes of the images. */
class Pace {
  #total: number;
  #done = 0;
  #seconds = 0;
  #started = 0;

  constructor(images: readonly ImageGroup[]) {
    this.#total = images.reduce((sum, { bytes }) => sum + bytes, 0);
  }

  start(): void {
    this.#started = performance.now();
  }

  within({ bytes }: ImageGroup, part: number): { share: number; secondsLeft: number } {
    const done = this.#done + part * bytes;
    const seconds = this.#seconds + (performance.now() - this.#started) / 1000;
    return {
      share: done / this.#total,
      secondsLeft: seconds / done * Math.max(0, this.#total - done),
    };
  }

  finish({ bytes }: ImageGroup): void {
    this.#done += bytes;
    this.#seconds += (performance.now() - this.#started) / 1000;
  }

  /** An image that needed no work. */
  drop({ bytes }: ImageGroup): void {
    this.#total -= bytes;
  }
}
