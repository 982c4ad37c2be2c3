/**
 * Slices of scored cases with their saved masks, so that pictures agree with files.
 *
 * @module
 */

import { join } from "@std/path";
import { codesOf, overlap, overlapScores } from "../evaluation/overlap.ts";
import { finiteMean } from "../evaluation/statistics.ts";
import { caseDice, type ScoredCase } from "../evaluation/summary.ts";
import { type Case, IGNORED } from "../slices/case.ts";
import type { CaseSource } from "../slices/discovery/case_source.ts";
import type { ModelInputs } from "../slices/model_inputs.ts";
import { openCase, requireCase } from "../slices/open_case.ts";
import { InputError } from "../support/errors.ts";
import { viewOfCase } from "./case_view.ts";
import { orientForDisplay, turnPair } from "./raster.ts";
import type { PredictionSample } from "./visualize_predictions.ts";

/** A slice of a case with its truth and its saved mask. */
export interface ScoredSlice {
  /** Turned for display. */
  readonly sample: PredictionSample;
  readonly opened: Case;
  /** The slice's index within its case. */
  readonly index: number;
}

/**
 * The slice of a scored case with the most foreground, in truth or prediction.
 *
 * @param folder Its `predictions` holds the masks.
 * @param scored The case and its scores.
 * @param sources The cases of the data set.
 * @param inputs The settings of the model's slices.
 * @throws {InputError} If the image, the label or the mask cannot be read.
 */
export async function scoredSlice(
  folder: string,
  scored: ScoredCase,
  sources: readonly CaseSource[],
  inputs: ModelInputs,
): Promise<ScoredSlice> {
  const source = sources.find(({ id }) => id === scored.case);
  if (source === undefined) {
    throw new InputError(`Cannot show ${scored.case}: it is not in the data set`, {
      code: "bad-run",
      path: folder,
    });
  }
  const wants = { labels: true, normalized: true };
  const opened = requireCase(await openCase(source, inputs, wants), source);
  const masks = await opened.readMask(join(folder, "predictions"));
  const labels = opened.indices.map((index) => opened.label(index));
  const extents = labels.map((label, i) => Math.max(count(label.data), count(masks[i]!.data)));
  const place = extents.indexOf(Math.max(...extents));
  const index = opened.indices[place]!;
  const image = opened.slice(index);
  const { height, width } = image;
  const view = viewOfCase(opened, inputs);
  const { targets } = inputs;
  const turn = (data: ArrayLike<number>) => orientForDisplay({ data, height, width }, view);
  const shown = turn(image.data.subarray(0, height * width)); // the first channel
  const [prediction, truth] = [masks[place]!.data, labels[place]!.data];
  return {
    sample: {
      case: scored.case,
      ...(opened.indices.length > 1 ? { slice: index } : {}),
      image: shown.data,
      truth: turn(truth).data,
      prediction: turn(prediction).data,
      height: shown.height,
      width: shown.width,
      voxel: turnPair(voxelOf(opened), view),
      sliceDice: finiteMean(
        targets.classes.map((_, c) =>
          overlapScores(overlap(prediction, truth, codesOf(targets, c))).Dice
        ),
      ),
      volumeDice: caseDice(scored),
    },
    opened,
    index,
  };
}

/** Height and width of a slice's voxels in millimetres; 1 for pictures. */
export function voxelOf({ grid }: Pick<Case, "grid">): readonly [number, number] {
  const [columns, rows] = grid?.spacing ?? [1, 1];
  return [rows, columns];
}

function count(codes: Uint8Array): number {
  return codes.reduce((sum, code) => sum + Number(code > 0 && code !== IGNORED), 0);
}
