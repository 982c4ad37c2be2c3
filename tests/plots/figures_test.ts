import assert from "node:assert/strict";
import { join } from "@std/path";
import { caseMetrics } from "../../lib/evaluation/case_metrics.ts";
import { FOREGROUND } from "../../lib/evaluation/overlap.ts";
import { summarize } from "../../lib/evaluation/summary.ts";
import { plotCaseScores } from "../../lib/plots/case_scores.ts";
import { composePanels, type Panel } from "../../lib/plots/panels.ts";
import type { PairedDifference } from "../../lib/evaluation/compare_runs.ts";
import { plotEvaluation } from "../../lib/plots/plot_evaluation.ts";
import { plotPairs } from "../../lib/plots/plot_pairs.ts";
import { plotQuality } from "../../lib/plots/quality.ts";
import { plotRobustness } from "../../lib/plots/robustness.ts";
import { plotSliceScores } from "../../lib/plots/slice_scores.ts";
import { plotStateChannels } from "../../lib/plots/state_channels.ts";
import { stackSvg, svgDocument, svgLegend, svgSize, svgWords } from "../../lib/plots/svg.ts";
import { plotTrainingCurves, readMetrics } from "../../lib/plots/training_curves.ts";
import { visualizePredictions } from "../../lib/plots/visualize_predictions.ts";
import { writeMetrics } from "../../lib/training/metrics.ts";
import { inFolder } from "../support/in_folder.ts";
import { NO_OTHER_DICE } from "../evaluation/support.ts";
import { disc, inspectPng, marksOf } from "./support.ts";

const ROWS = [1, 2, 3].map((epoch) => ({
  epoch,
  loss: 2 / epoch,
  dice: 1 / epoch,
  bce: 1 / epoch,
  lr: 1e-4,
  ...(epoch === 2 ? { valLoss: 1.1, valVolumeDice: 0.4 } : {}),
}));

Deno.test("plotTrainingCurves draws a panel for each thing that was measured", () => {
  const figure = plotTrainingCurves(ROWS);
  for (
    const title of [
      "Loss (Dice + cross-entropy)",
      "Dice loss",
      "Cross-entropy",
      "Volume Dice",
      "Learning rate",
    ]
  ) {
    assert.ok(figure.svg.includes(title), title);
  }
  for (const label of [">train<", ">validation<", "epoch"]) assert.ok(figure.svg.includes(label));
  assert.ok(inspectPng(figure.png()).deviation > 10);
  assert.equal(plotTrainingCurves(ROWS).svg, figure.svg);

  const few = plotTrainingCurves([{ epoch: 1, loss: 1, bce: NaN, valLoss: null }]);
  assert.doesNotMatch(few.svg, /Cross-entropy<|Learning rate/);
  assert.doesNotMatch(few.svg, /NaN/);
  assert.throws(() => plotTrainingCurves([{ epoch: 1, loss: NaN }]), RangeError);
});

Deno.test("plotTrainingCurves, plotRobustness and plotPairs are as large as all their panels", () => {
  const pair: PairedDifference = {
    ...{ run: "b", reference: "a", score: "Dice", label: "1" },
    pairs: [{ case: "p", values: [0.5, 0.75] }],
    ...{ means: [0.5, 0.75], difference: 0.25, ci95: [NaN, NaN], p: NaN },
  };
  const score = { strength: 0.1, case: "a", dice: 0.5 };
  const names = ["noise", "bias", "translation", "scale", "steps"];
  const figures = [
    plotTrainingCurves(ROWS),
    plotRobustness(names.map((perturbation) => ({ ...score, perturbation }))),
    plotPairs(["1", "2", "3", "4", "5"].map((label) => ({ ...pair, label })), {}),
  ];
  for (const { svg } of figures) {
    const { width, height } = svgSize(svg);
    const places = [...svg.matchAll(/<g transform="translate\((\d+),(\d+)\)"/g)]
      .map(([, x, y]) => [Number(x), Number(y)] as const);
    const [right, bottom] = [0, 1].map((i) => Math.max(...places.map((place) => place[i]!)));
    // What is right of the last column's edge, and below the last row's, is one panel
    assert.ok(right! > 300 && width - right! >= 300 && width - right! < 700, `${width}, ${right}`);
    assert.ok(
      bottom! > 300 && height - bottom! >= 250 && height - bottom! < 500,
      `${height}, ${bottom}`,
    );
  }
});

Deno.test("plotSliceScores draws a dot for each placed slice and a line for each class", () => {
  const row = (name: string, slice: number, position: number, Dice: number) => ({
    ...{ case: "a", class: name, slice, position, Dice },
  });
  const rows = [
    row("front", 0, 0, 0.5),
    row("front", 1, 1, 1),
    row("back", 1, 0.5, 0.9),
    row("back", 2, NaN, 0),
  ];
  const { svg } = plotSliceScores(rows)!;
  assert.equal(plotSliceScores(rows)!.svg, svg);
  assert.match(svg, /2 slices of 1 case;/);
  const both = [row("front", 1, 0.5, 1), { ...row("front", 1, 0.5, 1), case: "b" }];
  assert.match(plotSliceScores(both)!.svg, /2 slices of 2 cases;/);
  // The upper of the two slices lies at the top of the chart, at the right
  const dots = [...svg.matchAll(/r="2" cy="([\d.]+)" cx="([\d.]+)"/g)]
    .map(([, y, x]) => [Number(x), Number(y)] as const);
  assert.equal(dots.length, 3);
  assert.equal(svg.match(/<circle/g)?.length, 3 + 3); // and the three means
  const [low, high, middle] = dots as [typeof dots[0], typeof dots[0], typeof dots[0]];
  assert.equal((middle[0] - low[0]).toFixed(3), (high[0] - middle[0]).toFixed(3), "places");
  assert.ok(low[0] < high[0] && high[1] < low[1]);
  assert.ok(Math.abs((low[1] - middle[1]) / (low[1] - high[1]) - 0.8) < 0.01, "Dice");
  for (const name of ["front", "back"]) assert.ok(svg.includes(`>${name}<`), name);
  assert.equal(plotSliceScores(rows.slice(3)), null);
});

Deno.test("readMetrics reads a run's CSV, whichever columns it has", async () => {
  const path = await Deno.makeTempFile({ suffix: ".csv" });
  try {
    await Deno.writeTextFile(path, "epoch,loss,val_volume_dice\n1,0.5,\n2,0.25,0.75\n");
    assert.deepEqual(await readMetrics(path), [
      { epoch: 1, loss: 0.5 },
      { epoch: 2, loss: 0.25, valVolumeDice: 0.75 },
    ]);
    await Deno.writeTextFile(path, "something else\n");
    await assert.rejects(readMetrics(path), /no column epoch/);
  } finally {
    await Deno.remove(path);
  }
  await assert.rejects(readMetrics(path), { name: "InputError" });
});

Deno.test("plotTrainingCurves draws a curve for each of several classes, read from the CSV", async () => {
  const history = [[0.25, 0.5], [0.5, null]].map(([first, second], i) => ({
    ...{ epoch: i + 1, loss: 1, dice: 0.5, bce: 0.5, lr: 1e-3, seconds: 1 },
    ...{ valLoss: 1, valDice: 0.5, valBce: 0.5, valScore: 0.5, valVolumeDice: 0.375 },
    classes: [
      { name: "zone 1,2", dice: 0.75, valVolumeDice: first! },
      { name: "AFS", dice: 0.25, valVolumeDice: second! },
    ],
  }));
  await inFolder(async (folder) => {
    const path = join(folder, "metrics.csv");
    await writeMetrics(path, history);
    const rows = await readMetrics(path);
    assert.deepEqual(rows.map(({ classes }) => classes), history.map(({ classes }) => classes));
    const { svg } = plotTrainingCurves(rows);
    for (const text of ["Volume Dice of each class", "zone 1,2", "AFS"]) {
      assert.ok(svg.includes(text), text);
    }
    // Three values, drawn in two colours that no other curve has
    const dots = (colour: string) => svg.split(`<circle fill="${colour}"`).length - 1;
    assert.deepEqual([dots("#009e73"), dots("#cc79a7")], [2, 1]);
  });
});

Deno.test("plotCaseScores names the cases from best to worst and counts undefined scores", () => {
  const scores = [
    { case: "case_b", dice: 0.5 },
    { case: "case_a", dice: 0.9 },
    { case: "case_c", dice: NaN },
    { case: "case_d", dice: null },
    { case: "case_e", dice: NaN },
  ];
  const { svg } = plotCaseScores(scores);
  assert.match(svg, /2 cases, mean 0\.700/);
  assert.match(svg, /, 3 undefined/);
  assert.ok(svg.indexOf(">case_a<") < svg.indexOf(">case_b<") && svg.includes(">case_b<"));
  assert.doesNotMatch(svg, /case_c|NaN/);
  assert.ok(inspectPng(plotCaseScores(scores).png()).deviation > 10);
  assert.throws(() => plotCaseScores([{ case: "a", dice: NaN }]), RangeError);
});

Deno.test("plotCaseScores draws no box of fewer than five cases: each has one dot, then two", () => {
  const dots = (count: number) => {
    const scores = Array.from({ length: count }, (_, i) => ({ case: `c${i}`, dice: 0.1 * i }));
    return plotCaseScores(scores).svg.match(/<circle/g)!.length;
  };
  assert.deepEqual([dots(1), dots(4), dots(5)], [1, 4, 10]);
});

Deno.test("plotEvaluation names the worst and the best, of Dice and of HD95", () => {
  const scored = (name: string, prediction: number[], reference: number[]) => ({
    case: name,
    reference_file: "",
    prediction_file: null,
    metrics: {
      "1": {
        ...NO_OTHER_DICE,
        ...caseMetrics(Uint8Array.from(prediction), Uint8Array.from(reference), {
          shape: [4, 1, 1],
          spacing: [2, 1, 1],
        }, FOREGROUND),
      },
    },
  });
  const options = { names: { "1": "foreground" }, problems: [], seed: 0 };
  const summary = summarize([
    scored("near", [1, 1, 0, 0], [1, 1, 0, 0]),
    scored("far", [1, 0, 0, 1], [1, 0, 0, 0]),
    scored("missed", [0, 0, 0, 0], [1, 1, 0, 0]),
    scored("void", [0, 0, 0, 0], [0, 0, 0, 0]),
  ], options);
  const { image, mask, height, width } = disc(16, 12);
  const sample = {
    case: "far",
    image,
    truth: mask,
    prediction: mask,
    height,
    width,
    volumeDice: 0.25,
  };
  const figure = plotEvaluation(summary, { samples: [sample] });
  const words = svgWords(figure.svg).join("; ");
  for (
    const text of [
      "worst: missed, 0.000",
      "best: near, 1.000",
      "3 of 4 cases: mean 0.556 (dashed) ± 0.509, median 0.667",
      "HD95, mm",
      "worst: far, 5.70", // 0 and 6 mm from the prediction, the 95th percentile between them
      "2 of 4 cases: mean 2.85 (dashed) ± 4.03, median 2.85",
      "volume Dice 0.250",
    ]
  ) assert.ok(figure.svg.includes(text) || words.includes(text), text);
  // Dice reaches from 0, since the worst is 0; the dashed line is at the mean
  const [grid] = marksOf(figure.svg, "x-grid");
  const [zero, one] = [grid!.lines[0]!.from[0], grid!.lines.at(-1)!.from[0]];
  const dashed = marksOf(figure.svg, "rule").find(({ attributes }) => attributes.includes("6 4"))!;
  assert.ok(Math.abs((dashed.lines[0]!.from[0] - zero) / (one - zero) - 5 / 9) < 0.001);
  // Names grow away from the nearer side
  const anchorOf = (text: string) =>
    [...figure.svg.slice(0, figure.svg.indexOf(text)).matchAll(/text-anchor="(\w+)"/g)].at(-1)![1];
  assert.deepEqual(
    ["worst: missed", "best: near, 1", "worst: far", "best: near, 0"].map(anchorOf),
    ["start", "end", "end", "start"],
  );
  // All dots lie in the two charts, of half the width each
  const places = marksOf(figure.svg, "dot").flatMap(({ dots }) => dots.map(([x]) => x));
  assert.equal(places.length, 5);
  assert.ok(places.every((x) => x > 0 && x < 500), places.join());
  assert.doesNotMatch(figure.svg, /NaN/);
  const { width: pixels, deviation } = inspectPng(figure.png());
  assert.ok(pixels >= 1000 && deviation > 10);
  assert.doesNotMatch(plotEvaluation(summary).svg, /<image/);
  const alone = summarize([scored("only", [1, 1, 0, 0], [1, 1, 0, 0])], options);
  assert.ok(
    svgWords(plotEvaluation(alone).svg).includes("1 case: mean 1.000 (dashed), median 1.000"),
  );
  const empty = summarize([scored("void", [0, 0, 0, 0], [0, 0, 0, 0])], options);
  assert.throws(() => plotEvaluation(empty), RangeError);
});

Deno.test("plotCaseScores draws hundreds of cases as a distribution without names", () => {
  const many = Array.from({ length: 200 }, (_, i) => ({ case: `case_${i}`, dice: i / 200 }));
  const { svg } = plotCaseScores(many);
  assert.doesNotMatch(svg, />case_0</);
  const hasNames = (count: number) => />case_0</.test(plotCaseScores(many.slice(0, count)).svg);
  assert.deepEqual([hasNames(40), hasNames(41)], [true, false]);
  assert.ok((svg.match(/<circle/g)?.length ?? 0) >= 200);
});

Deno.test("plotStateChannels draws one picture a channel, with the limits of each", () => {
  const [height, width] = [8, 12];
  const data = Float32Array.from(
    { length: height * width * 16 },
    (_, i) => i % 16 === 3 ? (i % 32 === 3 ? 2 : -2) : 0,
  );
  const figure = plotStateChannels({ data, height, width, channels: 16 });
  assert.equal(figure.svg.match(/<image/g)?.length, 16);
  for (const text of ["0: image", "1: logit", ">15<", "±2", "±0"]) {
    assert.ok(figure.svg.includes(text), text);
  }
  assert.ok(inspectPng(figure.png()).deviation > 10);
  const logits = ["inner", "outer"];
  const several = plotStateChannels({
    data,
    height,
    width,
    channels: 16,
    imageChannels: 2,
    logits,
  });
  for (const text of ["1: image", "2: logit, inner", "3: logit, outer"]) {
    assert.ok(several.alt.includes(text), text);
  }
  assert.ok(several.svg.includes(">4<"));
  assert.throws(() => plotStateChannels({ data, height, width, channels: 4 }), TypeError);
});

Deno.test("visualizePredictions shows input, truth, prediction and errors of every sample", () => {
  const { image, mask, height, width } = disc(32, 24);
  const sample = { case: "case_01", slice: 3, image, height, width, prediction: mask };
  const figure = visualizePredictions([
    { ...sample, truth: disc(32, 24, 4).mask },
    { ...sample, case: "case_02", truth: mask, sliceDice: 0.125, volumeDice: NaN },
    { ...sample, case: "picture <3>" },
  ]);
  assert.equal(figure.svg.match(/<image/g)?.length, 12);
  for (
    const text of [
      "case_01, slice 3",
      "slice Dice 0.125, volume Dice undefined",
      "no truth",
      "picture <3>",
    ]
  ) {
    assert.ok(figure.alt.includes(text), text);
  }
  for (const label of [">truth<", ">both<", ">prediction only<", ">truth only<"]) {
    assert.ok(figure.svg.includes(label), label);
  }
  const png = figure.png();
  const { width: pixels, deviation } = inspectPng(png);
  assert.ok(pixels > 4 * 24 && deviation > 10);
  assert.deepEqual(figure.png(), png);
  assert.throws(() => visualizePredictions([]), RangeError);
});

Deno.test("texts of panels break into lines and stay beside their neighbours", () => {
  const image = { data: new Uint8Array(3 * 100 * 10), width: 100, height: 10 };
  const [title, caption] = ["Volume_0001, slice 12", "a caption of several words below it"];
  const { svg, alt } = composePanels([{ image, title, caption }, { image, title: "b" }], {
    columns: 2,
    title: "A title that is far too long for two pictures so narrow",
  });
  const sizes = [...svg.matchAll(/<text x="0" y="\d+" font-size="(\d+)"/g)].map(([, size]) =>
    +size!
  );
  assert.deepEqual(sizes, [22, 13, 14, 16]); // "Volume_0001," of 12 letters is brought to 100 pixels
  for (const [text, element] of svg.matchAll(/<text x="0"[^>]*>(.*?)<\/text>/g)) {
    const [lines, size] = [element!.split(/<[^>]*>/), Number(/font-size="(\d+)/.exec(text)![1])];
    const room = size === 22 ? 320 : 100;
    for (const line of lines) assert.ok(line.length * size * 0.6 <= room, line);
  }
  assert.equal(
    alt,
    `A title that is far too long for two pictures so narrow; ${title}; ${caption}; b`,
  );
  const height = (panels: Panel[]) => svgSize(composePanels(panels, { columns: 2 }).svg).height;
  assert.equal(height([{ image }]), 10 + 2 * 20);
  assert.equal(height([{ image, title: "b" }]), 10 + 2 * 20 + 21 + 4);
});

Deno.test("visualizePredictions shows the columns asked for", () => {
  const { image, mask, height, width } = disc(16, 16);
  const { svg } = visualizePredictions(
    [{ case: "a", image, truth: mask, prediction: mask, height, width }],
    { columns: ["input", "prediction"], view: "raw", title: "Two" },
  );
  assert.equal(svg.match(/<image/g)?.length, 2);
  assert.doesNotMatch(svg, />truth</);
  assert.match(svg, />Two</);
});

Deno.test("plotQuality draws doubt against Dice with both correlations", () => {
  const cases = Array.from({ length: 8 }, (_, i) => ({
    case: `case_${i}`,
    quality: 0.1 + 0.01 * i,
    dice: 0.9 - 0.02 * i ** 2 / 8,
  }));
  const { svg } = plotQuality([...cases, { case: "empty", quality: 0.2, dice: NaN }]);
  assert.match(svg, /8 cases: correlation −0\.\d\d \(Pearson\), −1\.00 \(Spearman\); 1 undefined/);
  assert.match(svg, />case_7</);
  assert.doesNotMatch(svg, /empty|NaN/);
  assert.ok(inspectPng(plotQuality(cases).png()).deviation > 10);
  assert.match(plotQuality(cases.slice(0, 2)).svg, /2 cases: too few for a correlation/);
  assert.throws(() => plotQuality([{ case: "a", quality: 0.1, dice: NaN }]), RangeError);
});

Deno.test("plotQuality puts doubt along x and Dice up y, with a line from twenty cases on", () => {
  const of = (count: number, undefinedCount = 0) =>
    plotQuality(Array.from({ length: count }, (_, i) => ({
      ...{ case: `c${i}`, quality: 0.1 + i / 100 },
      dice: i < undefinedCount ? NaN : 0.9 - i / 50,
    }))).svg;
  const [{ dots }] = marksOf(of(3), "dot") as [ReturnType<typeof marksOf>[number]];
  const [[x0, y0], [x1, y1], [x2, y2]] = dots as [number, number][] as [
    [number, number],
    [number, number],
    [number, number],
  ];
  assert.ok(x1 > x0 && y1 > y0, "to the right, and down");
  assert.ok(Math.abs(x2 - 2 * x1 + x0) < 0.01 && Math.abs(y2 - 2 * y1 + y0) < 0.01);
  assert.match(
    of(4, 1),
    /3 cases: correlation −1\.00 \(Pearson\), −1\.00 \(Spearman\); 1 undefined/,
  );
  assert.doesNotMatch(of(4), /undefined/);
  const hasLine = (svg: string) => svg.includes('aria-label="linear-regression"');
  assert.deepEqual([of(19), of(20)].map(hasLine), [false, true]);
  assert.deepEqual([of(12), of(13)].map((svg) => />c11</.test(svg)), [true, false]);
});

Deno.test("svgLegend begins a line where an entry does not fit; stackSvg is as wide as the widest", () => {
  const entries = ["one", "two"].map((label) => ({ label, colour: "#000000" }));
  // An entry is 22.4 wide and 9.6 a letter, and 19.2 lie between two: 51.2 + 19.2 + 51.2
  const height = (width: number) => svgLegend(entries, { width }).height;
  assert.deepEqual([height(122), height(120), height(10)], [26, 52, 52]);
  const stacked = stackSvg([svgDocument(10, 20, ""), svgDocument(30, 40, "")]);
  assert.deepEqual(svgSize(stacked), { width: 30, height: 60 });
});
