/**
 * Observable Plot in a notebook.
 *
 * @module
 */

import type * as Plot from "@observablehq/plot";
import { Figure } from "../plots/figure.ts";
import { drawChart, renderPlot } from "../plots/render_plot.ts";
import { svgDocument, svgGroup } from "../plots/svg.ts";

/** Plot's options; the title says what the chart shows, also to readers who cannot see it. */
export type ChartOptions = Plot.PlotOptions & { title: string };

/**
 * Draws an Observable Plot chart, large enough for a projector and in colours for colour-blind
 * readers. `Plot.plot` itself needs a browser.
 *
 * @param options Plot's own: title, marks, scales.
 *
 * @example
 * ```ts
 * import * as Plot from "@observablehq/plot";
 * import { chart } from "./chart.ts";
 * import assert from "node:assert/strict";
 *
 * assert.match(chart({ title: "Loss", marks: [Plot.lineY([3, 2, 1])] }).svg, /Loss/);
 * ```
 */
export function chart(options: ChartOptions): Figure {
  return new Figure(renderPlot(options));
}

/**
 * Draws charts side by side.
 *
 * @param charts Plot's options of each. Default `width`: 420, `height`: 320.
 * @throws {RangeError} If there are none.
 */
export function charts(...charts: ChartOptions[]): Figure {
  if (charts.length === 0) throw new RangeError("Cannot draw charts: there are none");
  let content = "";
  let x = 0;
  let height = 0;
  for (const options of charts) {
    const drawn = drawChart({ width: 420, height: 320, ...options });
    content += svgGroup(x, 0, drawn.content);
    x += drawn.width;
    height = Math.max(height, drawn.height);
  }
  return new Figure(svgDocument(x, height, content));
}
