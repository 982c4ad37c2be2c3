/**
 * Scoring a model on the cases of a data set, patient by patient.
 *
 * @module
 */

import { basename, join } from "@std/path";
import type { MedNca } from "../nca/med_nca.ts";
import { discoverCases } from "../slices/discovery/discover_cases.ts";
import type { ExtractSettings, Manifest } from "../slices/manifest.ts";
import type { CaseSlices } from "../slices/read_case.ts";
import { saveSlice } from "../slices/save_slice.ts";
import { InputError } from "../support/errors.ts";
import { readVolume, writeVolume } from "../volume/mod.ts";
import { type CaseToRead, type LabelledCase, readLabelledCase } from "./labelled_case.ts";
import { caseMetrics, type MaskGrid } from "./metrics.ts";
import { maskOf, type PredictOptions, predictSlices } from "./predict_slices.ts";
import { joinSlices } from "./predict_volume.ts";
import { type EvaluationSummary, type ScoredCase, summarize, writeSummary } from "./summary.ts";
import { ncaQuality, varianceMap } from "./uncertainty.ts";

/** How slices are cut and put on the model's grid: as in training. */
export type PredictionSettings = ExtractSettings & { smallest: readonly [number, number] };

/** The settings that a prepared folder was made with, for predicting as it was trained. */
export function predictionSettings(manifest: Manifest): PredictionSettings {
  return { ...manifest.options, smallest: [manifest.height, manifest.width] };
}

/** How far {@linkcode evaluateCases} is. */
export interface EvaluationProgress {
  /** The case that was scored last. */
  case: string;
  /** Its Dice score; NaN where undefined or where the case could not be read. */
  dice: number;
  /** How many cases are done. */
  done: number;
  /** How many there are. */
  total: number;
}

/** What {@linkcode evaluateCases} takes. */
export interface EvaluateCasesOptions
  extends Pick<PredictOptions, "batchSize" | "seed" | "samples" | "signal"> {
  /** Is not changed. */
  model: MedNca;
  /** The data folder, of volumes or PNG pictures; see `discoverCases`. */
  data: string;
  /** The ids of the cases to score; all unless told. */
  cases?: readonly string[];
  /** How the model's slices were made; see {@linkcode predictionSettings}. */
  settings: PredictionSettings;
  /** Where `summary.json` and `summary.csv` go; nothing is written unless told. */
  out?: string;
  /** Where the predicted masks go, in the space of their images; none is written unless told. */
  predictions?: string;
  /**
   * Where the variance of the probability at each voxel goes, in the space of the images, where
   * there are several samples; none is written unless told.
   */
  variances?: string;
  /** Told after each case. */
  onProgress?: (progress: EvaluationProgress) => void;
}

/**
 * Scores a model on the cases of a data folder: each image is read, predicted in its own grid and
 * compared with its label. Pictures that share a case are one case, scored together.
 *
 * A case that cannot be read is left out and told among the problems.
 *
 * @returns The scores of each case and their means.
 * @throws {InputError} Where there are no such cases, or none of them can be scored; it lists why.
 * @throws The signal's reason, where it was aborted.
 */
export async function evaluateCases(options: EvaluateCasesOptions): Promise<EvaluationSummary> {
  const { data, signal, onProgress } = options;
  const found = await discoverCases(data);
  const groups = Map.groupBy(found.cases, ({ id }) => id);
  const ids = options.cases ?? [...groups.keys()];
  const problems: string[] = [];
  const scored: ScoredCase[] = [];
  for (const [i, id] of ids.entries()) {
    signal?.throwIfAborted();
    const { kind } = found;
    const wanted = { data, kind, id, entries: groups.get(id) ?? [], settings: options.settings };
    const result = await scoreCase(options, wanted, problems);
    if (result !== undefined) scored.push(result);
    const dice = result?.metrics["1"].Dice ?? NaN;
    onProgress?.({ case: id, dice, done: i + 1, total: ids.length });
  }
  if (scored.length === 0) {
    throw new InputError(
      `Cannot score: none of ${ids.length} cases can be used: ${problems.join("; ")}`,
      { code: "bad-data-set", path: data },
    );
  }
  const summary = summarize(
    scored,
    problems,
    options.seed === undefined ? {} : { seed: options.seed },
  );
  if (options.out !== undefined) await writeSummary(options.out, summary);
  return summary;
}

async function scoreCase(
  options: EvaluateCasesOptions,
  wanted: CaseToRead,
  problems: string[],
): Promise<ScoredCase | undefined> {
  const { model, data, settings, batchSize, seed, samples = 1, signal } = options;
  const found = await readLabelledCase(wanted, problems);
  if (found === undefined) return undefined;
  const { id, kind, entries, read } = found;
  const predictions = await predictSlices(model, read.slices.map(({ image }) => image), {
    ...settings,
    ...(batchSize === undefined ? {} : { batchSize }),
    ...(seed === undefined ? {} : { seed }),
    samples,
    signal,
  });
  const masks = predictions.map(({ probability }) => maskOf(probability));
  const metrics = caseMetrics(
    concatenate(masks),
    concatenate(read.slices.map(({ label }) => maskOf(label.data))),
    kind === "volumes" ? volumeGrid(read, settings.axis) : pictureGrid(read),
  );
  const files = await savePlanes(options.predictions, found, masks);
  if (samples > 1) {
    const variances = predictions.map(({ deviation }) => varianceMap(deviation));
    await savePlanes(options.variances, found, variances);
  }
  return {
    case: id,
    reference_file: join(data, entries[0].label),
    prediction_file: files[0] ?? null,
    metrics: { "1": metrics },
    ...(samples > 1 && { quality: ncaQuality(predictions) }),
  };
}

/** Slice after slice, rows in each: the columns are the fastest axis, the slices the slowest. */
function volumeGrid({ shape, spacing }: CaseSlices, axis: 0 | 1 | 2): MaskGrid {
  const order = [axis === 2 ? 1 : 2, axis === 0 ? 1 : 0, axis];
  return { shape: order.map((a) => shape[a]!), spacing: order.map((a) => spacing[a]!) };
}

function pictureGrid({ slices }: CaseSlices): MaskGrid | null {
  const [first, ...others] = slices;
  if (first === undefined || others.length > 0) return null;
  return { shape: [first.image.width, first.image.height], spacing: [1, 1] };
}

/** Writes what belongs to the slices of a case, as a volume or as pictures; returns the files. */
async function savePlanes(
  folder: string | undefined,
  { data, kind, id, entries, settings, read }: LabelledCase,
  planes: readonly Uint8Array[] | readonly Float32Array[],
): Promise<string[]> {
  if (folder === undefined) return [];
  await Deno.mkdir(folder, { recursive: true });
  if (kind === "volumes") {
    const path = join(folder, `${id}.nii.gz`);
    const values = joinSlices(planes.map((p) => Float32Array.from(p)), read.shape, settings.axis);
    await writeVolume(path, {
      data: planes[0] instanceof Uint8Array ? Uint8Array.from(values) : values,
      like: await readVolume(join(data, entries[0].image)),
    });
    return [path];
  }
  return await Promise.all(read.slices.map(async ({ image: { height, width } }, i) => {
    const path = join(folder, basename(entries[i]!.image));
    await saveSlice(path, { data: planes[i]!, height, width });
    return path;
  }));
}

function concatenate(masks: readonly Uint8Array[]): Uint8Array {
  const result = new Uint8Array(masks.reduce((sum, mask) => sum + mask.length, 0));
  let start = 0;
  for (const mask of masks) {
    result.set(mask, start);
    start += mask.length;
  }
  return result;
}
