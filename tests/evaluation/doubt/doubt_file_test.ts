import assert from "node:assert/strict";
import { join } from "@std/path";
import {
  chooseDoubt,
  formatDoubt,
  mergeDoubts,
  readDoubt,
  writeDoubt,
} from "../../../lib/evaluation/doubt/doubt_file.ts";
import type { DoubtName } from "../../../lib/evaluation/doubt/doubts.ts";
import { inFolder } from "../support.ts";

/** Eleven masks of falling Dice; of each measure how many of the first are swapped. */
function choose(swapped: Partial<Record<DoubtName, number>>) {
  const masks = (name: DoubtName) =>
    Array.from({ length: 11 }, (_, i) => ({
      doubt: i < (swapped[name] ?? 11) ? 10 - i : i,
      dice: 1 - i / 20,
      patient: String(i),
    }));
  return chooseDoubt(masks, 5);
}

Deno.test("chooseDoubt takes the measure that ranks best, among those of one run too", () => {
  const chosen = choose({ resilience: 4, stability: 3, agreement: 0 });
  assert.deepEqual([chosen.one, chosen.several], ["stability", "agreement"]);
  assert.deepEqual([chosen.cases, chosen.samples], [11, 5]);
  // The best order: the mean of i / 20 over the first k, k = 1 … 11
  assert.ok(Math.abs(chosen.measures.agreement.aurc! - 2.5 / 20) < 1e-12);
  assert.equal(chosen.measures.agreement.threshold, 9, "nine in ten are not above it");
  assert.deepEqual(formatDoubt(chosen), [
    `one run: 1 − stability (AURC ${chosen.measures.stability.aurc!.toFixed(4)} on 11 validation ` +
    "cases)",
    "5 runs: 1 − agreement of runs (AURC 0.1250)",
  ]);
  const equal = choose({});
  assert.deepEqual([equal.one, equal.several], ["entropy_one_run", "entropy_one_run"]);
});

Deno.test("a choice is read as it was written; a damaged file is an error", () =>
  inFolder(async (folder) => {
    assert.equal(await readDoubt(folder), null);
    const chosen = choose({ nqm: 2 });
    await writeDoubt(folder, chosen);
    assert.deepEqual(await readDoubt(folder), chosen);
    const path = join(folder, "doubt.json");
    const wrong = JSON.stringify({ ...chosen, one: "nqm" }); // it needs several runs
    for (const text of [wrong, "{}", "no JSON"]) {
      await Deno.writeTextFile(path, text);
      await assert.rejects(readDoubt(folder), { name: "InputError", code: "bad-run" }, text);
    }
  }));

Deno.test("mergeDoubts takes the measure that is best on average; none if a model has none", () => {
  const [a, b] = [choose({ agreement: 1, nqm: 2 }), choose({ entropy: 1, nqm: 2 })];
  const merged = mergeDoubts([a, b])!;
  assert.equal(merged.several, "nqm");
  assert.equal(merged.cases, 22);
  const areas = [a, b].map(({ measures }) => measures.agreement.aurc!);
  assert.equal(merged.measures.agreement.aurc, (areas[0]! + areas[1]!) / 2);
  const thresholds = [a, b].map(({ measures }) => measures.agreement.threshold);
  assert.notEqual(thresholds[0], thresholds[1]);
  assert.equal(merged.measures.agreement.threshold, (thresholds[0]! + thresholds[1]!) / 2);
  const none = { ...a, measures: { ...a.measures, nqm: { aurc: null, threshold: 1 } } };
  assert.equal(mergeDoubts([none, b])!.measures.nqm.aurc, b.measures.nqm.aurc);
  assert.equal(mergeDoubts([none, none])!.measures.nqm.aurc, null);
  assert.deepEqual(mergeDoubts([a]), a);
  assert.equal(mergeDoubts([a, null]), null);
});
