/**
 * Pairs of runs on the same cases.
 *
 * @module
 */

import * as Plot from "@observablehq/plot";
import type { PairedDifference } from "../evaluation/compare_runs.ts";
import { counted } from "../support/names_of.ts";
import { Figure } from "./figure.ts";
import { MUTED_COLOUR, OKABE_ITO } from "./palette.ts";
import { type Chart, drawChart } from "./render_plot.ts";
import { svgDocument, svgGroup, svgLegend, svgText } from "./svg.ts";

const [WIDTH, HEIGHT] = [540, 400];
const COLUMNS = 2;
const COLOURS = { better: OKABE_ITO.blue, worse: OKABE_ITO.vermillion, equal: MUTED_COLOUR };

/** A case in one of two runs. */
interface Point {
  case: string;
  run: string;
  value: number;
  change: keyof typeof COLOURS;
}

/**
 * Draws the Dice scores of pairs of runs: one line per case from the reference run to the other,
 * and one panel for each run and class.
 *
 * @param rows From `compareRuns`; other scores are ignored.
 * @param names The classes' names by their keys.
 * @throws {RangeError} If no case has a Dice score in both runs.
 */
export function plotPairs(
  rows: readonly PairedDifference[],
  names: Readonly<Record<string, string>>,
): Figure {
  const panels = rows.filter(({ score, pairs }) => score === "Dice" && pairs.length > 0);
  if (panels.length === 0) throw new RangeError("Cannot draw pairs: no Dice score is defined");
  const lowest = Math.min(...panels.flatMap(({ pairs }) => pairs.flatMap(({ values }) => values)));
  const charts = panels.map((row) => drawPanel(row, names[row.label] || "foreground", lowest));
  const columns = Math.min(charts.length, COLUMNS);
  const legend = svgLegend(
    Object.entries(COLOURS).map(([label, colour]) => ({ label, colour })),
    { width: columns * WIDTH - 24 },
  );
  const top = 46 + legend.height + 14;
  const height = charts[0]!.height;
  const content = svgText("Dice of the same cases", 12, 32, { size: 22, bold: true }) +
    svgGroup(12, 46, legend.content) +
    charts.map(({ content }, i) =>
      svgGroup((i % columns) * WIDTH, top + Math.floor(i / columns) * height, content)
    ).join("");
  return new Figure(
    svgDocument(columns * WIDTH, top + Math.ceil(charts.length / columns) * height, content),
  );
}

function drawPanel(row: PairedDifference, name: string, lowest: number): Chart {
  const { pairs, run, reference, difference, ci95: [low, high], p } = row;
  const points = pairs.flatMap(({ case: id, values: [before, after] }): Point[] => {
    const change = after > before ? "better" : after < before ? "worse" : "equal";
    return [
      { case: id, run: reference, value: before, change },
      { case: id, run, value: after, change },
    ];
  });
  const signed = (value: number) => `${value < 0 ? "−" : "+"}${Math.abs(value).toFixed(3)}`;
  const interval = Number.isFinite(low) ? ` (95 %: ${signed(low)} to ${signed(high)})` : "";
  const test = Number.isNaN(p) ? "" : p < 0.0001 ? ", p < 0.0001" : `, p = ${p.toFixed(4)}`;
  return drawChart({
    title: name,
    subtitle: `${counted(pairs.length, "case")}, ${signed(difference)}${interval}${test}`,
    width: WIDTH,
    height: HEIGHT,
    marginTop: 16,
    marginBottom: 40,
    marginLeft: 50,
    x: { type: "point", domain: [reference, run], label: null, padding: 0.4, tickSize: 0 },
    y: { label: null, grid: true, domain: [Math.floor(10 * lowest) / 10, 1] },
    marks: [
      Plot.line(points, {
        ...{ x: "run", y: "value", z: "case", strokeWidth: 1.5, strokeOpacity: 0.7 },
        stroke: ({ change }: Point) => COLOURS[change],
      }),
      Plot.dot(points, {
        ...{ x: "run", y: "value", r: 3.5 },
        fill: ({ change }: Point) => COLOURS[change],
      }),
    ],
    color: { type: "identity" },
  });
}
