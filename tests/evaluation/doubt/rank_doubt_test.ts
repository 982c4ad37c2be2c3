import assert from "node:assert/strict";
import {
  BAD_DICE,
  type DoubtedMask,
  rankDoubt,
  riskCoverage,
} from "../../../lib/evaluation/doubt/rank_doubt.ts";
import { DOUBT } from "../../fixtures/doubt.ts";

const masks = (doubt: number[], dice: number[]): DoubtedMask[] =>
  doubt.map((value, i) => ({ doubt: value, dice: dice[i]!, patient: `p${i}` }));

Deno.test("rankDoubt agrees with scikit-learn, scipy and NumPy", () => {
  assert.equal(DOUBT.rankings.length, 2);
  for (const { doubt, dice, within, ...expected } of DOUBT.rankings) {
    const found = rankDoubt(masks(doubt, dice), 0);
    assert.equal(found.n, doubt.length);
    assert.equal(found.bad, dice.filter((value) => value < BAD_DICE).length);
    for (const [name, value] of Object.entries(expected)) {
      const isMean = name === "aurc" || name === "gain90";
      const difference = Math.abs(found[name as keyof typeof expected] - value);
      assert.ok(difference <= (isMean ? within : 1e-12), `${name} ${difference}`);
    }
  }
});

Deno.test("riskCoverage shares the risk of equal doubts, and puts what is undefined last", () => {
  const curve = riskCoverage(masks([0.2, NaN, 0.1, 0.2, 0.3], [0.5, 0, 1, 0.7, NaN]));
  assert.deepEqual(curve.map(({ coverage }) => coverage), [0.25, 0.5, 0.75, 1]);
  // 0; then two of mean risk 0.4; then the mask in which nothing was found
  for (const [i, risk] of [0, 0.4 / 2, 0.8 / 3, 1.8 / 4].entries()) {
    assert.ok(Math.abs(curve[i]!.risk - risk) < 1e-12, `${i}`);
  }
  assert.deepEqual(riskCoverage([]), []);
});

Deno.test("rankDoubt keeps nine in ten, and says what it cannot say", () => {
  const doubt = Array.from({ length: 20 }, (_, i) => i);
  const dice = doubt.map((i) => i >= 18 ? 0.5 : 1);
  const found = rankDoubt(masks(doubt, dice), 0);
  assert.ok(Math.abs(found.gain90 - 0.05) < 1e-12, "the two bad ones are set aside");
  assert.deepEqual([found.auroc, found.auprc, found.bad], [1, 1, 2]);
  const good = rankDoubt(masks(doubt, doubt.map(() => 0.9)), 0);
  assert.ok(Number.isNaN(good.auroc) && Number.isNaN(good.auprc) && Number.isNaN(good.spearman));
  const none = rankDoubt([], 0);
  assert.ok(none.n === 0 && Number.isNaN(none.aurc) && Number.isNaN(none.gain90));
});

Deno.test("rankDoubt's interval resamples patients: copies of a patient add no certainty", () => {
  const [{ doubt, dice }] = DOUBT.rankings as [(typeof DOUBT.rankings)[number]];
  const once = masks(doubt, dice);
  const often = once.flatMap((mask) => Array.from({ length: 6 }, () => mask));
  const width = ([low, high]: readonly [number, number]) => high - low;
  const [single, copies] = [rankDoubt(once, 1), rankDoubt(often, 1)];
  assert.ok(single.ci95[0] < single.spearman && single.spearman < single.ci95[1]);
  assert.ok(Math.abs(width(single.ci95) - width(copies.ci95)) < 0.05);
  // As six patients each they would
  const apart = often.map((mask, i) => ({ ...mask, patient: String(i) }));
  assert.ok(width(rankDoubt(apart, 1).ci95) < 0.6 * width(single.ci95));
  assert.deepEqual(rankDoubt(once, 1), single);
  assert.ok(Number.isNaN(rankDoubt(once.slice(0, 4), 1).ci95[0]), "too few patients");
});
