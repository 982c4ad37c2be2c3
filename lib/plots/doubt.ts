/**
 * Figures of doubt and calibration.
 *
 * @module
 */

import * as Plot from "@observablehq/plot";
import { type DoubtStudy, type ReliabilityRow } from "../evaluation/doubt/doubt_study.ts";
import { DOUBT_TITLES, DOUBTS } from "../evaluation/doubt/doubts.ts";
import { riskCoverage } from "../evaluation/doubt/rank_doubt.ts";
import type { Targets } from "../slices/case.ts";
import { counted } from "../support/names_of.ts";
import { Figure } from "./figure.ts";
import { MUTED_COLOUR, OKABE_ITO } from "./palette.ts";
import { drawChart, renderPlot } from "./render_plot.ts";
import { svgDocument, svgGroup, svgLegend, svgText } from "./svg.ts";

/**
 * Draws the risk–coverage curve of each measure of doubt: the mean 1 − Dice of the least doubtful
 * part of the masks. The lower, the better; dashed is the best possible order, dotted a random one.
 *
 * @returns Null if no mask has a score.
 */
export function plotRiskCoverage(study: Pick<DoubtStudy, "masks">): Figure | null {
  const curves = DOUBTS.flatMap((name) =>
    riskCoverage(study.masks(name, "all"))
      .map((point) => ({ ...point, measure: DOUBT_TITLES[name] }))
  );
  const best = riskCoverage(
    study.masks("nqm", "all").map((mask) => ({ ...mask, doubt: -mask.dice })),
  );
  const last = best.at(-1);
  if (last === undefined) return null;
  return new Figure(renderPlot({
    title: "What is left if the most doubtful masks are set aside",
    subtitle: `${counted(best.length, "mask")}; dashed: the best order, dotted: a random one`,
    width: 860,
    height: 480,
    marginRight: 48,
    color: { legend: true, domain: DOUBTS.map((name) => DOUBT_TITLES[name]) },
    x: {
      label: "part of the masks that is kept",
      labelAnchor: "center",
      labelArrow: "none",
      domain: [0, 1],
      tickFormat: (value: number) => `${Math.round(100 * value)} %`,
    },
    y: { label: "mean 1 − Dice", grid: true },
    marks: [
      Plot.ruleY([last.risk], { stroke: MUTED_COLOUR, strokeDasharray: "2 4" }),
      Plot.lineY(best, {
        x: "coverage",
        y: "risk",
        stroke: MUTED_COLOUR,
        strokeWidth: 2,
        strokeDasharray: "7 5",
      }),
      Plot.lineY(curves, { x: "coverage", y: "risk", stroke: "measure", strokeWidth: 2.5 }),
    ],
  }));
}

const [WIDTH, HEIGHT] = [440, 420];
const SERIES = {
  before: { label: "as predicted", colour: OKABE_ITO.vermillion },
  after: { label: "with temperature", colour: OKABE_ITO.blue },
} as const;
const TITLES = {
  one: { all: "one run, all voxels", edge: "one run, near the edge" },
  several: { all: "several runs, all voxels", edge: "several runs, near the edge" },
} as const;

/**
 * Draws reliability diagrams: the fraction of voxels that belong to the class against the
 * probability that was said, before and after calibration. On the diagonal both agree; below it the
 * model is overconfident. The area of a dot grows with the number of voxels.
 *
 * @param rows From `DoubtStudy.reliability`.
 */
export function plotReliability(rows: readonly ReliabilityRow[], targets: Targets): Figure {
  const charts = rows.map(({ runs, index, where, before, after }) => {
    const series = [["before", before], ...(after ? [["after", after]] as const : [])] as const;
    const points = series.flatMap(([name, { bins }]) =>
      bins.filter(({ n }) => n > 0).map((bin) => ({ ...bin, name }))
    );
    const several = targets.classes.length > 1 ? `${targets.classes[index]!.name}, ` : "";
    return drawChart({
      title: several + TITLES[runs][where],
      subtitle: `ECE ${before.ece.toFixed(4)}${after ? ` → ${after.ece.toFixed(4)}` : ""}`,
      width: WIDTH,
      height: HEIGHT,
      x: { label: "said", labelAnchor: "center", labelArrow: "none", domain: [0, 1], ticks: 5 },
      y: { label: "true", domain: [0, 1], grid: true, ticks: 5 },
      r: { range: [2, 12] },
      marks: [
        Plot.line([[0, 0], [1, 1]], { stroke: MUTED_COLOUR, strokeDasharray: "2 4" }),
        ...series.flatMap(([name]) => {
          const own = points.filter((point) => point.name === name);
          const { colour } = SERIES[name];
          return [
            Plot.line(own, { x: "said", y: "seen", stroke: colour, strokeWidth: 2 }),
            Plot.dot(own, { x: "said", y: "seen", r: "n", fill: colour, fillOpacity: 0.7 }),
          ];
        }),
      ],
    });
  });
  const legend = svgLegend(
    Object.values(SERIES).slice(0, rows.some(({ after }) => after) ? 2 : 1),
    { width: 2 * WIDTH - 24 },
  );
  const top = 56 + legend.height;
  const chartHeight = Math.max(...charts.map(({ height }) => height));
  const content = svgText("Do probabilities come true?", 12, 32, { size: 22, bold: true }) +
    svgGroup(12, 44, legend.content) +
    charts.map(({ content }, i) =>
      svgGroup(i % 2 * WIDTH, top + Math.floor(i / 2) * chartHeight, content)
    ).join("");
  return new Figure(
    svgDocument(2 * WIDTH, top + Math.ceil(charts.length / 2) * chartHeight, content),
  );
}
