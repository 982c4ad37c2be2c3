/**
 * A chart of the scores along an object.
 *
 * @module
 */

import * as Plot from "@observablehq/plot";
import { scoresByPosition, type SliceScoreRow } from "../evaluation/slice_scores.ts";
import { Figure } from "./figure.ts";
import { classColour, MUTED_COLOUR } from "./palette.ts";
import { renderPlot } from "./render_plot.ts";

/**
 * Draws the Dice score of slices from the first with the object to the last: each slice, and the
 * mean of each tenth.
 *
 * @returns Null if no slice of the reference holds an object.
 *
 * @example
 * ```ts
 * import { plotSliceScores } from "./slice_scores.ts";
 * import assert from "node:assert/strict";
 *
 * const slices = [0.2, 0.9, 0.4].map((Dice, slice) => ({
 *   case: "a",
 *   class: "gland",
 *   slice,
 *   position: slice / 2,
 *   Dice,
 * }));
 * assert.match(plotSliceScores(slices)!.svg, /3 slices of 1 case/);
 * ```
 */
export function plotSliceScores(scores: readonly SliceScoreRow[]): Figure | null {
  const rows = scores.filter(({ position }) => !Number.isNaN(position));
  if (rows.length === 0) return null;
  const names = [...new Set(rows.map((row) => row.class))];
  const cases = new Set(rows.map((row) => row.case)).size;
  const slices = new Set(rows.map((row) => JSON.stringify([row.case, row.slice]))).size;
  const means = scoresByPosition(rows);
  const range = names.map((_, index) => classColour(index));
  return new Figure(renderPlot({
    title: "Dice along the object, slice by slice",
    subtitle: `${slices} slices of ${cases} ${cases === 1 ? "case" : "cases"}; ` +
      "the line is the mean of each tenth",
    width: 860,
    height: 420,
    marginRight: 48,
    color: { legend: names.length > 1, domain: names, range },
    x: {
      label: "place between the object's first and last slice",
      labelAnchor: "center",
      labelArrow: "none",
      domain: [0, 1],
      tickFormat: (value: number) => `${Math.round(100 * value)} %`,
    },
    y: { label: "Dice", domain: [0, 1], grid: true },
    marks: [
      Plot.ruleY([0], { stroke: MUTED_COLOUR }),
      Plot.dot(rows, { x: "position", y: "Dice", r: 2, fill: "class", fillOpacity: 0.35 }),
      Plot.line(means, { x: "position", y: "Dice", stroke: "class", strokeWidth: 3 }),
      Plot.dot(means, { x: "position", y: "Dice", r: 5, fill: "class" }),
    ],
  }));
}
