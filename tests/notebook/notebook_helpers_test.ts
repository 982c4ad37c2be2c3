import assert from "node:assert/strict";
import { decode } from "fast-png";
import { Figure } from "../../lib/plots/figure.ts";
import { chart, charts, show, sliceFigure, table } from "../../lib/notebook/mod.ts";

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
  assert.match(html, />7,390</);
  assert.match(html, />undefined</);
  assert.match(html, /<th style="text-align:right">dice/);
});

Deno.test("a slice figure draws masks over its slices, with a legend", () => {
  const slice = { data: [0, 1, 2, 3], height: 2, width: 2 };
  const plain = sliceFigure([slice]);
  const masked = sliceFigure([{ ...slice, truth: [0, 0, 1, 1], title: "masked" }]);
  assert.doesNotMatch(plain.svg, /truth/);
  assert.match(masked.svg, /masked.*truth/s);
  assert.ok(decode(masked.png()).width >= 240);
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
