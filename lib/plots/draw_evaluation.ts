/**
 * The figure of an evaluation, from the files that it left.
 *
 * @module
 */

import { basename, join } from "@std/path";
import { type EvaluationSummary, readSummary, type ScoredCase } from "../evaluation/summary.ts";
import { discoverCases } from "../slices/discovery/discover_cases.ts";
import type { ExtractSettings } from "../slices/manifest.ts";
import { readCase } from "../slices/read_case.ts";
import { loadSlice } from "../slices/save_slice.ts";
import type { DataCase, Slice } from "../slices/types.ts";
import { InputError } from "../support/errors.ts";
import { readVolume, volumeSlice } from "../volume/mod.ts";
import { plotEvaluation } from "./plot_evaluation.ts";
import { orientForDisplay, type View } from "./raster.ts";
import type { PredictionSample } from "./visualize_predictions.ts";

/** Where {@linkcode drawEvaluation} finds what the summary does not hold. */
export interface DrawEvaluationOptions {
  /** The data folder that was scored. */
  data: string;
  /** How its slices were made. */
  settings: ExtractSettings;
}

/** So many of the worst cases, and of the best, are shown. */
const SHOWN = 2;

/**
 * Draws `plots/evaluation.png` and `.svg` into a folder that holds `summary.json` and
 * `predictions`: see {@linkcode plotEvaluation}. Slices that cannot be read are left out and told.
 *
 * @param folder Where the scores are.
 * @returns The files written, and what could not be drawn.
 * @throws {InputError} Where there is no summary.
 * @throws {RangeError} Where no Dice score is defined.
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
  const figure = plotEvaluation(summary, { samples });
  const files = ["svg", "png"].map((ending) => join(folder, "plots", `evaluation.${ending}`));
  for (const file of files) await figure.save(file);
  return { files, skipped };
}

/**
 * Of each of the worst and the best cases by Dice the slice with most of the object (of the truth
 * or of the prediction), with both masks, turned for display.
 *
 * @param folder Its `predictions` holds the masks.
 * @throws {InputError} Where an image, a label or a mask cannot be read.
 */
export async function extremeSlices(
  folder: string,
  summary: EvaluationSummary,
  options: DrawEvaluationOptions,
): Promise<PredictionSample[]> {
  const { kind, cases } = await discoverCases(options.data);
  const samples: PredictionSample[] = [];
  for (const scored of extremes(summary)) {
    const entries = cases.filter((entry): entry is Required<DataCase> =>
      entry.id === scored.case && entry.label !== undefined
    );
    const { read, found } = entries.length === 0
      ? { read: undefined, found: [] }
      : await readCase(kind, options.data, entries, options.settings);
    if (read === undefined) {
      const why = found.map(({ message }) => message).join("; ") || "it is not in the data set";
      throw new InputError(`Cannot show ${scored.case}: ${why}`, {
        code: "bad-run",
        path: options.data,
      });
    }
    const { axis } = options.settings;
    const predictions = kind === "volumes"
      ? await volumePrediction(folder, scored.case, axis, read.slices.length)
      : await Promise.all(
        entries.map(({ image }) =>
          loadSlice(join(folder, "predictions", basename(image)), { kind: "label" })
        ),
      );
    const extent = read.slices.map(({ label }, i) =>
      Math.max(count(label), count(predictions[i]!))
    );
    const most = extent.indexOf(Math.max(...extent));
    const { image, label, index } = read.slices[most]!;
    const view: View = read.orientation === undefined
      ? "raw"
      : { axis, orientation: read.orientation };
    const shown = orientForDisplay(image, view);
    samples.push({
      case: scored.case,
      ...(read.slices.length > 1 ? { slice: index } : {}),
      image: shown.data,
      truth: orientForDisplay(label, view).data,
      prediction: orientForDisplay(predictions[most]!, view).data.map((value) => Number(value > 0)),
      height: shown.height,
      width: shown.width,
      dice: scored.metrics["1"].Dice,
    });
  }
  return samples;
}

/** The worst cases first, then the best, best last; none twice. */
function extremes(summary: EvaluationSummary): ScoredCase[] {
  const dice = ({ metrics }: ScoredCase) => metrics["1"].Dice;
  const ranked = summary.metric_per_case.filter((scored) => Number.isFinite(dice(scored)))
    .sort((a, b) => dice(a) - dice(b));
  return [...new Set([...ranked.slice(0, SHOWN), ...ranked.slice(-SHOWN)])];
}

async function volumePrediction(
  folder: string,
  id: string,
  axis: 0 | 1 | 2,
  slices: number,
): Promise<Slice[]> {
  const path = join(folder, "predictions", `${id}.nii.gz`);
  const volume = await readVolume(path);
  if (volume.shape[axis] !== slices) {
    throw new InputError(`Cannot show ${id}: its mask has another shape`, {
      code: "bad-run",
      path,
    });
  }
  return Array.from({ length: slices }, (_, index) => volumeSlice(volume, { axis, index }));
}

function count({ data }: Slice): number {
  return data.reduce((sum, value) => sum + Number(value > 0), 0);
}
