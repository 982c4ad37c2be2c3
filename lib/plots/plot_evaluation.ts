/**
 * The scores of cases, and slices of the worst and best.
 *
 * @module
 */

import * as Plot from "@observablehq/plot";
import { type EvaluationSummary, foregroundMean, type ScoreName } from "../evaluation/summary.ts";
import type { Targets } from "../slices/case.ts";
import { counted } from "../support/names_of.ts";
import { boxMarks, meanRule } from "./box_marks.ts";
import { Figure } from "./figure.ts";
import { TEXT_COLOUR } from "./palette.ts";
import { type Chart, drawChart } from "./render_plot.ts";
import { stackSvg, svgDocument, svgGroup, svgSize, svgText } from "./svg.ts";
import { type PredictionSample, visualizePredictions } from "./visualize_predictions.ts";

/** Options of {@linkcode plotEvaluation}. */
export interface PlotEvaluationOptions {
  /** Slices to show below, turned for display; see `extremeSlices`. */
  samples?: readonly PredictionSample[];
  /** The meaning of the samples' codes. Default: one class. */
  targets?: Targets;
  /** Above the figure. */
  title?: string;
}

interface Row {
  case: string;
  value: number;
}

const SMALLEST_WIDTH = 1000;
const CHART_HEIGHT = 290;
const [MARGIN_TOP, MARGIN_RIGHT, MARGIN_BOTTOM, MARGIN_LEFT] = [56, 24, 56, 28];

/**
 * Draws box plots of Dice and HD95 with a dot per case, labels the worst and best, and adds slices
 * below, if given. Undefined scores are counted, not drawn; HD95 is left out if undefined in all
 * cases. With several classes, each case counts with their mean.
 *
 * @param summary From `evaluateCases` or `readSummary`.
 * @throws {RangeError} If no Dice score is defined.
 *
 * @example
 * ```ts ignore
 * const summary = await evaluateCases({ model, data, settings });
 * await plotEvaluation(summary).save("evaluation.png");
 * ```
 */
export function plotEvaluation(
  summary: EvaluationSummary,
  options: PlotEvaluationOptions = {},
): Figure {
  const { samples = [], title = "Scores by case" } = options;
  const slices = samples.length === 0 ? undefined : visualizePredictions(samples, {
    view: "raw",
    title: "Worst and best cases",
    ...(options.targets === undefined ? {} : { targets: options.targets }),
  }).svg;
  const width = Math.max(SMALLEST_WIDTH, slices === undefined ? 0 : svgSize(slices).width);
  const rows = (name: ScoreName) =>
    summary.metric_per_case.map((scored): Row => ({
      case: scored.case,
      value: foregroundMean(scored.metrics)[name],
    })).filter(({ value }) => Number.isFinite(value)).sort((a, b) => a.value - b.value);
  const [dice, hd95] = [rows("Dice"), rows("HD95")];
  if (dice.length === 0) throw new RangeError("Cannot draw scores: no Dice score is defined");

  const statistics = summary.foreground_statistics ?? Object.values(summary.statistics)[0]!;
  const unit = statistics.VolumeDifference.n > 0 ? "mm" : "pixels";
  const panels = [
    { name: "Dice", rows: dice, worst: dice[0]!, best: dice.at(-1)!, label: "Dice", digits: 3 },
    {
      name: "HD95",
      rows: hd95,
      worst: hd95.at(-1)!,
      best: hd95[0]!,
      label: `HD95, ${unit}`,
      digits: 2,
    },
  ].filter((panel) => panel.rows.length > 0);
  const chartWidth = Math.floor(width / panels.length);
  const charts = panels.map((panel) =>
    boxChart({
      ...panel,
      width: chartWidth,
      total: summary.metric_per_case.length,
      statistics: statistics[panel.name as ScoreName],
    })
  );
  const content = svgText(title, 12, 32, { size: 22, bold: true }) +
    charts.map(({ content }, i) => svgGroup(i * chartWidth, 44, content)).join("");
  const height = 44 + Math.max(...charts.map((chart) => chart.height));
  const top = svgDocument(width, height, content);
  return new Figure(slices === undefined ? top : stackSvg([top, slices]), {
    pixels: slices !== undefined,
  });
}

interface BoxChart {
  rows: readonly Row[];
  worst: Row;
  best: Row;
  label: string;
  digits: number;
  width: number;
  total: number;
  statistics: { mean: number; sd: number; median: number };
}

function boxChart({ rows, worst, best, label, digits, width, total, statistics }: BoxChart): Chart {
  const { mean, sd, median } = statistics;
  const text = (value: number) => value.toFixed(digits);
  const isDice = label === "Dice";
  const [low, high] = isDice
    ? [Math.min(0.9, Math.floor(10 * rows[0]!.value) / 10), 1]
    : [0, Math.max(1, rows.at(-1)!.value * 1.05)];
  // Text grows away from the nearer side, so that long names stay in the chart
  const growsLeft = (row: Row) => (row.value - low) / (high - low) > 0.5;
  const [left, right] = [worst, best].sort((a, b) => a.value - b.value) as [Row, Row];
  const upper = growsLeft(left) && growsLeft(right) ? right : left; // so that no line crosses a name
  const names = [{ row: worst, what: "worst" }, { row: best, what: "best" }]
    .slice(0, worst === best ? 1 : 2)
    .map(({ row, what }) => ({ ...row, what, dy: row === upper ? -26 : -4 }));
  return drawChart({
    title: label,
    subtitle:
      `${rows.length === total ? "" : `${rows.length} of `}${counted(total, "case")}: mean ${
        text(mean)
      } (dashed)` +
      (rows.length > 1 ? ` ± ${text(sd)}` : "") + `, median ${text(median)}`,
    width,
    height: CHART_HEIGHT,
    marginLeft: MARGIN_LEFT,
    marginRight: MARGIN_RIGHT,
    marginTop: MARGIN_TOP,
    marginBottom: MARGIN_BOTTOM,
    x: { domain: [low, high], label: null, grid: true },
    marks: [
      ...names.map((row) =>
        Plot.ruleX([row], {
          x: "value",
          stroke: "#8a8a8a",
          insetTop: row.dy - 2,
          insetBottom: (CHART_HEIGHT - MARGIN_TOP - MARGIN_BOTTOM) / 2,
        })
      ),
      ...names.map((row) =>
        Plot.text([row], {
          x: "value",
          text: ({ what, value }: typeof row) => `${what}: ${row.case}, ${text(value)}`,
          frameAnchor: "top",
          textAnchor: growsLeft(row) ? "end" : "start",
          dx: growsLeft(row) ? -5 : 5,
          dy: row.dy,
          lineAnchor: "bottom",
          fill: TEXT_COLOUR,
          stroke: "#ffffff",
          strokeWidth: 5,
        })
      ),
      ...boxMarks(rows, "value", {
        domain: [low, high],
        width: width - MARGIN_LEFT - MARGIN_RIGHT,
        height: CHART_HEIGHT - MARGIN_TOP - MARGIN_BOTTOM,
      }),
      meanRule(mean),
    ],
  });
}
