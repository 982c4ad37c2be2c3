import assert from "node:assert/strict";
import { pearson, ranks, spearman } from "../../lib/evaluation/correlation.ts";
import { SCIPY } from "../fixtures/scipy.ts";

Deno.test("what cannot be correlated is undefined", () => {
  for (const correlate of [pearson, spearman]) {
    assert.ok(Number.isNaN(correlate([1, 2], [2, 1])), "two points always lie on a line");
    assert.ok(Number.isNaN(correlate([1, 1, 1], [1, 2, 3])), "constant");
    assert.ok(Number.isNaN(correlate([], [])));
    assert.throws(() => correlate([1, 2, 3], [1, 2]), TypeError);
    // Undefined scores are left out
    assert.equal(correlate([1, NaN, 2, 3], [3, 9, 2, 1]), -1);
    assert.equal(correlate([3, 9, 2, 1], [1, NaN, 2, 3]), -1);
  }
});

Deno.test("pearson, spearman and ranks agree with scipy", () => {
  assert.equal(SCIPY.correlations.length, 3);
  for (const { x, y, ...expected } of SCIPY.correlations) {
    assert.ok(Math.abs(pearson(x, y) - expected.pearson) < 1e-12);
    assert.ok(Math.abs(spearman(x, y) - expected.spearman) < 1e-12);
    assert.deepEqual(ranks(y), expected.ranks);
  }
});
