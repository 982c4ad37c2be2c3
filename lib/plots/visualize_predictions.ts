/**
 * The tutorial's last picture: input, truth and prediction.
 *
 * @module
 */

import type { Targets } from "../slices/case.ts";
import type { Figure } from "./figure.ts";
import { classColour, MASK_COLOURS } from "./palette.ts";
import { composePanels, type Panel } from "./panels.ts";
import { orientForDisplay, type Raster, turnPair, type View } from "./raster.ts";
import {
  displayScale,
  ONE_CLASS,
  overlayClasses,
  overlayErrors,
  type Scale,
  sliceToRgb,
} from "./slice_image.ts";
import { type LegendEntry, svgLegend } from "./svg.ts";

/** A slice with its truth and its prediction, all of the same height and width. */
export interface PredictionSample {
  /** The id of its case. */
  case: string;
  /** The slice's index in the volume; left out for a single picture. */
  slice?: number;
  /** Row by row. */
  image: ArrayLike<number>;
  /** Codes, see `Targets`: 0 and 1 for one class. Left out if there is no truth. */
  truth?: ArrayLike<number>;
  /** Codes, as for `truth`. */
  prediction: ArrayLike<number>;
  /** Number of rows. */
  height: number;
  /** Number of columns. */
  width: number;
  /** Height and width of a voxel, in any unit. Default: as high as wide. */
  voxel?: readonly [number, number];
  /** The Dice score of this slice (mean over classes), to print. */
  sliceDice?: number;
  /** The Dice score of its whole volume, to print. */
  volumeDice?: number;
}

/** A column of {@linkcode visualizePredictions}. */
export type PredictionColumn = "input" | "truth" | "prediction" | "errors";

/** Options of {@linkcode visualizePredictions}. */
export interface VisualizePredictionsOptions {
  /** The columns, from left to right. Default: all four. */
  columns?: readonly PredictionColumn[];
  /** The meaning of the codes. Default: one class. */
  targets?: Targets;
  /** The orientation of the slices. Default: cut along axis 2 of a volume in RAS. */
  view?: View;
  /** Above the picture. */
  title?: string;
  /** Pixels per voxel. Default: so that a panel is about 320 high, in true proportions. */
  scale?: Scale;
}

/** The legend of the chosen columns. */
function legendOf(columns: readonly PredictionColumn[], { classes }: Targets): LegendEntry[] {
  const entries: LegendEntry[] = [];
  const outlined = (["truth", "prediction"] as const).filter((name) => columns.includes(name));
  if (classes.length === 1) {
    for (const name of outlined) entries.push({ label: name, colour: MASK_COLOURS[name] });
  } else if (outlined.length > 0) {
    for (const [i, { name }] of classes.entries()) {
      entries.push({ label: name, colour: classColour(i) });
    }
  }
  if (columns.includes("errors")) {
    entries.push(
      { label: "both", colour: MASK_COLOURS.truePositive },
      { label: "prediction only", colour: MASK_COLOURS.falsePositive },
      { label: "truth only", colour: MASK_COLOURS.falseNegative },
      ...(classes.length > 1 ? [{ label: "other class", colour: MASK_COLOURS.otherClass }] : []),
    );
  }
  return entries;
}

/**
 * Draws slices, one per row: the input, the outline of the truth, the outline of the prediction,
 * and their differences, with case, slice and Dice scores.
 *
 * @param samples What to draw.
 * @returns The picture; `save("predictions.png")` writes it.
 * @throws {RangeError} If there are no samples.
 * @throws {TypeError} If data does not fit its height and width.
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
 *   sliceDice: 2 / 3,
 * }]);
 * assert.match(figure.svg, /prostate_00, slice 7/);
 * assert.match(figure.svg, /slice Dice 0.667/);
 * ```
 */
export function visualizePredictions(
  samples: readonly PredictionSample[],
  options: VisualizePredictionsOptions = {},
): Figure {
  const { columns = ["input", "truth", "prediction", "errors"], view = {} } = options;
  const { targets = ONE_CLASS } = options;
  const panels = samples.flatMap((sample) => {
    const turn = (data: ArrayLike<number>): Raster =>
      orientForDisplay({ data, height: sample.height, width: sample.width }, view);
    const image = turn(sample.image);
    const prediction = turn(sample.prediction);
    const truth = sample.truth === undefined ? undefined : turn(sample.truth);
    const voxel = turnPair(sample.voxel ?? [1, 1], view);
    const base = sliceToRgb(image, { scale: options.scale ?? displayScale(image, { voxel }) });

    return columns.map((column): Panel => {
      switch (column) {
        case "input": {
          const slice = sample.slice === undefined ? "" : `, slice ${sample.slice}`;
          return { image: base, title: `${sample.case}${slice}` };
        }
        case "truth":
          return truth === undefined ? { image: base, title: "no truth" } : {
            image: overlayClasses(base, truth, targets, MASK_COLOURS.truth),
            title: "truth",
          };
        case "prediction":
          return {
            image: overlayClasses(base, prediction, targets, MASK_COLOURS.prediction),
            title: "prediction",
            ...(scoreText(sample) === "" ? {} : { caption: scoreText(sample) }),
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
    legend: (width) => svgLegend(legendOf(columns, targets), { width }),
  });
}

/** The scores of a sample, by name: a slice's Dice is not its volume's. */
function scoreText({ sliceDice, volumeDice }: PredictionSample): string {
  const text = (score: number) => Number.isNaN(score) ? "undefined" : score.toFixed(3);
  return [
    ...(sliceDice === undefined ? [] : [`slice Dice ${text(sliceDice)}`]),
    ...(volumeDice === undefined ? [] : [`volume Dice ${text(volumeDice)}`]),
  ].join(", ");
}
