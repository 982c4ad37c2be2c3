import assert from "node:assert/strict";
import { join } from "@std/path";
import { OKABE_ITO, SERIES_COLOURS } from "../../lib/plots/palette.ts";
import {
  bestEpoch,
  curvePoints,
  plotTrainingCurves,
  readMetrics,
} from "../../lib/plots/training_curves.ts";
import { temporaryFolder } from "../../lib/support/temporary_folder.ts";
import { writeMetrics } from "../../lib/training/metrics.ts";
import { pointsOf } from "./support.ts";

const ROWS = [
  { epoch: 1, loss: 1, valLoss: 8, valVolumeDice: 0.5 },
  { epoch: 2, loss: 2, valLoss: 4, valVolumeDice: 0.75 },
  { epoch: 3, loss: 3, valLoss: 6, valVolumeDice: 0.75 },
];

Deno.test("curvePoints takes the figure that it is asked for, and leaves out what is missing", () => {
  assert.deepEqual(curvePoints(ROWS, "validation", "valLoss").map(({ value }) => value), [8, 4, 6]);
  assert.deepEqual(curvePoints(ROWS, "train", "loss").map(({ value }) => value), [1, 2, 3]);
  assert.deepEqual(curvePoints([{ epoch: 4, loss: NaN }, { epoch: 5, loss: 1 }], "train", "loss"), [
    { series: "train", epoch: 5, value: 1 },
  ]);
});

Deno.test("bestEpoch is the first with the highest validation Dice", () => {
  assert.equal(bestEpoch(ROWS), 2);
  assert.equal(bestEpoch([{ epoch: 1, loss: 1 }]), undefined);
});

Deno.test("plotTrainingCurves draws training and validation from their own values", () => {
  const { svg } = plotTrainingCurves(ROWS);
  const lines = [...svg.matchAll(/<path d="([^"]+)" stroke="(#\w+)"/g)];
  const [train, validation] = [OKABE_ITO.blue, OKABE_ITO.vermillion].map((colour) =>
    lines.find(([, , stroke]) => stroke === colour)![1]!
  ) as [string, string];
  const heights = (path: string) => pointsOf(path).map(([, y]) => y);
  // Both curves share one axis: from 1 to 8 in proportion
  const [one, two, three] = heights(train) as [number, number, number];
  const [eight, four, six] = heights(validation) as [number, number, number];
  const unit = one - two;
  assert.ok(unit > 0, "up is larger");
  for (const [from, to, steps] of [[two, three, 1], [four, eight, 4], [four, six, 2]] as const) {
    assert.ok(Math.abs(from - to - steps * unit) < 0.01);
  }
  assert.match(svg, /best epoch: 2 \(dotted\)/);
  // The axis begins with the first epoch that there is
  const later = plotTrainingCurves(ROWS.map((row) => ({ ...row, epoch: row.epoch + 4 }))).svg;
  assert.ok(later.includes(`<path d="${train}"`));
  const hasDots = (count: number) =>
    /aria-label="dot"/.test(
      plotTrainingCurves(Array.from({ length: count }, (_, i) => ({ epoch: i + 1, loss: i }))).svg,
    );
  assert.deepEqual([hasDots(30), hasDots(31)], [true, false]);
});

Deno.test("plotTrainingCurves draws each figure in its own panel, in the colour of its part", () => {
  // From epoch 2 to 3 each rises its own number of times as far as from epoch 1 to 2
  const rises = {
    ...{ loss: 1, valLoss: 2, dice: 3, valDice: 4, bce: 5, valBce: 6 },
    ...{ valVolumeDice: 7, lr: 8 },
  };
  const rows = [0, 1, 2].map((i) => ({
    epoch: i + 1,
    ...Object.fromEntries(
      Object.entries(rises).map(([key, rise]) => [key, 0.1 * [1, 2, 2 + rise][i]!]),
    ),
  }));
  const { svg } = plotTrainingCurves(rows);
  const lines = [...svg.matchAll(/<path d="([^"]+)" stroke="(#\w+)"/g)];
  const drawn = lines.map(([, path, stroke]) => {
    const [first, second, third] = pointsOf(path!).map(([, y]) => y) as [number, number, number];
    return [Math.round((second - third) / (first - second)), stroke];
  });
  const [train, validation] = [OKABE_ITO.blue, OKABE_ITO.vermillion];
  assert.deepEqual(
    drawn,
    Object.entries(rises).map(([key, rise]) => [rise, key.startsWith("val") ? validation : train]),
  );
  const titles = ["Loss (Dice", "Dice loss", "Cross-entropy", "Volume Dice", "Learning rate"];
  const places = titles.map((title) => svg.indexOf(`>${title}`));
  assert.ok(!places.includes(-1) && places.every((at, i) => i === 0 || at > places[i - 1]!));
});

Deno.test("plotTrainingCurves draws each class's volume Dice, not its training loss", () => {
  const names = ["anterior", "posterior"];
  const scores = [[0.25, 0.5], [0.5, 0.625]];
  const { svg } = plotTrainingCurves(scores.map((score, i) => ({
    ...{ epoch: i + 1, loss: 1, valVolumeDice: 0.5 },
    classes: names.map((name, c) => ({ name, dice: 0.5 * c, valVolumeDice: score[c]! })),
  })));
  const lines = [...svg.matchAll(/<path d="([^"]+)" stroke="(#\w+)"/g)];
  const others = SERIES_COLOURS.filter((colour) =>
    colour !== OKABE_ITO.blue && colour !== OKABE_ITO.vermillion
  );
  const [a, b] = [0, 1].map((c) =>
    pointsOf(lines.find(([, , stroke]) => stroke === others[c])![1]!).map(([, y]) => y)
  ) as [number[], number[]];
  // On one axis: a from 1/4 to 1/2, where b begins; b rises half as far
  assert.ok(a[0]! > a[1]! && Math.abs(a[1]! - b[0]!) < 0.01);
  assert.ok(Math.abs(a[0]! - a[1]! - 2 * (b[0]! - b[1]!)) < 0.02);
});

Deno.test("readMetrics reads what writeMetrics wrote, also of classes with brackets and commas", async () => {
  using folder = temporaryFolder();
  const path = join(folder.path, "metrics.csv");
  const classes = ["tumour (core)", "tumour (edge)", "a, b"].map((name, i) => ({
    ...{ name, dice: 0.25 * i, valVolumeDice: i === 1 ? null : 0.5 * i },
  }));
  const row = { epoch: 3, loss: 1.5, dice: 1, bce: 0.5, lr: 1e-4, seconds: 2, classes };
  const validation = {
    valLoss: 2,
    valDice: 1.25,
    valBce: 0.75,
    valScore: 0.5,
    valVolumeDice: 0.625,
  };
  await writeMetrics(path, [{ ...row, ...validation }]);
  const { valScore: _, ...columns } = validation;
  assert.deepEqual(await readMetrics(path), [{ ...row, ...columns }]);
});
