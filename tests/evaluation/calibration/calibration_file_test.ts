import assert from "node:assert/strict";
import { join } from "@std/path";
import {
  formatCalibration,
  mergeCalibrations,
  readCalibration,
  type RunCalibration,
  writeCalibration,
} from "../../../lib/evaluation/calibration/calibration_file.ts";
import { parseTargets } from "../../../lib/slices/targets.ts";
import { inFolder } from "../support.ts";

const targets = (labels: string) => parseTargets(labels, { labels: null, ignore: [] }, []);
const fit = (...temperatures: number[]) => ({ temperatures, before: 0.5, after: 0.25 });
const MADE: RunCalibration = {
  classes: ["a", "b"],
  cases: 4,
  samples: 10,
  one: fit(2, 8),
  several: fit(1, 3),
};

Deno.test("a calibration is read as it was written, for the same classes only", () =>
  inFolder(async (folder) => {
    assert.equal(await readCalibration(folder, targets("a=1;b=2")), null);
    await writeCalibration(folder, MADE);
    assert.deepEqual(await readCalibration(folder, targets("a=1;b=2")), MADE);
    const wrong = { name: "InputError", code: "bad-run" };
    await assert.rejects(readCalibration(folder, targets("a=1;c=2")), wrong);
    for (const one of [fit(1), fit(0, 1), fit(-1, 2)]) {
      await Deno.writeTextFile(join(folder, "calibration.json"), JSON.stringify({ ...MADE, one }));
      await assert.rejects(readCalibration(folder, targets("a=1;b=2")), wrong);
    }
  }));

Deno.test("formatCalibration tells temperatures, and what they gain, of one run and of several", () => {
  assert.deepEqual(formatCalibration(MADE), [
    "one run: temperature 2.00, 8.00 (negative log-likelihood 0.5000 → 0.2500)",
    "10 runs: temperature 1.00, 3.00 (negative log-likelihood 0.5000 → 0.2500)",
  ]);
});

Deno.test("mergeCalibrations takes geometric means; none if a model has none", () => {
  const other = { ...MADE, cases: 6, one: fit(8, 2), several: fit(4, 3) };
  const merged = mergeCalibrations([MADE, other])!;
  for (const [found, expected] of [[merged.one, [4, 4]], [merged.several, [2, 3]]] as const) {
    for (const [c, value] of expected.entries()) {
      assert.ok(Math.abs(found.temperatures[c]! - value) < 1e-12);
    }
  }
  assert.deepEqual([merged.cases, merged.one.before], [10, 0.5]);
  assert.equal(mergeCalibrations([MADE]), MADE);
  assert.equal(mergeCalibrations([MADE, null]), null);
  assert.equal(mergeCalibrations([null]), null);
});
