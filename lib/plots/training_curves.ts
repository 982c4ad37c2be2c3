/**
 * The curves of a training.
 *
 * @module
 */

import * as Plot from "@observablehq/plot";
import { parseCsv } from "../support/csv.ts";
import { InputError } from "../support/errors.ts";
import { readText } from "../support/read_text.ts";
import type { EpochMetrics } from "../training/metrics.ts";
import { Figure } from "./figure.ts";
import { MUTED_COLOUR, OKABE_ITO, SERIES_COLOURS } from "./palette.ts";
import { type Chart, drawChart } from "./render_plot.ts";
import { svgDocument, svgGroup, svgLegend, svgText } from "./svg.ts";

/** The figures of an epoch; missing ones are not drawn. */
export type TrainingRow = Partial<EpochMetrics>;

/**
 * Reads a run's `metrics.csv`. Missing or empty columns are left out.
 *
 * @throws {InputError} If the file cannot be read, or has no column `epoch`.
 */
export async function readMetrics(path: string): Promise<TrainingRow[]> {
  const text = await readText(path, { what: "metrics", code: "bad-run" });
  const [header = [], ...lines] = readTable(text, path);
  const names = header.map((name) => {
    const [, key, byClass] = /^(\S*)(?: \((.*)\))?/s.exec(name.trim())!;
    const own = key!.replace(/_(\w)/g, (_, letter: string) => letter.toUpperCase());
    return byClass === undefined ? [own] as const : [own, byClass] as const;
  });
  if (!names.some(([key]) => key === "epoch")) {
    throw new InputError("Cannot read metrics: the first line has no column epoch", {
      code: "bad-run",
      path,
    });
  }
  return lines.map((cells) => {
    const row: Record<string, number> = {};
    const classes = new Map<string, EpochMetrics["classes"][number]>();
    for (const [i, [key, name]] of names.entries()) {
      const cell = (cells[i] ?? "").trim();
      if (name !== undefined) {
        const known = classes.get(name) ?? { name, dice: NaN, valVolumeDice: null };
        classes.set(name, cell === "" ? known : { ...known, [key]: Number(cell) });
      } else if (cell !== "") row[key] = Number(cell);
    }
    return { ...row, ...(classes.size === 0 ? {} : { classes: [...classes.values()] }) };
  });
}

function readTable(text: string, path: string): string[][] {
  try {
    return parseCsv(text);
  } catch (cause) {
    if (!(cause instanceof SyntaxError)) throw cause;
    throw new InputError(cause.message, { code: "bad-run", path, cause });
  }
}

const COLOURS = { train: OKABE_ITO.blue, validation: OKABE_ITO.vermillion };
const CHART_WIDTH = 560;
const CHART_HEIGHT = 300;

/** A figure of an epoch that is a single number. */
type Figured = Exclude<keyof EpochMetrics, "classes">;

interface Panel {
  title: string;
  series: readonly (readonly [keyof typeof COLOURS, Figured])[];
  /** The range of the vertical axis. Default: from 0 to the largest value. */
  domain?: [number, number];
  tickFormat?: (value: number) => string;
}

const PANELS: readonly Panel[] = [
  { title: "Loss (Dice + cross-entropy)", series: [["train", "loss"], ["validation", "valLoss"]] },
  { title: "Dice loss", series: [["train", "dice"], ["validation", "valDice"]] },
  { title: "Cross-entropy", series: [["train", "bce"], ["validation", "valBce"]] },
  {
    title: "Volume Dice, mean over validation patients",
    series: [["validation", "valVolumeDice"]],
    domain: [0, 1],
  },
  { title: "Learning rate", series: [["train", "lr"]], tickFormat: scientific },
];

/**
 * The epoch whose weights a run keeps: the first with the highest Dice on the validation patients.
 *
 * @returns `undefined` if no epoch was validated.
 *
 * @example
 * ```ts
 * import { bestEpoch } from "./training_curves.ts";
 * import assert from "node:assert/strict";
 *
 * const dice = [0.5, 0.75, 0.75];
 * const rows = dice.map((valVolumeDice, i) => ({ epoch: i + 1, valVolumeDice }));
 * assert.equal(bestEpoch(rows), 2);
 * ```
 */
export function bestEpoch(rows: readonly TrainingRow[]): number | undefined {
  let best: TrainingRow | undefined;
  for (const row of rows) {
    const score = row.valVolumeDice ?? -Infinity;
    if (score > (best?.valVolumeDice ?? -Infinity)) best = row;
  }
  return best?.epoch;
}

/** A value of one epoch. */
export interface CurvePoint {
  series: "train" | "validation";
  epoch: number;
  value: number;
}

/**
 * The points of a curve of {@linkcode plotTrainingCurves}, without values that are missing or not
 * finite.
 *
 * @param key The figure.
 */
export function curvePoints(
  rows: readonly TrainingRow[],
  series: CurvePoint["series"],
  key: Figured,
): CurvePoint[] {
  return rows.map((row, i) => ({
    series,
    epoch: row.epoch ?? i + 1,
    value: Number(row[key] ?? NaN),
  }))
    .filter(({ value }) => Number.isFinite(value));
}

/**
 * Draws loss, Dice loss, cross-entropy, Dice score per patient and learning rate over the epochs,
 * of training and validation. Panels without data are left out.
 *
 * @param rows The epochs, from a training or {@linkcode readMetrics}.
 * @throws {RangeError} If there is nothing to draw.
 *
 * @example
 * ```ts
 * import { plotTrainingCurves } from "./training_curves.ts";
 * import assert from "node:assert/strict";
 *
 * const figure = plotTrainingCurves([{ epoch: 1, loss: 1.6 }, { epoch: 2, loss: 1.2 }]);
 * assert.match(figure.svg, /Loss/);
 * ```
 */
export function plotTrainingCurves(
  rows: readonly TrainingRow[],
  options: { title?: string } = {},
): Figure {
  const epochs = rows.map((row, i) => row.epoch ?? i + 1);
  const best = bestEpoch(rows);
  const charts = PANELS.flatMap((panel) => {
    const points = panel.series.flatMap(([series, key]) => curvePoints(rows, series, key));
    if (points.length === 0) return [];
    const chart = drawPanel(panel, { points, epochs, best, colours: COLOURS });
    return panel.domain === undefined
      ? [chart]
      : [chart, ...classPanels(panel, rows, epochs, best)];
  });
  if (charts.length === 0) throw new RangeError("Cannot draw training curves: no finite values");

  const columns = Math.min(charts.length, 2);
  const width = columns * CHART_WIDTH;
  let content = svgText(options.title ?? "Training", 12, 32, { size: 22, bold: true });
  const legend = svgLegend([
    ...Object.entries(COLOURS).map(([label, colour]) => ({ label, colour })),
    ...classNames(rows).map((label, c) => ({ label, colour: classColour(c) })),
    ...(best === undefined
      ? []
      : [{ label: `best epoch: ${best} (dotted)`, colour: MUTED_COLOUR }]),
  ], { width: width - 24 });
  content += svgGroup(12, 46, legend.content);
  const top = 46 + legend.height + 14;
  const height = charts[0]!.height;
  for (const [i, chart] of charts.entries()) {
    const row = Math.floor(i / columns);
    content += svgGroup((i % columns) * CHART_WIDTH, top + row * height, chart.content);
  }
  return new Figure(
    svgDocument(width, top + Math.ceil(charts.length / columns) * height, content),
  );
}

/** The names of several classes; none if there is only one. */
function classNames(rows: readonly TrainingRow[]): string[] {
  return rows[0]?.classes?.map(({ name }) => name) ?? [];
}

/** The colour of a class's curve, distinct from those of training and validation. */
function classColour(index: number): string {
  const colours = SERIES_COLOURS.filter((colour) =>
    !Object.values<string>(COLOURS).includes(colour)
  );
  return colours[index % colours.length]!;
}

/** The scores of several classes, one curve each. */
function classPanels(
  panel: Panel,
  rows: readonly TrainingRow[],
  epochs: readonly number[],
  best: number | undefined,
): Chart[] {
  const names = classNames(rows);
  const points = names.flatMap((series, c) =>
    rows.map((row, i) => ({
      series,
      epoch: row.epoch ?? i + 1,
      value: row.classes?.[c]?.valVolumeDice ?? NaN,
    })).filter(({ value }) => Number.isFinite(value))
  );
  if (points.length === 0) return [];
  const colours = Object.fromEntries(
    names.map((name, c) => [name, classColour(c)]),
  );
  const title = "Volume Dice of each class";
  return [drawPanel({ ...panel, title }, { points, epochs, best, colours })];
}

interface Curves {
  points: readonly { series: string; epoch: number; value: number }[];
  epochs: readonly number[];
  best: number | undefined;
  colours: Readonly<Record<string, string>>;
}

function drawPanel(panel: Panel, { points, epochs, best, colours }: Curves): Chart {
  const [first, last] = [Math.min(...epochs), Math.max(...epochs)];
  const fill = (point: { series: string }) => colours[point.series]!;
  return drawChart({
    title: panel.title,
    width: CHART_WIDTH,
    height: CHART_HEIGHT,
    marginTop: 16,
    marginBottom: 50,
    // Whole epochs only, and some width for a run of one epoch.
    x: {
      label: "epoch",
      domain: first === last ? [first - 1, last + 1] : [first, last],
      ticks: last - first < 10 ? epochs : 8,
      tickFormat: String,
    },
    y: {
      label: null,
      grid: true,
      nice: true,
      zero: true,
      ticks: 6,
      tickFormat: panel.tickFormat ?? String,
      ...(panel.domain === undefined ? {} : { domain: panel.domain }),
    },
    marks: [
      ...(best === undefined ? [] : [
        Plot.ruleX([best], { stroke: MUTED_COLOUR, strokeDasharray: "2 4", strokeWidth: 2 }),
      ]),
      Plot.lineY(points, {
        x: "epoch",
        y: "value",
        z: "series",
        stroke: fill,
        strokeWidth: 2.5,
      }),
      // Dots show single epochs, and validation that is done only every few epochs.
      ...(epochs.length <= 30 ? [Plot.dot(points, { x: "epoch", y: "value", fill, r: 3.5 })] : []),
    ],
    color: { type: "identity" },
  });
}

/** A tick as 5e-4. */
function scientific(value: number): string {
  return value === 0 ? "0" : value.toExponential(1).replace(".0e", "e");
}
