import assert from "node:assert/strict";
import { ReliabilityCounter } from "../../lib/evaluation/calibration/reliability.ts";
import { DOUBT_TITLES, DOUBTS } from "../../lib/evaluation/doubt/doubts.ts";
import { plotReliability, plotRiskCoverage } from "../../lib/plots/doubt.ts";
import { parseTargets } from "../../lib/slices/targets.ts";
import { inspectPng, marksOf } from "./support.ts";

const targets = parseTargets("left=1;right=2", { labels: null, ignore: [] }, []);

Deno.test("plotRiskCoverage draws a curve for each measure, the best and a random order", () => {
  const masks = Array.from({ length: 12 }, (_, i) => ({
    doubt: (i * 5) % 12,
    dice: 0.95 - i / 40,
    patient: String(i),
  }));
  const { svg, png } = plotRiskCoverage({ masks: () => masks })!;
  for (const name of DOUBTS) assert.ok(svg.includes(DOUBT_TITLES[name]), name);
  assert.match(svg, /12 masks/);
  assert.equal(svg.match(/stroke-dasharray="7 5"/g)?.length, 1);
  assert.equal(svg.match(/stroke-dasharray="2 4"/g)?.length, 1);
  const lines = svg.match(/<path [^>]*d="M/g)!;
  assert.ok(lines.length >= DOUBTS.length + 1, `${lines.length} lines`);
  assert.ok(inspectPng(png.call(plotRiskCoverage({ masks: () => masks })!)).deviation > 5);
  assert.equal(plotRiskCoverage({ masks: () => [] }), null);
});

Deno.test("plotReliability draws a diagram for each class and place, before and after", () => {
  const of = (p: number) => {
    const counter = new ReliabilityCounter();
    for (const truth of [1, 1, 0, 0]) counter.add(p, truth);
    return counter.result();
  };
  const row = (index: number, after: boolean) => ({
    ...{ runs: "several" as const, index, where: "edge" as const, before: of(0.9) },
    ...(after && { after: of(0.6) }),
  });
  const { svg } = plotReliability([row(0, true), row(1, true)], targets);
  assert.match(svg, /left, several runs, near the edge/);
  assert.match(svg, /right, several runs, near the edge/);
  assert.match(svg, /ECE 0\.4000 → 0\.1000/);
  assert.match(svg, /with temperature/);
  const plain = plotReliability([row(0, false)], targets).svg;
  assert.doesNotMatch(plain, /with temperature|→/);
  assert.match(plain, /ECE 0\.4000/);
});

Deno.test("plotRiskCoverage: a measure that ranks as Dice does is the best curve, all end at the mean", () => {
  const dices = [0.9, 0.5, 0.8, 0.6];
  const { svg } = plotRiskCoverage({
    masks: (name) =>
      dices.map((dice, i) => ({ doubt: name === "nqm" ? 1 - dice : dice, dice, patient: `${i}` })),
  })!;
  const [best, curves] = marksOf(svg, "line").map(({ curves }) => curves);
  const perfect = best![0]!.points;
  assert.equal(curves!.length, DOUBTS.length);
  for (const [i, { points }] of curves!.entries()) {
    if (DOUBTS[i] === "nqm") assert.deepEqual(points, perfect);
    else assert.ok(points[0]![1] < perfect[0]![1], "the worst mask first: a higher risk");
    assert.deepEqual(points.at(-1), perfect.at(-1));
  }
  // Risks 0.1, 0.15, 0.7 / 3 and 0.3, at a quarter of the width each
  const heights = perfect.map(([, y]) => y);
  const unit = (heights[0]! - heights[3]!) / 0.2;
  assert.ok(Math.abs(heights[0]! - heights[1]! - 0.05 * unit) < 0.1);
  assert.ok(Math.abs(heights[0]! - heights[2]! - (0.7 / 3 - 0.1) * unit) < 0.1);
  const [random] = marksOf(svg, "rule").find(({ attributes }) => attributes.includes("2 4"))!.lines;
  assert.ok(Math.abs(random!.from[1] - heights[3]!) < 0.01);
});

Deno.test("plotReliability draws what came true above what was said, side by side", () => {
  const of = (p: number) => {
    const counter = new ReliabilityCounter();
    for (const truth of [1, 0, 0, 0]) counter.add(p, truth);
    counter.add(0.125, 0);
    return counter.result();
  };
  const row = { runs: "one", where: "all", before: of(0.75), after: of(0.5) } as const;
  const { svg } = plotReliability([0, 1, 0].map((index) => ({ ...row, index })), targets);
  const [diagonal] = marksOf(svg, "line");
  const [[x0, y0], [x1, y1]] = diagonal!.curves[0]!.points as [[number, number], [number, number]];
  assert.ok(x1 > x0 && y1 < y0);
  const place = ([x, y]: readonly [number, number]) =>
    [(x - x0) / (x1 - x0), (y - y0) / (y1 - y0)].map((value) => Math.round(100 * value) / 100 + 0); // 0, not −0
  const dots = marksOf(svg, "dot").slice(0, 2).map(({ dots, attributes }) => ({
    places: dots.map(place).sort(([a], [b]) => a! - b!),
    fill: / fill="([^"]*)"/.exec(attributes)![1],
  }));
  assert.deepEqual(dots, [
    { places: [[0.13, 0], [0.75, 0.25]], fill: "#d55e00" },
    { places: [[0.13, 0], [0.5, 0.25]], fill: "#0072b2" },
  ]);
  // A line through them
  const lines = marksOf(svg, "line").slice(1, 3).map(({ curves }) => curves[0]!.points.map(place));
  assert.deepEqual(lines, dots.map(({ places }) => places));
  const [first, second, third] = [...svg.matchAll(/<g transform="translate\((\d+),(\d+)\)"><g/g)]
    .map(([, x, y]) => [Number(x), Number(y)] as const).slice(-3) as [never, never, never];
  assert.deepEqual([second[0] - first[0], second[1] - first[1]], [440, 0]);
  assert.deepEqual([third[0], third[1] > first[1]], [first[0], true]);
});
