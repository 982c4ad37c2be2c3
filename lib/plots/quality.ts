/**
 * The NCA quality metric against Dice.
 *
 * @module
 */

import * as Plot from "@observablehq/plot";
import { type CaseQuality, describeCorrelation } from "../evaluation/case_quality.ts";
import { Figure } from "./figure.ts";
import { OKABE_ITO, TEXT_COLOUR } from "./palette.ts";
import { renderPlot } from "./render_plot.ts";
import { textWidth } from "./svg.ts";

/** With more cases than this, cases are not named. */
const MOST_NAMES = 12;
/** With fewer cases no line is drawn: its band would be as wide as the chart. */
const FEWEST_FOR_LINE = 20;

/**
 * Draws the NCA quality metric of cases against their Dice score, with the straight line through
 * them (from twenty cases on) and both correlations. If the metric is useful, uncertain cases (to
 * the right) have low scores.
 *
 * @throws {RangeError} If no case has both values.
 *
 * @example
 * ```ts
 * import { plotQuality } from "./quality.ts";
 * import assert from "node:assert/strict";
 *
 * const figure = plotQuality([
 *   { case: "a", quality: 0.05, dice: 0.9 },
 *   { case: "b", quality: 0.1, dice: 0.8 },
 *   { case: "c", quality: 0.15, dice: 0.7 },
 * ]);
 * assert.match(figure.svg, /correlation −1.00 \(Pearson\)/);
 * ```
 */
export function plotQuality(
  cases: readonly CaseQuality[],
  options: { title?: string } = {},
): Figure {
  const rows = cases.filter(({ quality, dice }) =>
    Number.isFinite(quality) && Number.isFinite(dice)
  );
  if (rows.length === 0) throw new RangeError("Cannot draw quality: no case has it and a score");
  const left = cases.length - rows.length;
  const domains = {
    x: spanOf(rows.map(({ quality }) => quality), Infinity),
    y: spanOf(rows.map(({ dice }) => dice), 1),
  };
  const named = rows.length > MOST_NAMES ? [] : placeNames(rows, domains);
  return new Figure(renderPlot({
    title: options.title ?? "Does it know when it is wrong?",
    subtitle: describeCorrelation(rows) + (left > 0 ? `; ${left} undefined` : ""),
    width: WIDTH,
    height: HEIGHT,
    marginRight: MARGIN,
    marginLeft: MARGIN,
    x: {
      label: "NCA quality metric (0: all runs agree)",
      domain: domains.x,
    },
    y: { label: "volume Dice", domain: domains.y, grid: true },
    marks: [
      ...(rows.length < FEWEST_FOR_LINE ? [] : [
        Plot.linearRegressionY(rows, {
          x: "quality",
          y: "dice",
          stroke: OKABE_ITO.vermillion,
          strokeWidth: 2,
          clip: true,
        }),
      ]),
      Plot.dot(rows, { x: "quality", y: "dice", r: 6, fill: OKABE_ITO.blue }),
      ...named.map(({ row, dx, dy }) =>
        Plot.text([row], {
          x: "quality",
          y: "dice",
          text: "case",
          dx,
          dy,
          fill: TEXT_COLOUR,
          stroke: "#ffffff",
          strokeWidth: 5,
        })
      ),
    ],
  }));
}

const [WIDTH, HEIGHT, MARGIN] = [800, 480, 76];
/** The names' font size, in pixels. */
const LETTERS = 16;

/** A case's name beside its dot. */
interface PlacedName {
  row: CaseQuality;
  dx: number;
  dy: number;
}

/** Places each name where it overlaps no other name and no dot, nearest positions first. */
function placeNames(
  rows: readonly CaseQuality[],
  { x, y }: { x: readonly [number, number]; y: readonly [number, number] },
): PlacedName[] {
  const [across, down] = [WIDTH - 2 * MARGIN, HEIGHT - 2 * MARGIN];
  const points = rows.map(({ quality, dice }) => ({
    left: MARGIN + (quality - x[0]) / (x[1] - x[0]) * across,
    top: MARGIN + (y[1] - dice) / (y[1] - y[0]) * down,
  }));
  const taken = points.map(({ left, top }) => ({ left, top, width: 14, height: 14 }));
  return rows.map((row, i) => {
    const { left, top } = points[i]!;
    const width = textWidth(row.case, LETTERS);
    const places = [1, 2, 3, 4].flatMap((line) => [
      { dx: 0, dy: -18 * line },
      { dx: 0, dy: 18 * line },
      { dx: width / 2 + 12, dy: 18 * (line - 1) },
      { dx: -width / 2 - 12, dy: 18 * (line - 1) },
    ]);
    const boxes = places.map(({ dx, dy }) => ({
      left: left + dx,
      top: top + dy,
      width,
      height: LETTERS,
    }));
    const inside = boxes.map((box) =>
      box.left - width / 2 > MARGIN && box.left + width / 2 < WIDTH && box.top > 0 &&
      box.top < HEIGHT
    );
    const free = boxes.findIndex((box, place) =>
      inside[place] &&
      !taken.some((other) =>
        Math.abs(box.left - other.left) < (box.width + other.width) / 2 &&
        Math.abs(box.top - other.top) < (box.height + other.height) / 2
      )
    );
    const chosen = Math.max(0, free);
    taken.push(boxes[chosen]!);
    return { row, ...places[chosen]! };
  });
}

/** The values' range with a margin, from 0 up to a largest value. */
function spanOf(values: readonly number[], largest: number): [number, number] {
  const [low, high] = [Math.min(...values), Math.max(...values)];
  const margin = 0.2 * (high - low) || 0.05;
  return [Math.max(0, low - margin), Math.min(largest, high + margin)];
}
