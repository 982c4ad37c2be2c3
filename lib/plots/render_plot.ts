/**
 * Observable Plot without a browser: charts as standalone SVG.
 *
 * @module
 */

import * as Plot from "@observablehq/plot";
import { parseHTML } from "linkedom";
import { SERIES_COLOURS } from "./palette.ts";
import {
  type Legend,
  type LegendEntry,
  svgDocument,
  svgGroup,
  svgLegend,
  svgLines,
  svgText,
} from "./svg.ts";

/** A chart as SVG elements, to be combined with others. */
export interface Chart {
  /** Its elements, with origin (0, 0). */
  content: string;
  /** Pixels. */
  width: number;
  /** Pixels. */
  height: number;
}

const FONT_SIZE = 16;
/** Between title or legend and the vertical axis' label. */
const TITLE_SPACE = 8;
/** Below the horizontal axis' label; Plot's own 3 cut its descenders off at this font size. */
const LABEL_SPACE = 7;
const { document } = parseHTML("<!doctype html><html><body></body></html>");

/**
 * Draws an Observable Plot chart, with its title, subtitle, legend and caption inside one group of
 * SVG elements. (Plot puts them around the chart as HTML, which SVG viewers do not show.)
 *
 * @param options Plot's own options. Text is large enough for a projector, margins fit it, and
 * categories have the colours of Okabe and Ito; `style` is not used.
 */
export function drawChart(options: Plot.PlotOptions): Chart {
  const { title, subtitle, caption, color, x, marginBottom = 56, ...rest } = options;
  const labelOffset = marginBottom - LABEL_SPACE;
  const draw = (colours: Plot.ScaleOptions) =>
    Plot.plot({
      width: 800,
      height: 440,
      marginTop: 40,
      marginRight: 24,
      marginBottom,
      marginLeft: 76,
      ...rest,
      // An arrow at the axis' end would not fit beside long labels of ticks
      x: { labelAnchor: "center", labelArrow: "none", labelOffset, ...x },
      color: { ...colours, ...color, legend: false },
      style: {},
      // linkedom's document does all that Plot needs, but has its own types.
      document: document as unknown as Document,
    });
  let chart = draw({});
  const type = chart.scale("color")?.type;
  // Only the drawn chart shows whether its colours are categories or a range of numbers.
  if (type === "ordinal" || type === "categorical") chart = draw({ range: SERIES_COLOURS });
  else if (type === "linear") chart = draw({ scheme: "viridis" });
  const svg = chart.querySelector("style")?.parentElement ?? chart;
  svg.querySelector("style")?.remove();
  const width = Number(svg.getAttribute("width"));

  let content = "";
  let y = 0;
  const line = (text: unknown, size: number, bold: boolean) => {
    if (typeof text !== "string" || text === "") return;
    const lines = svgLines(text, { size, bold, width: width - 24 });
    content += svgGroup(12, y + size * 0.5, lines.content);
    y += lines.height + Math.round(size * 0.3);
  };
  line(title, 20, true);
  line(subtitle, 16, false);
  const scale = chart.scale("color");
  if (color?.legend && scale !== undefined) {
    const legend = colourLegend(scale, color.label ?? "", width - 24);
    content += svgGroup(12, y + 6, legend.content);
    y += legend.height + 6;
  }
  if (y > 0) y += TITLE_SPACE;
  content += `<g transform="translate(0,${y})" fill="currentColor" font-size="${FONT_SIZE}" ` +
    `text-anchor="middle">${svg.innerHTML.replaceAll("var(--plot-background)", "#ffffff")}</g>`;
  y += Number(svg.getAttribute("height"));
  line(caption, 14, false);
  return { content, width, height: y + (caption ? 8 : 0) };
}

/**
 * Draws an Observable Plot chart as a standalone SVG: title, legend and caption inside, on white.
 *
 * @param options Plot's own options; see {@linkcode drawChart}.
 * @returns The SVG's text.
 *
 * @example
 * ```ts
 * import * as Plot from "@observablehq/plot";
 * import { renderPlot } from "./render_plot.ts";
 * import assert from "node:assert/strict";
 *
 * const svg = renderPlot({ title: "Loss", marks: [Plot.lineY([3, 2, 1])] });
 * assert.match(svg, /^<svg xmlns=.*Loss/);
 * ```
 */
export function renderPlot(options: Plot.PlotOptions): string {
  const { content, width, height } = drawChart(options);
  return svgDocument(width, height, content);
}

function colourLegend(scale: Plot.Scale, label: string, width: number): Legend {
  const domain = [...(scale.domain ?? [])];
  if (scale.type === "ordinal" || scale.type === "categorical") {
    const entries: LegendEntry[] = domain.map((value) => ({
      label: String(value),
      colour: String(scale.apply(value)),
    }));
    return svgLegend(entries, { width, size: FONT_SIZE });
  }
  return rampLegend(domain.map(Number), (value) => String(scale.apply(value)), label);
}

function rampLegend(
  domain: readonly number[],
  colour: (value: number) => string,
  label: string,
): Legend {
  const low = domain[0] ?? 0;
  const high = domain.at(-1) ?? 1;
  const width = 240;
  const steps = 60;
  let content = "";
  for (let i = 0; i < steps; i++) {
    // One pixel of overlap, or the seams show.
    content += `<rect x="${i * width / steps}" y="0" width="${width / steps + 1}" height="14" ` +
      `fill="${colour(low + (high - low) * (i + 0.5) / steps)}"/>`;
  }
  const tick = (value: number) => String(Number(value.toPrecision(3)));
  content += svgText(tick(low), 0, 34) + svgText(tick(high), width, 34, { anchor: "end" });
  content += svgText(label, width + 16, 13);
  return { content, height: 44 };
}
