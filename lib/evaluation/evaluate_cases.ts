/**
 * Scoring a model on the cases of a data set, patient by patient.
 *
 * @module
 */

import { basename, join } from "@std/path";
import type { MedNca } from "../nca/med_nca.ts";
import { discoverCases } from "../slices/discover_cases.ts";
import type { ExtractSettings, Manifest } from "../slices/manifest.ts";
import { type CaseSlices, readPictureCase, readVolumeCase } from "../slices/read_case.ts";
import { saveSlice } from "../slices/save_slice.ts";
import type { DataCase } from "../slices/types.ts";
import { InputError } from "../support/errors.ts";
import { readVolume, writeVolume } from "../volume/mod.ts";
import { caseMetrics, type MaskGrid } from "./metrics.ts";
import { maskOf, type PredictOptions, predictSlices } from "./predict_slices.ts";
import { joinSlices } from "./predict_volume.ts";
import { type EvaluationSummary, type ScoredCase, summarize, writeSummary } from "./summary.ts";

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
  const wanted = options.cases ?? [...groups.keys()];
  const problems: string[] = [];
  const scored: ScoredCase[] = [];
  for (const [i, id] of wanted.entries()) {
    signal?.throwIfAborted();
    const result = await scoreCase(options, found.kind, id, groups.get(id) ?? [], problems);
    if (result !== undefined) scored.push(result);
    const dice = result?.metrics["1"].Dice ?? NaN;
    onProgress?.({ case: id, dice, done: i + 1, total: wanted.length });
  }
  if (scored.length === 0) {
    throw new InputError(
      `Cannot score: none of ${wanted.length} cases can be used: ${problems.join("; ")}`,
      { code: "bad-data-set", path: data },
    );
  }
  const summary = summarize(scored, problems);
  if (options.out !== undefined) await writeSummary(options.out, summary);
  return summary;
}

async function scoreCase(
  options: EvaluateCasesOptions,
  kind: "volumes" | "png",
  id: string,
  entries: readonly DataCase[],
  problems: string[],
): Promise<ScoredCase | undefined> {
  const { model, data, settings, batchSize, seed, samples, signal } = options;
  const labelled = entries.filter((entry): entry is Required<DataCase> =>
    entry.label !== undefined
  );
  const [first] = labelled;
  if (first === undefined) {
    problems.push(`${id}: ${entries.length === 0 ? "no such case" : "label is missing"}`);
    return undefined;
  }
  const findings = { errors: [] as string[], warnings: [] as string[] };
  const read = kind === "volumes"
    ? await readVolumeCase(data, first, settings, findings)
    : await readPictureCase(data, labelled, settings, findings);
  problems.push(...[...findings.errors, ...findings.warnings].map((what) => `${id}: ${what}`));
  if (read === undefined) return undefined;

  const predictions = await predictSlices(model, read.slices.map(({ image }) => image), {
    ...settings,
    ...(batchSize === undefined ? {} : { batchSize }),
    ...(seed === undefined ? {} : { seed }),
    ...(samples === undefined ? {} : { samples }),
    signal,
  });
  const masks = predictions.map(({ probability }) => maskOf(probability));
  const metrics = caseMetrics(
    concatenate(masks),
    concatenate(read.slices.map(({ label }) => maskOf(label.data))),
    kind === "volumes" ? volumeGrid(read, settings.axis) : pictureGrid(read),
  );
  const files = await savePredictions(options, kind, labelled, read, masks);
  return {
    case: id,
    reference_file: join(data, first.label),
    prediction_file: files[0] ?? null,
    metrics: { "1": metrics },
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

async function savePredictions(
  { data, settings, predictions }: EvaluateCasesOptions,
  kind: "volumes" | "png",
  entries: readonly Required<DataCase>[],
  { slices, shape }: CaseSlices,
  masks: readonly Uint8Array[],
): Promise<string[]> {
  if (predictions === undefined) return [];
  await Deno.mkdir(predictions, { recursive: true });
  if (kind === "volumes") {
    const { id, image } = entries[0]!;
    const path = join(predictions, `${id}.nii.gz`);
    const planes = masks.map((mask) => Float32Array.from(mask));
    await writeVolume(path, {
      data: Uint8Array.from(joinSlices(planes, shape, settings.axis)),
      like: await readVolume(join(data, image)),
    });
    return [path];
  }
  return await Promise.all(slices.map(async ({ image: { height, width } }, i) => {
    const path = join(predictions, basename(entries[i]!.image));
    await saveSlice(path, { data: masks[i]!, height, width });
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
