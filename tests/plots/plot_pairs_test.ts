import assert from "node:assert/strict";
import type { PairedDifference } from "../../lib/evaluation/compare_runs.ts";
import { MUTED_COLOUR, OKABE_ITO } from "../../lib/plots/palette.ts";
import { plotPairs } from "../../lib/plots/plot_pairs.ts";
import { svgSize, svgWords } from "../../lib/plots/svg.ts";
import { pointsOf } from "./support.ts";

const ROW: PairedDifference = {
  ...{ run: "new", reference: "old", label: "1", score: "Dice" },
  pairs: [
    { case: "a", values: [0.5, 0.75] },
    { case: "b", values: [0.9, 0.8] },
    { case: "c", values: [0.6, 0.6] },
  ],
  ...{ means: [2 / 3, 0.7167], difference: -0.05, ci95: [-0.25, 0.1], p: 0.03125 },
};

Deno.test("plotPairs draws a line from the reference to the run, in the colour of its change", () => {
  const { svg } = plotPairs([ROW, { ...ROW, score: "HD95" }], {});
  const widths = [1, 2, 3].map((count) => svgSize(plotPairs(Array(count).fill(ROW), {}).svg).width);
  assert.deepEqual(widths, [540, 1080, 1080]);
  const lines = [...svg.matchAll(/<path[^>]*d="([^"]+)"[^>]*stroke="(#\w+)"/g)]
    .map(([, d, stroke]) => ({ points: pointsOf(d!), stroke: stroke! }));
  const of = (colour: string) => lines.find(({ stroke }) => stroke === colour)!.points;
  const [better, worse, equal] = [OKABE_ITO.blue, OKABE_ITO.vermillion, MUTED_COLOUR].map(of) as [
    ReturnType<typeof pointsOf>,
    ReturnType<typeof pointsOf>,
    ReturnType<typeof pointsOf>,
  ];
  // On one axis from 0.5 to 1: a rises by 0.25, b falls by 0.1, c stays 0.1 above a's beginning
  const unit = (better[0]![1] - better[1]![1]) / 0.25;
  assert.ok(unit > 0);
  assert.ok(Math.abs(worse[1]![1] - worse[0]![1] - 0.1 * unit) < 0.1);
  assert.ok(Math.abs(equal[1]![1] - equal[0]![1]) < 0.01);
  assert.ok(Math.abs(better[0]![1] - equal[0]![1] - 0.1 * unit) < 0.1);
  const words = svgWords(svg);
  assert.ok(
    words.includes("foreground") && 0 < svg.indexOf(">old<") &&
      svg.indexOf(">old<") < svg.indexOf(">new<"),
  );
  const subtitle = "3 cases, −0.050 (95 %: −0.250 to +0.100), p = 0.0313";
  assert.deepEqual(words.filter((text) => text === subtitle), [subtitle]); // HD95 has no panel
  assert.ok(svg.includes(">0.50<") && !svg.includes(">0.40<"));
});

Deno.test("plotPairs draws a panel a class, and says where there is nothing", () => {
  const other = { ...ROW, label: "2", ci95: [NaN, NaN], p: 1e-9, difference: 0.2 } as const;
  const words = svgWords(plotPairs([ROW, other], { "1": "core", "2": "edge" }).svg);
  assert.ok(words.includes("core") && words.includes("edge"));
  assert.ok(words.includes("3 cases, +0.200, p < 0.0001"));
  const edge = svgWords(plotPairs([{ ...other, p: 0.0001 }], {}).svg);
  assert.ok(edge.includes("3 cases, +0.200, p = 0.0001"));
  assert.throws(() => plotPairs([{ ...ROW, pairs: [] }], {}), RangeError);
});
