/**
 * The tutorial's last picture: what went in, what should come out, what came out.
 *
 * @module
 */

import type { Figure } from "./figure.ts";
import { MASK_COLOURS } from "./palette.ts";
import { composePanels, type Panel } from "./panels.ts";
import { orientForDisplay, type Raster, type View } from "./raster.ts";
import { displayScale, overlayErrors, overlayMask, sliceToRgb } from "./slice_image.ts";
import { type LegendEntry, svgLegend } from "./svg.ts";

/** A slice with its truth and its prediction, all of the same height and width. */
export interface PredictionSample {
  /** Whose slice it is. */
  case: string;
  /** Which slice of the volume; left out for a picture that is no slice. */
  slice?: number;
  /** Row by row. */
  image: ArrayLike<number>;
  /** 0 or 1 per voxel; left out where there is none. */
  truth?: ArrayLike<number>;
  /** 0 or 1 (or a probability) per voxel. */
  prediction: ArrayLike<number>;
  /** Number of rows. */
  height: number;
  /** Number of columns. */
  width: number;
  /** The Dice score to write beside it; computed from the masks unless told. */
  dice?: number;
}

/** What a column of {@linkcode visualizePredictions} shows. */
export type PredictionColumn = "input" | "truth" | "prediction" | "errors";

/** How {@linkcode visualizePredictions} draws. */
export interface VisualizePredictionsOptions {
  /** What to show, from left to right; all four unless told. */
  columns?: readonly PredictionColumn[];
  /** How the slices lie in the patient. */
  view?: View;
  /** Above the picture. */
  title?: string;
  /** Pixels per voxel, a whole number; chosen so that a panel is about 320 high unless told. */
  scale?: number;
}

const LEGEND: Record<PredictionColumn, readonly LegendEntry[]> = {
  input: [],
  truth: [{ label: "truth", colour: MASK_COLOURS.truth }],
  prediction: [{ label: "prediction", colour: MASK_COLOURS.prediction }],
  errors: [
    { label: "both", colour: MASK_COLOURS.truePositive },
    { label: "prediction only", colour: MASK_COLOURS.falsePositive },
    { label: "truth only", colour: MASK_COLOURS.falseNegative },
  ],
};

/**
 * Draws slices, one a row: the input, the outline of the truth, the outline of the prediction, and
 * where the two differ, with case, slice and Dice score.
 *
 * @param samples What to draw.
 * @returns The picture; `save("predictions.png")` writes it.
 * @throws {RangeError} Where there are no samples.
 * @throws {TypeError} Where data does not fit its height and width.
 *
 * @example
 * ```ts
 * import { visualizePredictions } from "./visualize_predictions.ts";
 * import assert from "node:assert/strict";
 *
 * const figure = visualizePredictions([{
 *   case: "prostate_00",
 *   slice: 7,
 *   image: [0, 1, 2, 3],
 *   truth: [0, 0, 1, 1],
 *   prediction: [0, 0, 0, 1],
 *   height: 2,
 *   width: 2,
 * }]);
 * assert.match(figure.svg, /prostate_00, slice 7/);
 * assert.match(figure.svg, /Dice 0.667/);
 * ```
 */
export function visualizePredictions(
  samples: readonly PredictionSample[],
  options: VisualizePredictionsOptions = {},
): Figure {
  const { columns = ["input", "truth", "prediction", "errors"], view = {} } = options;
  const panels = samples.flatMap((sample) => {
    const turn = (data: ArrayLike<number>): Raster =>
      orientForDisplay({ data, height: sample.height, width: sample.width }, view);
    const image = turn(sample.image);
    const prediction = turn(sample.prediction);
    const truth = sample.truth === undefined ? undefined : turn(sample.truth);
    const base = sliceToRgb(image, { scale: options.scale ?? displayScale(image) });
    const score = sample.dice ?? (truth === undefined ? undefined : dice(prediction, truth));

    return columns.map((column): Panel => {
      switch (column) {
        case "input": {
          const slice = sample.slice === undefined ? "" : `, slice ${sample.slice}`;
          return { image: base, title: `${sample.case}${slice}` };
        }
        case "truth":
          return truth === undefined
            ? { image: base, title: "no truth" }
            : { image: overlayMask(base, truth, { colour: MASK_COLOURS.truth }), title: "truth" };
        case "prediction":
          return {
            image: overlayMask(base, prediction),
            title: score === undefined ? "prediction" : `prediction, Dice ${diceText(score)}`,
          };
        case "errors":
          return {
            image: truth === undefined ? base : overlayErrors(base, { prediction, truth }),
            title: "errors",
          };
      }
    });
  });
  return composePanels(panels, {
    columns: columns.length,
    ...(options.title === undefined ? {} : { title: options.title }),
    legend: (width) => svgLegend(columns.flatMap((column) => LEGEND[column]), { width }),
  });
}

function diceText(score: number): string {
  return Number.isNaN(score) ? "undefined" : score.toFixed(3);
}

function dice(prediction: Raster, truth: Raster): number {
  let both = 0;
  let sum = 0;
  for (let i = 0; i < truth.data.length; i++) {
    const p = prediction.data[i]! > 0.5 ? 1 : 0;
    const t = truth.data[i]! > 0.5 ? 1 : 0;
    both += p * t;
    sum += p + t;
  }
  return sum === 0 ? NaN : 2 * both / sum;
}
