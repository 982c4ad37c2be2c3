import assert from "node:assert/strict";
import type { CaseMetrics } from "../../lib/evaluation/case_metrics.ts";
import { caseQualities, describeCorrelation } from "../../lib/evaluation/case_quality.ts";
import { summarize } from "../../lib/evaluation/summary.ts";

const scored = (name: string, dice: readonly number[], quality?: number) => ({
  case: name,
  reference_file: "",
  prediction_file: null,
  metrics: Object.fromEntries(dice.map((Dice, i) => [String(i + 1), { Dice } as CaseMetrics])),
  ...(quality === undefined ? {} : { quality }),
});

Deno.test("caseQualities pairs the quality of sampled cases with their Dice", () => {
  const names = { "1": "one", "2": "two" };
  const summary = summarize([
    scored("a", [0.5, 1], 0.25),
    scored("b", [NaN, 0.5], 0.5),
    scored("once", [1, 1]),
  ], { names, problems: [], seed: 0 });
  assert.deepEqual(caseQualities(summary), [
    { case: "a", quality: 0.25, dice: 0.75 },
    { case: "b", quality: 0.5, dice: 0.5 },
  ]);
  assert.deepEqual(caseQualities(undefined), []);
});

Deno.test("describeCorrelation gives Pearson's and Spearman's correlation in words", () => {
  const cases = [1, 2, 3, 4].map((quality) => ({ case: "", quality, dice: -(quality ** 3) }));
  // Of 1 to 4 and their cubes: 104 / √(5 · 2390) = 0.951
  assert.equal(
    describeCorrelation(cases),
    "4 cases: correlation −0.95 (Pearson), −1.00 (Spearman)",
  );
  assert.equal(describeCorrelation(cases.slice(2)), "2 cases: too few for a correlation");
});
