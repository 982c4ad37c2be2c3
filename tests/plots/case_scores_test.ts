import assert from "node:assert/strict";
import { boxMarks, spreadDots } from "../../lib/plots/box_marks.ts";
import { plotCaseScores } from "../../lib/plots/case_scores.ts";
import { marksOf } from "./support.ts";

/** Numbers of pixels, compared to a hundredth. */
const rounded = (values: readonly number[]) => values.map((value) => Math.round(100 * value) / 100);

Deno.test("plotCaseScores draws each case at its score, with a stem from 0, and the mean", () => {
  const dices = [0.25, 0.75, 0.5, 0, 0.85];
  const { svg } = plotCaseScores(dices.map((dice, i) => ({ case: `c${i}`, dice })));
  // The grid's first and last line are 0 and 1
  const grid = marksOf(svg, "x-grid").at(-1)!.lines.map(({ from }) => from[0]);
  const [zero, one] = [grid[0]!, grid.at(-1)!];
  const at = (value: number) => zero + value * (one - zero);
  const best = dices.toSorted((a, b) => b - a).map(at);
  const spread = marksOf(svg, "dot");
  assert.deepEqual(rounded(spread.at(-1)!.dots.map(([x]) => x)), rounded(best));
  assert.deepEqual(
    rounded(spread.slice(0, -1).flatMap(({ dots }) => dots.map(([x]) => x))).sort(),
    rounded(best).sort(),
  );
  const rules = marksOf(svg, "rule");
  const stems = rules.find(({ attributes }) => attributes.includes("#c8c8c8"))!.lines;
  assert.deepEqual(rounded(stems.map(({ from }) => from[0])), Array(5).fill(rounded([zero])[0]));
  assert.deepEqual(rounded(stems.map(({ to }) => to[0])), rounded(best));
  const means = rules.filter(({ attributes }) => attributes.includes("6 4"))
    .map(({ lines: [line] }) => line!.from[0]);
  assert.deepEqual(rounded(means), rounded([at(0.47), at(0.47)]));
  assert.match(svg, /5 cases, mean 0\.470 \(dashed\), median 0\.500/);
});

Deno.test("spreadDots stacks dots of about one value above and below each other", () => {
  const chart = { domain: [0, 2], width: 180, height: 80 } as const; // a dot is 9 wide
  assert.deepEqual(spreadDots([0.5, 1, 0.52, 0.5, 2], chart), [0, 0, -9, 9, 0]);
  // From another beginning, the same places
  const shifted = { ...chart, domain: [10, 12] } as const;
  assert.deepEqual(spreadDots([10.5, 11, 10.52, 10.5, 12], shifted), [0, 0, -9, 9, 0]);
  // Less than a dot apart in [0, 12], more in [10, 12]
  assert.deepEqual(spreadDots([10.5, 10.58], shifted), [0, 0]);
  // Nine fit between −36 and 36: seventeen are half as far apart
  assert.deepEqual(spreadDots(Array(17).fill(1), chart).slice(0, 5), [0, -4.5, 4.5, -9, 9]);
});

Deno.test("boxMarks draws a box from five values on", () => {
  const rows = (count: number) => Array.from({ length: count }, (_, i) => ({ value: i / 10 }));
  const marks = (count: number) =>
    boxMarks(rows(count), "value", { domain: [0, 1], width: 100, height: 50 }).length;
  assert.deepEqual([marks(4), marks(5)], [1, 2]); // dots of one height, and a box
});
