/**
 * Scores of held-out patients.
 *
 * @module
 */

import * as Plot from "@observablehq/plot";
import { boxMarks, FEWEST_FOR_BOX, meanRule } from "./box_marks.ts";
import { Figure } from "./figure.ts";
import { OKABE_ITO, TEXT_COLOUR } from "./palette.ts";
import { quantile } from "./raster.ts";
import { type Chart, drawChart } from "./render_plot.ts";
import { svgDocument, svgGroup, svgText } from "./svg.ts";

/** The score of one case. */
export interface CaseScore {
  /** Its id. */
  case: string;
  /** From 0 to 1; NaN or `null` if undefined (both masks empty). */
  dice: number | null;
}

type Row = CaseScore & { dice: number };

/** With more cases than this, cases get no line of their own. */
const MOST_LINES = 40;
const WIDTH = 800;
const MARGIN_RIGHT = 24;

/**
 * Draws the Dice scores of cases: their distribution as a box and dots (from five cases on), and (up
 * to forty cases) each case by name, from best to worst. Undefined scores are counted in the subtitle.
 *
 * @throws {RangeError} If no score is defined.
 *
 * @example
 * ```ts
 * import { plotCaseScores } from "./case_scores.ts";
 * import assert from "node:assert/strict";
 *
 * const figure = plotCaseScores([{ case: "a", dice: 0.8 }, { case: "b", dice: 0.9 }]);
 * assert.match(figure.svg, /mean 0.850/);
 * ```
 */
export function plotCaseScores(
  scores: readonly CaseScore[],
  options: { title?: string } = {},
): Figure {
  const rows = scores.filter((score): score is Row =>
    score.dice !== null && Number.isFinite(score.dice)
  ).sort((a, b) => b.dice - a.dice);
  if (rows.length === 0) throw new RangeError("Cannot draw scores: none is defined");
  const mean = rows.reduce((sum, { dice }) => sum + dice, 0) / rows.length;
  const undefinedCount = scores.length - rows.length;

  const longest = Math.max(...rows.map((row) => row.case.length));
  const named = rows.length <= MOST_LINES;
  const marginLeft = named ? Math.min(320, Math.max(60, 24 + longest * 9)) : 60;
  const x = {
    domain: [0, 1],
    label: "volume Dice",
    grid: true,
  } as const;
  const meanLine = meanRule(mean);
  const [height, marginTop, marginBottom] = [named ? 110 : 280, 12, named ? 12 : 56];
  // Beside so few named cases, dots without a box would say nothing new
  const box = rows.length < FEWEST_FOR_BOX ? undefined : drawChart({
    width: WIDTH,
    height,
    marginLeft,
    marginRight: MARGIN_RIGHT,
    marginTop,
    marginBottom,
    x: named ? { ...x, axis: null } : x,
    marks: [
      ...boxMarks(rows, "dice", {
        domain: [0, 1],
        width: WIDTH - marginLeft - MARGIN_RIGHT,
        height: height - marginTop - marginBottom,
      }),
      meanLine,
    ],
  });
  const boxHeight = box?.height ?? 0;
  const cases = named ? caseChart(rows, meanLine, marginLeft, x) : undefined;

  const title = options.title ?? "Volume Dice of held-out cases";
  const median = quantile(rows.map(({ dice }) => dice), 0.5);
  const subtitle = `${rows.length} ${rows.length === 1 ? "case" : "cases"}, mean ` +
    `${mean.toFixed(3)} (dashed), median ${median.toFixed(3)}` +
    (undefinedCount > 0 ? `, ${undefinedCount} undefined (both masks empty)` : "");
  const content = svgText(title, 12, 32, { size: 22, bold: true }) +
    svgText(subtitle, 12, 60) + svgGroup(0, 76, box?.content ?? "") +
    svgGroup(0, 76 + boxHeight, cases?.content ?? "");
  return new Figure(svgDocument(WIDTH, 76 + boxHeight + (cases?.height ?? 0), content));
}

function caseChart(
  rows: readonly Row[],
  meanLine: Plot.Markish,
  marginLeft: number,
  x: Plot.ScaleOptions,
): Chart {
  return drawChart({
    width: WIDTH,
    height: 80 + rows.length * 28,
    marginLeft,
    marginRight: MARGIN_RIGHT,
    marginTop: 8,
    x,
    y: { type: "point", domain: rows.map((row) => row.case), label: null, tickSize: 0 },
    marks: [
      Plot.ruleY(rows, { y: "case", x1: 0, x2: "dice", stroke: "#c8c8c8" }),
      meanLine,
      Plot.dot(rows, { x: "dice", y: "case", r: 6, fill: OKABE_ITO.blue }),
      // Beside the dot, on the side with more space.
      scoreText(rows.filter(({ dice }) => dice < 0.88), { dx: 14, textAnchor: "start" }),
      scoreText(rows.filter(({ dice }) => dice >= 0.88), { dx: -14, textAnchor: "end" }),
    ],
  });
}

function scoreText(rows: readonly Row[], place: Plot.TextOptions): Plot.Markish {
  return Plot.text(rows, {
    x: "dice",
    y: "case",
    text: (row: Row) => row.dice.toFixed(3),
    stroke: "#ffffff",
    strokeWidth: 5,
    fill: TEXT_COLOUR,
    ...place,
  });
}
