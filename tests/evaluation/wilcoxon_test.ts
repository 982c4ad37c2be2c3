import assert from "node:assert/strict";
import { wilcoxonSignedRank } from "../../lib/evaluation/wilcoxon.ts";
import { SCIPY } from "../fixtures/scipy.ts";

Deno.test("wilcoxonSignedRank agrees with scipy to 1e-9: exact, with ties, and normal", () => {
  assert.ok(SCIPY.wilcoxon.length >= 16);
  for (const { differences, statistic, p } of SCIPY.wilcoxon) {
    const found = wilcoxonSignedRank(differences);
    const what = `${differences.length} differences: ${JSON.stringify(found)}`;
    assert.ok(Math.abs(found.statistic - statistic) < 1e-9, `${what}, statistic ${statistic}`);
    assert.ok(Math.abs(found.p - p) < 1e-9, `${what}, p ${p}`);
    assert.ok(Math.abs(found.p / p - 1) < 1e-9, `${what}, p ${p}`);
  }
});

Deno.test("wilcoxonSignedRank is undefined where nothing differs, and the same mirrored", () => {
  assert.deepEqual(wilcoxonSignedRank([0, 0, 0]), { statistic: NaN, p: NaN });
  assert.deepEqual(wilcoxonSignedRank([]), { statistic: NaN, p: NaN });
  const [differences] = SCIPY.wilcoxon.map((each) => each.differences);
  const mirrored = differences!.map((value) => -value);
  assert.deepEqual(wilcoxonSignedRank(mirrored), wilcoxonSignedRank(differences!));
});

Deno.test("wilcoxonSignedRank takes the normal distribution for more than 13 differences of which one is 0", () => {
  const differences = [0, 1, -2, 3, 4, -5, 6, 7, 8, -9, 10, 11, 12, -13, 14];
  // scipy 1.17.1: wilcoxon(differences), and without the 0, which is exact
  for (
    const [own, p] of [[differences, 0.1401460614684125], [
      differences.slice(1),
      0.153076171875,
    ]] as const
  ) {
    const found = wilcoxonSignedRank(own);
    assert.equal(found.statistic, 29);
    assert.ok(Math.abs(found.p - p) < 1e-9, `${found.p}`);
  }
});
