import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { decode } from "fast-png";
import { svgSize } from "../../lib/plots/svg.ts";
import { Figure } from "../../lib/plots/figure.ts";
import { chart, charts, show, sliceFigure, table } from "../../lib/notebook/mod.ts";

import { MASK_COLOURS, parseColour } from "../../lib/plots/palette.ts";
import { picturesOf } from "../plots/support.ts";

const display = Symbol.for("Jupyter.display");
const shown = (value: object) =>
  (value as Record<symbol, () => Record<string, string>>)[display]!();

Deno.test("a table escapes its texts, rounds its numbers and names what is undefined", () => {
  const html = shown(table([{ case: "a<b", dice: 0.12345, voxels: 7390 }, {
    case: "c",
    dice: NaN,
    voxels: 1,
  }]))["text/html"]!;
  assert.match(html, /a&lt;b/);
  assert.match(html, />0\.123</);
  assert.match(shown(table([{ dice: 0.12345 }], { digits: 1 }))["text/html"]!, />0\.1</);
  assert.match(html, />7,390</);
  assert.match(html, />undefined</);
  assert.match(html, /<th style="text-align:right">dice/);
});

Deno.test("sliceFigure draws masks over its slices, with a legend", () => {
  const slice = { data: [0, 1, 2, 3], height: 2, width: 2 };
  const plain = sliceFigure([slice], { title: "Plain" });
  const masked = sliceFigure([{ ...slice, truth: [0, 0, 1, 1], title: "masked" }], {
    title: "One",
  });
  assert.equal(plain.alt, "Plain");
  assert.equal(masked.alt, "One; masked; truth");
  assert.ok(decode(masked.png()).width >= 240);
  // Truth in the left column and prediction in the right one, each in its colour
  const wide = { data: new Float32Array(12), height: 2, width: 6, range: [0, 1] as const };
  const column = (at: number) => Array.from({ length: 12 }, (_, i) => Number(i % 6 === at));
  const { svg } = sliceFigure([{ ...wide, truth: column(0), prediction: column(5) }], {
    ...{ title: "Both", view: "raw" },
  });
  const [picture] = picturesOf(svg);
  assert.deepEqual([picture!.width, picture!.height], [240, 80]);
  const [truth, prediction] = [MASK_COLOURS.truth, MASK_COLOURS.prediction].map(parseColour);
  assert.deepEqual([picture!.at(10, 0), picture!.at(10, 239)], [[...truth!], [...prediction!]]);
  const places = (count: number) => sliceFigure(Array(count).fill(slice), { title: "" });
  assert.deepEqual([4, 5].map((count) => svgSize(places(count).svg).width), [1042, 1042]); // a page
});

Deno.test("sliceFigure gives signed colours a scale: white is 0, blue negative, vermillion positive", () => {
  const signed = { data: [-4, 0, 0, 2], height: 1, width: 4, colour: "signed" as const };
  const figure = sliceFigure([{ ...signed, title: "channel 2" }], { title: "State", view: "raw" });
  assert.equal(figure.alt, "State; channel 2; ±4; − limit; 0; + limit");
  const picture = /href="data:image\/png;base64,([^"]+)"/.exec(figure.svg)![1]!;
  const { data, width, channels } = decode(Buffer.from(picture, "base64"));
  const at = (x: number) => [...data.subarray(x * width / 4 * channels).subarray(0, 3)];
  assert.deepEqual(at(0), [0, 58, 92]); // the darkest blue
  assert.ok(at(1).every((part) => part >= 245)); // white
  assert.deepEqual(at(3).map((part) => Math.round(part / 10)), [21, 9, 0]); // half of the limit
});

Deno.test("sliceFigure breaks rows so that a page holds them without scaling", () => {
  const slices = Array.from({ length: 5 }, () => ({ data: [0], height: 1, width: 1 }));
  const { width } = svgSize(sliceFigure(slices, { title: "Five", size: 240 }).svg);
  assert.equal(width, 4 * 240 + 3 * 14 + 40);
});

Deno.test("charts stand side by side", () => {
  const options = { title: "one", marks: [] };
  const width = (figure: Figure) => Number(figure.svg.match(/width="(\d+)"/)![1]);
  assert.equal(width(charts(options, { ...options, title: "two" })), 840);
  assert.equal(width(chart(options)), 800);
  assert.throws(() => charts(), /there are none/);
});

Deno.test("showing outside of a kernel is an error that says so", async () => {
  await assert.rejects(show("text"), /only available in `deno jupyter`/);
});
