import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import * as Plot from "@observablehq/plot";
import { Figure } from "../../lib/plots/figure.ts";
import { OKABE_ITO } from "../../lib/plots/palette.ts";
import { renderPlot } from "../../lib/plots/render_plot.ts";
import { svgSize } from "../../lib/plots/svg.ts";
import { svgToPng } from "../../lib/plots/svg_to_png.ts";
import { inspectPng } from "./support.ts";

const POINTS = [1, 2, 3].flatMap((x) => [
  { x, y: x, series: "train" },
  { x, y: 4 - x, series: "validation & more" },
]);

function chart(): string {
  return renderPlot({
    title: "Loss <per epoch>",
    subtitle: "two runs",
    caption: "lower is better",
    color: { legend: true },
    marks: [Plot.lineY(POINTS, { x: "x", y: "y", stroke: "series" })],
  });
}

Deno.test("renderPlot puts title, legend and caption into one standalone SVG", () => {
  const svg = chart();
  assert.match(svg, /^<svg xmlns="http:\/\/www\.w3\.org\/2000\/svg" width="800" height="\d+"/);
  assert.equal(svg.match(/<svg/g)?.length, 1);
  assert.doesNotMatch(svg, /<figure|<style|var\(/);
  for (
    const text of [
      "Loss &lt;per epoch&gt;",
      "two runs",
      "lower is better",
      ">train<",
      "validation &amp; more",
    ]
  ) {
    assert.ok(svg.includes(text), text);
  }
  assert.ok(svg.includes(OKABE_ITO.blue) && svg.includes(OKABE_ITO.vermillion));
});

Deno.test("renderPlot makes room for titles that need several lines, and centres the x label", () => {
  const marks = [Plot.lineY(POINTS, { x: "x", y: "y", z: "series" })];
  const height = (options: Plot.PlotOptions) => svgSize(renderPlot({ marks, ...options })).height;
  assert.equal(height({}), 440);
  assert.equal(height({ title: "One line" }), 440 + 26 + 6 + 8);
  const long = "A title of so many words that one line of a chart is too short for all of them";
  assert.equal(height({ title: long }), 440 + 2 * 26 + 6 + 8);
  const svg = renderPlot({ marks, x: { label: "epoch" } });
  const [, x, y, arrow] =
    /x-axis label"><text transform="translate\(([\d.]+),([\d.]+)\)[^>]*>epoch(.*?)</.exec(svg)!;
  assert.deepEqual([Number(x), arrow], [(76 + 776) / 2, ""]);
  // Anchored at the bottom of its line, so that the descender of the p, of ¼ em, is on the picture
  assert.ok(Number(y) <= 440 - 16 / 4, y);
});

Deno.test("renderPlot draws a ramp for a scale of numbers, with its ends and label", () => {
  const svg = renderPlot({
    color: { legend: true, label: "Dice", domain: [0, 0.5] },
    marks: [Plot.dot(POINTS, { x: "x", y: "y", fill: "y" })],
  });
  assert.match(svg, />Dice<\/text>/);
  assert.match(svg, />0\.5<\/text>/);
  // 60 steps of 4 pixels, each one wider, from the colour of the lowest to that of the highest
  const steps = [...svg.matchAll(/<rect x="(\d+)" y="0" width="5" height="14" fill="([^"]+)"/g)];
  assert.deepEqual(steps.map(([, x]) => Number(x)), Array.from({ length: 60 }, (_, i) => 4 * i));
  assert.equal(new Set(steps.map(([, , fill]) => fill)).size, 60);
});

Deno.test("svgToPng draws text and lines, the same every time, as wide as asked", () => {
  const png = svgToPng(chart(), { width: 1000 });
  const { width, deviation } = inspectPng(png);
  assert.equal(width, 1000);
  assert.ok(deviation > 10, `the picture is blank: ${deviation}`);
  assert.deepEqual(svgToPng(chart(), { width: 1000 }), png);

  const blank = (text: string) =>
    `<svg xmlns="http://www.w3.org/2000/svg" width="90" height="30"><text y="25">${text}</text></svg>`;
  assert.equal(inspectPng(svgToPng(blank(""))).deviation, 0);
  assert.ok(inspectPng(svgToPng(blank("Dice"))).deviation > 0, "no font was found");
});

Deno.test("svgToPng says what is wrong with an SVG", () => {
  assert.throws(() => svgToPng("<svg"), { name: "SyntaxError", message: /Cannot draw SVG/ });
});

Deno.test("a figure is saved by its ending and shown by a notebook", async () => {
  const folder = await Deno.makeTempDir();
  try {
    const figure = new Figure(chart());
    await figure.save(`${folder}/deep/chart.svg`);
    await figure.save(`${folder}/chart.png`);
    assert.equal(await Deno.readTextFile(`${folder}/deep/chart.svg`), figure.svg);
    assert.equal(inspectPng(await Deno.readFile(`${folder}/chart.png`)).width, 1600);
    await assert.rejects(figure.save(`${folder}/chart.jpg`), { name: "RangeError" });
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("a figure's output in a notebook is a picture with its words, which scales with the page", () => {
  const figure = new Figure(renderPlot({
    title: "Loss <b>",
    subtitle: "two runs",
    x: { label: "epoch" },
    y: { label: "Dice → 1" },
    marks: [Plot.lineY(POINTS, { x: "x", y: "y", z: "series" })],
  }));
  const alt = "Loss <b>; two runs; y-axis: Dice → 1; x-axis: epoch";
  assert.equal(figure.alt, alt);
  const output = (figure as unknown as Record<symbol, () => Record<string, string>>)[
    Symbol.for("Jupyter.display")
  ]!();
  const base64 = Buffer.from(figure.svg).toString("base64");
  assert.deepEqual(output, {
    "text/html": `<img alt="Loss &lt;b&gt;; two runs; y-axis: Dice → 1; x-axis: epoch" ` +
      `src="data:image/svg+xml;base64,${base64}" style="max-width:100%;height:auto">`,
    "text/plain": alt,
  });
});
