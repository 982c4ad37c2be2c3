/**
 * Charts of scores under perturbations.
 *
 * @module
 */

import * as Plot from "@observablehq/plot";
import {
  meanRobustness,
  type RobustnessExample,
  type RobustnessScore,
} from "../evaluation/robustness/mod.ts";
import { type Perturbation, PERTURBATIONS } from "../evaluation/robustness/mod.ts";
import { IGNORED } from "../slices/case.ts";
import { Figure } from "./figure.ts";
import { MASK_COLOURS, MUTED_COLOUR, OKABE_ITO } from "./palette.ts";
import { composePanels } from "./panels.ts";
import { orientForDisplay, turnPair, type View } from "./raster.ts";
import { type Chart, drawChart } from "./render_plot.ts";
import { displayScale, overlayMask, sliceToRgb } from "./slice_image.ts";
import { svgDocument, svgGroup, svgLegend, svgText, textWidth } from "./svg.ts";

const WIDTH = 440;
const HEIGHT = 320;
const MOST_COLUMNS = 3;
/** With more cases than this, cases get no line of their own. */
const MOST_LINES = 60;
const WOUND_COLOUR = OKABE_ITO.purple;
const COLOURS = { mean: OKABE_ITO.blue, case: "#b5b5b5", unhealed: OKABE_ITO.vermillion };

/**
 * Draws Dice scores against the strength of each perturbation, one small chart for each: the mean
 * and every case; for erased cells also the score if nothing healed.
 *
 * @param scores From `evaluateRobustness` or `readRobustness`.
 * @throws {RangeError} If no score is defined.
 *
 * @example
 * ```ts
 * import { plotRobustness } from "./robustness.ts";
 * import assert from "node:assert/strict";
 *
 * const figure = plotRobustness([
 *   { perturbation: "noise", strength: 0, case: "a", dice: 0.9 },
 *   { perturbation: "noise", strength: 0.1, case: "a", dice: 0.6 },
 * ]);
 * assert.match(figure.svg, /Noise/);
 * ```
 */
export function plotRobustness(
  scores: readonly RobustnessScore[],
  options: { title?: string } = {},
): Figure {
  const rows = scores.filter(({ dice }) => Number.isFinite(dice));
  if (rows.length === 0) throw new RangeError("Cannot draw robustness: no score is defined");
  const charts = PERTURBATIONS.flatMap((perturbation) => {
    const part = rows.filter((row) => row.perturbation === perturbation.name);
    return part.length === 0 ? [] : [drawPanel(perturbation, part)];
  });
  const cases = new Set(rows.map((row) => row.case)).size;
  const columns = Math.min(charts.length, MOST_COLUMNS);
  const width = Math.max(columns * WIDTH, 2 * WIDTH);
  let content = svgText(options.title ?? "Robustness", 12, 32, { size: 22, bold: true });
  const subtitle = `Dice of ${cases} ${cases === 1 ? "case" : "cases"}; dotted: nothing changed`;
  content += svgText(subtitle, 12, 60);
  const legend = svgLegend([
    { label: "mean", colour: COLOURS.mean },
    ...(cases > 1 && cases <= MOST_LINES ? [{ label: "each case", colour: COLOURS.case }] : []),
    ...(rows.some(({ unhealed }) => unhealed !== undefined)
      ? [{ label: "if nothing healed", colour: COLOURS.unhealed }]
      : []),
  ], { width: width - 24 });
  content += svgGroup(12, 70, legend.content);
  const top = 84 + legend.height;
  for (const [i, chart] of charts.entries()) {
    const [row, column] = [Math.floor(i / columns), i % columns];
    content += svgGroup(column * WIDTH, top + row * chart.height, chart.content);
  }
  const height = top + Math.ceil(charts.length / columns) * charts[0]!.height;
  return new Figure(svgDocument(width, height, content));
}

function drawPanel({ title, unit, none, format }: Perturbation, rows: RobustnessScore[]): Chart {
  const means = meanRobustness(rows);
  const cases = new Set(rows.map((row) => row.case)).size;
  const unhealed = means.map((row) => row.strength === none ? { ...row, unhealed: row.dice } : row);
  const healing = means.some((row) => Number.isFinite(row.unhealed));
  const unchanged = means.find(({ strength }) => strength === none);
  return drawChart({
    title,
    width: WIDTH,
    height: HEIGHT,
    marginTop: 16,
    marginRight: 30,
    marginBottom: 60,
    x: {
      label: unit,
      type: "point", // evenly spaced: each strength is one step worse
      domain: means.map(({ strength }) => strength),
      ticks: roomyTicks(means.map(({ strength }) => strength), format),
      tickFormat: format,
      padding: 0.2,
    },
    y: { label: null, domain: [0, 1], grid: true, ticks: 6 },
    marks: [
      ...(unchanged === undefined ? [] : [
        Plot.ruleY([unchanged.dice], { stroke: MUTED_COLOUR, strokeDasharray: "2 4" }),
      ]),
      ...(cases > MOST_LINES || cases === 1 ? [] : [
        Plot.lineY(rows, {
          x: "strength",
          y: "dice",
          z: "case",
          stroke: COLOURS.case,
          strokeWidth: 1.5,
        }),
      ]),
      ...(healing
        ? [
          Plot.lineY(unhealed, {
            x: "strength",
            y: "unhealed",
            stroke: COLOURS.unhealed,
            strokeWidth: 2.5,
            strokeDasharray: "6 4",
          }),
        ]
        : []),
      Plot.lineY(means, { x: "strength", y: "dice", stroke: COLOURS.mean, strokeWidth: 3 }),
      Plot.dot(means, { x: "strength", y: "dice", fill: COLOURS.mean, r: 5 }),
    ],
  });
}

/** A subset of the strengths, evenly chosen, whose labels fit side by side. */
function roomyTicks(strengths: readonly number[], format: (strength: number) => string): number[] {
  const longest = Math.max(...strengths.map((strength) => textWidth(`${format(strength)} `, 16)));
  const room = Math.max(1, Math.floor((WIDTH - 120) / longest));
  const every = Math.ceil(strengths.length / room);
  return strengths.filter((_, i) => i % every === 0);
}

/** The most strengths of a perturbation to show. */
const MOST_EXAMPLES = 5;

/**
 * Draws examples of the perturbations: a row for each, weakest to strongest, with the outlines of
 * truth and prediction.
 *
 * @param examples From `evaluateRobustness`: the same slice under every perturbation.
 * @throws {RangeError} If there are none.
 */
export function plotRobustnessExamples(
  examples: readonly RobustnessExample[],
  options: { title?: string; view?: View; voxel?: readonly [number, number] } = {},
): Figure {
  const { title, view = {}, voxel = [1, 1] } = options;
  const groups = [...Map.groupBy(examples, ({ perturbation }) => perturbation)];
  const columns = Math.min(MOST_EXAMPLES, ...groups.map(([, rows]) => rows.length));
  const panels = groups.flatMap(([name, rows]) => {
    const perturbation = PERTURBATIONS.find((each) => each.name === name);
    return spread(rows, columns).map((row) => {
      const { strength, dice, image, truth, prediction, wound } = row;
      const { height, width } = image;
      const turn = (data: ArrayLike<number>) => orientForDisplay({ data, height, width }, view);
      const raster = turn(image.data.subarray(0, height * width)); // the first channel
      let picture = sliceToRgb(raster, {
        scale: displayScale(raster, { size: 180, voxel: turnPair(voxel, view) }),
        range: [0, 1],
      });
      const object = truth.map((code) => code === IGNORED ? 0 : code);
      picture = overlayMask(picture, turn(object), { colour: MASK_COLOURS.truth });
      picture = overlayMask(picture, turn(prediction), { colour: MASK_COLOURS.prediction });
      if (wound) picture = overlayMask(picture, turn(wound), { colour: WOUND_COLOUR });
      return {
        image: picture,
        title: `${perturbation?.title ?? name} ${perturbation?.format(strength) ?? strength}`,
        caption: `Dice of the case ${Number.isFinite(dice) ? dice.toFixed(3) : "undefined"}`,
      };
    });
  });
  return composePanels(panels, {
    columns,
    ...(title === undefined ? {} : { title }),
    legend: (width) =>
      svgLegend([
        { label: "truth", colour: MASK_COLOURS.truth },
        { label: "prediction", colour: MASK_COLOURS.prediction },
        ...(examples.some(({ wound }) => wound) ? [{ label: "wound", colour: WOUND_COLOUR }] : []),
      ], { width }),
  });
}

/** A number of the items, including the first and the last. */
function spread<T>(items: readonly T[], count: number): T[] {
  return Array.from(
    { length: count },
    (_, i) => items[Math.round(i * (items.length - 1) / Math.max(1, count - 1))]!,
  );
}
