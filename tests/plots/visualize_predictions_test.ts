import assert from "node:assert/strict";
import { classColour, MASK_COLOURS, parseColour } from "../../lib/plots/palette.ts";
import { turnPair } from "../../lib/plots/raster.ts";
import { visualizePredictions } from "../../lib/plots/visualize_predictions.ts";
import type { Targets } from "../../lib/slices/case.ts";
import { picturesOf } from "./support.ts";

/** A 4×4 slice, black, with single voxels set in the masks, each at its own place. */
const SIZE = { height: 4, width: 4 };
const plane = (...codes: [at: number, code: number][]) => {
  const data = new Uint8Array(16);
  for (const [at, code] of codes) data[at] = code;
  return data;
};
const sample = { case: "a", image: new Float32Array(16), ...SIZE };

/** The voxels of a picture, eight pixels each, that have a colour in their middle or on their edge. */
function voxelsOf(picture: ReturnType<typeof picturesOf>[number], colour: string): number[] {
  const rgb = String(parseColour(colour));
  return [...Array(16).keys()].filter((i) =>
    String(picture.at(8 * Math.floor(i / 4) + 1, 8 * (i % 4) + 1)) === rgb
  );
}

const options = { view: "raw" as const, scale: 8 };

Deno.test("visualizePredictions outlines truth and prediction where each of them is", () => {
  const { svg } = visualizePredictions(
    [{ ...sample, truth: plane([5, 1]), prediction: plane([10, 1]) }],
    options,
  );
  const [input, truth, prediction] = picturesOf(svg) as [never, never, never];
  for (const colour of [MASK_COLOURS.truth, MASK_COLOURS.prediction]) {
    assert.deepEqual(voxelsOf(input, colour), []);
  }
  assert.deepEqual(voxelsOf(truth, MASK_COLOURS.truth), [5]);
  assert.deepEqual(voxelsOf(truth, MASK_COLOURS.prediction), []);
  assert.deepEqual(voxelsOf(prediction, MASK_COLOURS.prediction), [10]);
  assert.deepEqual(voxelsOf(prediction, MASK_COLOURS.truth), []);
});

const ZONES: Targets = {
  kind: "classes",
  classes: [{ name: "peripheral", values: [1] }, { name: "transition", values: [2] }],
  ignore: [3],
};

Deno.test("visualizePredictions gives each class its colour and its name", () => {
  const { svg } = visualizePredictions([{
    ...sample,
    truth: plane([0, 1], [5, 2], [15, 255]),
    prediction: plane([0, 2], [10, 1], [15, 1]),
  }], { ...options, targets: ZONES });
  for (const name of ["peripheral", "transition", "other class"]) {
    assert.ok(svg.includes(`>${name}<`), name);
  }
  const legend = [...svg.matchAll(/fill="(#\w+)"\/><text[^>]*>([^<]+)</g)];
  assert.deepEqual(legend.map(([, colour, label]) => [label, colour]), [
    ["peripheral", classColour(0)],
    ["transition", classColour(1)],
    ["both", MASK_COLOURS.truePositive],
    ["prediction only", MASK_COLOURS.falsePositive],
    ["truth only", MASK_COLOURS.falseNegative],
    ["other class", MASK_COLOURS.otherClass],
  ]);
  const [, truth, prediction, errors] = picturesOf(svg) as [never, never, never, never];
  assert.deepEqual(voxelsOf(truth, classColour(0)), [0]);
  assert.deepEqual(voxelsOf(truth, classColour(1)), [5]);
  assert.deepEqual(voxelsOf(prediction, classColour(0)), [10, 15]);
  assert.deepEqual(voxelsOf(prediction, classColour(1)), [0]);
  // Errors are laid over black at 0.84 of their colour; the ignored voxel shows none
  const mixed = (colour: string) => parseColour(colour).map((part) => Math.round(part * 0.84));
  const shown = (i: number) =>
    (errors as ReturnType<typeof picturesOf>[number])
      .at(8 * Math.floor(i / 4) + 4, 8 * (i % 4) + 4);
  assert.deepEqual(shown(0), mixed(MASK_COLOURS.otherClass));
  assert.deepEqual(shown(5), mixed(MASK_COLOURS.falseNegative));
  assert.deepEqual(shown(10), mixed(MASK_COLOURS.falsePositive));
  assert.deepEqual(shown(15), [0, 0, 0]);
});

Deno.test("visualizePredictions draws overlapping regions by their bits", () => {
  const regions: Targets = { ...ZONES, kind: "regions" };
  const { svg } = visualizePredictions([{ ...sample, prediction: plane([5, 3], [10, 2]) }], {
    ...options,
    targets: regions,
    columns: ["prediction"],
  });
  const [prediction] = picturesOf(svg) as [never];
  // The second region is drawn last; the first lies below it
  assert.deepEqual(voxelsOf(prediction, classColour(1)), [5, 10]);
});

Deno.test("visualizePredictions keeps the proportions of voxels, whichever way a slice is turned", () => {
  const wide = { ...sample, prediction: plane(), voxel: [4, 1] as const };
  const [raw] = picturesOf(visualizePredictions([wide], { view: "raw" }).svg);
  assert.deepEqual([raw!.width, raw!.height], [80, 320]);
  // Axial: rows run to the right of the patient, so they are columns on the screen
  const [axial] = picturesOf(visualizePredictions([wide], { view: { axis: 2 } }).svg);
  assert.deepEqual([axial!.width, axial!.height], [320, 80]);
  assert.deepEqual(turnPair([4, 1], { axis: 1 }), [1, 4]);
});
