import assert from "node:assert/strict";
import { classColour, MASK_COLOURS, parseColour } from "../../lib/plots/palette.ts";
import { drawPrediction } from "../../lib/plots/prediction_picture.ts";
import { svgWords } from "../../lib/plots/svg.ts";
import { parseTargets } from "../../lib/slices/targets.ts";
import { picturesOf } from "./support.ts";

const [HEIGHT, WIDTH] = [2, 3];
const NONE = { labels: null, ignore: [] };

/** A case of two channels whose slices are numbered from 10; slice i is bright in pixel i of channel 0. */
function caseOf(count: number, kind: "volume" | "pictures" = "pictures") {
  return {
    kind,
    orientation: "RAS",
    grid: { shape: [WIDTH, HEIGHT, count], spacing: [2, 1, 5] },
    indices: Array.from({ length: count }, (_, i) => 10 + i),
    slice: (index: number) => {
      const data = new Float32Array(12).fill(0, 0, 6).fill(1, 6);
      data[(index - 10) % 6] = 1;
      return { data, height: HEIGHT, width: WIDTH, channels: 2 };
    },
  } as const;
}

/** Masks with as many pixels of class 1 as given, from the last one on. */
const masksOf = (...sizes: number[]) => sizes.map((n) => new Uint8Array(6).fill(1, 6 - n));
const inputs = { orientation: "canonical", axis: 2, targets: parseTargets("1", NONE, []) } as const;
const titles = (...sizes: number[]) =>
  svgWords(drawPrediction(caseOf(sizes.length), masksOf(...sizes), inputs).svg)
    .filter((text) => text.startsWith("Slice"));

Deno.test("drawPrediction shows the slice with most foreground, and one half way to either end", () => {
  assert.deepEqual(titles(0, 1, 1, 1, 1, 3, 2, 1, 1, 1, 0), ["Slice 13", "Slice 15", "Slice 17"]);
  assert.deepEqual(titles(0, 2, 0), ["Slice 11"]);
  assert.deepEqual(titles(1, 3, 1, 3, 1, 1, 1), ["Slice 11", "Slice 14"]); // of equal ones the first
  assert.deepEqual(titles(...Array(20).fill(0)), ["Slice 17", "Slice 20", "Slice 23"]);
});

Deno.test("drawPrediction draws the first channel and the mask of the slice, as viewers turn it", () => {
  const { svg } = drawPrediction(caseOf(3), masksOf(0, 0, 1), inputs);
  const [picture] = picturesOf(svg) as [ReturnType<typeof picturesOf>[number]];
  assert.deepEqual([picture.width, picture.height], [360, 120]); // pixels twice as wide as high
  assert.deepEqual(picture.at(61, 241), [...parseColour(MASK_COLOURS.prediction)]);
  assert.deepEqual(picture.at(30, 300), [255, 255, 255]); // slice 12: its third pixel
  assert.deepEqual(picture.at(90, 60), [0, 0, 0]);
  // Rows of an axial slice run to the right of the patient, which is the left of the screen
  const [turned] = picturesOf(drawPrediction(caseOf(3, "volume"), masksOf(0, 0, 1), inputs).svg);
  assert.deepEqual([turned!.width, turned!.height], [120, 360].map((n) => n * 1));
  const targets = parseTargets("1;2", NONE, []);
  const two = [new Uint8Array(6), new Uint8Array(6).fill(2, 5), new Uint8Array(6)];
  const both = drawPrediction(caseOf(3), two, { ...inputs, targets });
  const [classes] = picturesOf(both.svg);
  assert.deepEqual(classes!.at(61, 241), [...parseColour(classColour(1))]);
  assert.deepEqual(svgWords(both.svg).slice(-2), ["1", "2"]);
});
