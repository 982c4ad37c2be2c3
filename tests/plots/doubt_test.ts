import assert from "node:assert/strict";
import { ReliabilityCounter } from "../../lib/evaluation/calibration/reliability.ts";
import { DOUBT_TITLES, DOUBTS } from "../../lib/evaluation/doubt/doubts.ts";
import { plotReliability, plotRiskCoverage } from "../../lib/plots/doubt.ts";
import { parseTargets } from "../../lib/slices/targets.ts";
import { inspectPng } from "./support.ts";

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
