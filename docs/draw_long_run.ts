/**
 * Trains 2,000 steps at a small size and draws what the process holds meanwhile:
 *
 *     deno run --allow-read --allow-write --allow-env --allow-sys docs/draw_long_run.ts
 *
 * @module
 */

import { join } from "@std/path";
import * as Plot from "@observablehq/plot";
import { initBackend } from "../lib/backend.ts";
import { Figure } from "../lib/plots/figure.ts";
import { drawChart } from "../lib/plots/render_plot.ts";
import { svgDocument, svgGroup } from "../lib/plots/svg.ts";
import { type Holding, measureLongRun } from "../tests/reliability/long_run.ts";
import { TINY, withTinyData } from "../tests/training/support/tiny_data.ts";

const PANELS: readonly { title: string; key: keyof Holding }[] = [
  { title: "Memory of the process, MB", key: "resident" },
  { title: "JavaScript heap in use, MB", key: "heap" },
  { title: "Tensors", key: "tensors" },
  { title: "Open files", key: "files" },
];
const [WIDTH, HEIGHT] = [560, 260];

const backend = await initBackend({ backend: "wasm", channels: 16, hidden: 64 });
let holdings: Holding[] = [];
await withTinyData(async ({ train, validation, folder }) => {
  holdings = await measureLongRun({
    train,
    validation,
    out: join(folder, "run"),
    config: { ...TINY, channels: 16, hidden: 64, epochs: 400, checkpointMinutes: 0.02 }, // 5 steps
    every: 20,
  });
});
backend.dispose();

let content = "";
for (const [i, { title, key }] of PANELS.entries()) {
  const chart = drawChart({
    title,
    width: WIDTH,
    height: HEIGHT,
    x: { label: "step", ticks: 5 },
    y: { label: null, grid: true, zero: true, nice: true, ticks: 5 },
    marks: [Plot.lineY(holdings, { x: "step", y: key, strokeWidth: 2 })],
  });
  content += svgGroup(i % 2 * WIDTH, Math.floor(i / 2) * (HEIGHT + 40), chart.content);
}
const figure = new Figure(svgDocument(2 * WIDTH, 2 * (HEIGHT + 40), content));
const path = join(import.meta.dirname!, "images", "long_run.png");
await Deno.writeFile(path, figure.png({ width: 900 }));

const mean = (part: readonly Holding[], key: keyof Holding) =>
  part.reduce((sum, holding) => sum + holding[key], 0) / part.length;
const half = holdings.length / 2;
for (const { title, key } of PANELS) {
  const parts = [holdings.slice(half / 2, half), holdings.slice(1.5 * half)];
  const [second, last] = parts.map((part) => mean(part, key).toFixed(1));
  console.log(`${title}: ${second} in the second quarter, ${last} in the last`);
}
