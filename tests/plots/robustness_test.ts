import assert from "node:assert/strict";
import { MASK_COLOURS, OKABE_ITO, parseColour } from "../../lib/plots/palette.ts";
import { plotRobustness, plotRobustnessExamples } from "../../lib/plots/robustness.ts";
import { svgSize, svgWords } from "../../lib/plots/svg.ts";
import { picturesOf, pointsOf } from "./support.ts";

/** The heights of the only line of a colour. */
function line(svg: string, colour: string): number[] {
  const path = new RegExp(`<path d="([^"]+)"[^>]*stroke="${colour}"`);
  const [, points] = path.exec(svg) ?? svg.match(
    new RegExp(`stroke="${colour}"[^>]*><path[^>]*d="([^"]+)"`),
  )!;
  return pointsOf(points!).map(([, y]) => y);
}

Deno.test("plotRobustness draws means, cases and what would be left if nothing healed", () => {
  const score = (strength: number, id: string, dice: number, unhealed?: number) => ({
    ...{ perturbation: "erased-fine", strength, case: id, dice },
    ...(unhealed !== undefined && { unhealed }),
  });
  const { svg } = plotRobustness([
    ...[score(0, "a", 1), score(1, "a", 0.8, 0.5), score(2, "a", 0.6, 0.25)],
    ...[score(0, "b", 0.8), score(1, "b", 0.6, 0.3), score(2, "b", NaN)],
  ]);
  // From 0 to 1 on one axis: as far down as the score is below 1
  const mean = line(svg, OKABE_ITO.blue);
  const unhealed = line(svg, OKABE_ITO.vermillion);
  const unit = (mean[1]! - mean[0]!) / 0.2; // means 0.9, 0.7, 0.6
  assert.ok(unit > 0);
  assert.ok(Math.abs(mean[2]! - mean[1]! - 0.1 * unit) < 0.1);
  // Where nothing is erased, nothing has to heal: it starts at the mean
  assert.ok(Math.abs(unhealed[0]! - mean[0]!) < 0.01);
  for (const [i, value] of [0.9, 0.4, 0.25].entries()) {
    assert.ok(Math.abs(unhealed[i]! - mean[0]! - (0.9 - value) * unit) < 0.1, `${i}`);
  }
  assert.match(svg, /Dice of 2 cases; dotted: nothing changed/);
  assert.match(svg, />0 r<.*>1 r<.*>2 r</);
  for (const label of ["each case", "if nothing healed", "mean"]) {
    assert.ok(svg.includes(`>${label}<`));
  }
  const one = plotRobustness([{ perturbation: "noise", strength: 0.1, case: "a", dice: 0.5 }]).svg;
  assert.ok(!one.includes("each case") && !one.includes("healed") && !one.includes("#b5b5b5"));
  assert.ok(svg.includes("#b5b5b5"));
  assert.throws(() => plotRobustness([score(0, "a", NaN)]), RangeError);
  // Up to sixty cases have lines of their own; three charts stand side by side
  const cases = Array.from({ length: 61 }, (_, i) => score(i % 2, `c${i}`, 0.5));
  const hasLines = (count: number) => plotRobustness(cases.slice(0, count)).svg.includes("#b5b5b5");
  assert.deepEqual([hasLines(60), hasLines(61)], [true, false]);
  const four = ["noise", "bias", "translation", "scale"];
  const { svg: grid } = plotRobustness(
    four.map((perturbation) => ({ ...score(0, "a", 0.5), perturbation })),
  );
  assert.equal(svgSize(grid).width, 3 * 440);
});

Deno.test("plotRobustnessExamples draws five of more strengths, the first and the last among them", () => {
  const image = { data: new Float32Array(4), height: 2, width: 2, channels: 1 };
  const blank = new Uint8Array(4);
  const examples = [0, 0.01, 0.02, 0.03, 0.04, 0.05, 0.06].map((strength) => ({
    ...{ perturbation: "noise", strength, dice: 1, image, truth: blank, prediction: blank },
  }));
  const { alt } = plotRobustnessExamples(examples);
  assert.deepEqual(alt.match(/(?<=Noise )\d+ %/g), ["0 %", "2 %", "3 %", "5 %", "6 %"]);
});

Deno.test("plotRobustnessExamples draws the first channel with truth, prediction and wound", () => {
  const [height, width] = [2, 3];
  const plane = (at: number, code = 1) => {
    const data = new Uint8Array(6);
    data[at] = code;
    return data;
  };
  const truth = plane(0);
  truth[3] = 255; // ignored
  const example = (strength: number, dice: number) => ({
    ...{ perturbation: "noise", strength, dice, truth, prediction: plane(1), wound: plane(5) },
    image: {
      data: Float32Array.of(0, 0, 1, 0, 0, 0, 1, 1, 1, 1, 1, 1),
      height,
      width,
      channels: 2,
    },
  });
  const { svg } = plotRobustnessExamples(
    [example(0, 0.875), example(0.1, NaN), example(0.3, 0.5)],
    { view: "raw", voxel: [2, 1] },
  );
  const pictures = picturesOf(svg);
  assert.deepEqual(pictures.map(({ width, height }) => [width, height]), Array(3).fill([135, 180]));
  const [first] = pictures as [(typeof pictures)[number]];
  // The corner of each pixel, 90 high and 45 wide: an outline, or the image in its first channel
  const corner = (i: number) => first.at(90 * Math.floor(i / 3) + 1, 45 * (i % 3) + 1);
  assert.deepEqual(corner(0), [...parseColour(MASK_COLOURS.truth)]);
  assert.deepEqual(corner(1), [...parseColour(MASK_COLOURS.prediction)]);
  assert.deepEqual(corner(5), [...parseColour(OKABE_ITO.purple)]);
  assert.deepEqual(corner(3), [0, 0, 0]);
  assert.deepEqual(first.at(20, 130), [255, 255, 255]);
  const words = svgWords(svg).slice(0, 6);
  assert.deepEqual(
    words,
    ["0 %", "0.875", "10 %", "undefined", "30 %", "0.500"].map((text, i) =>
      (i % 2 === 0 ? "Noise " : "Dice of the case ") + text
    ),
  );
  // One perturbation a row, as many of each as there are of the shortest: here the first and last
  const steps = [0.5, 2].map((strength) => ({ ...example(strength, 1), perturbation: "steps" }));
  const two = plotRobustnessExamples(
    [...[0, 0.1, 0.3].map((strength) => example(strength, 1)), ...steps],
    { view: "raw", voxel: [2, 1] },
  ).svg;
  const titles = svgWords(two).filter((text) => /^(Noise|Steps)/.test(text));
  assert.deepEqual(titles, ["Noise 0 %", "Noise 30 %", "Steps 50 %", "Steps 200 %"]);
  const places = [svg, two].map((each) =>
    [...each.matchAll(/translate\((\d+),0\)/g)].map(([, x]) => Number(x))
  );
  assert.deepEqual(places, [[0, 149, 298], [0, 149, 0, 149]]); // 135 pixels and a gap of 14
});
