import assert from "node:assert/strict";
import { describeReview, doubtOf } from "../../../tasks/support/review.ts";
import { chooseDoubt } from "../../../lib/evaluation/doubt/doubt_file.ts";

const model = null!;
const fit = (temperature: number) => ({ temperatures: [temperature], before: 1, after: 1 });
const calibration = { classes: ["a"], cases: 1, samples: 10, one: fit(2), several: fit(3) };

Deno.test("doubtOf takes the choices for one run or for several, be it of models or of samples", () => {
  const none = chooseDoubt(() => [{ doubt: 1, dice: 0.5, patient: "p" }], 10);
  const doubt = { ...none, one: "stability", several: "agreement" } as const;
  const one = { doubt: "stability", temperatures: [2] };
  const several = { doubt: "agreement", temperatures: [3] };
  assert.deepEqual(doubtOf({ models: [model], doubt, calibration }, 1), one);
  assert.deepEqual(doubtOf({ models: [model], doubt, calibration }, 2), several);
  assert.deepEqual(doubtOf({ models: [model, model], doubt, calibration }, 1), several);
  const old = { models: [model], doubt: null, calibration: null };
  assert.deepEqual(doubtOf(old, 1), { doubt: "entropy_one_run", temperatures: null });
  assert.deepEqual(doubtOf(old, 10), { doubt: "nqm", temperatures: null });
});

Deno.test("describeReview names the masks to look at first", () => {
  const lines: string[] = [];
  const log = console.log;
  console.log = (line: string) => lines.push(line);
  try {
    const review = { path: "out/review.csv", masks: 12, flagged: ["b.nii.gz", "a.nii.gz"] };
    const from = (cases: number) => {
      const mask = { doubt: 1, dice: 0.5, patient: "p" };
      return { chosen: chooseDoubt(() => Array(cases).fill(mask), 10), folder: "run" };
    };
    describeReview(review, { ...from(10), doubt: "resilience" });
    describeReview(review, { ...from(2), doubt: "resilience" });
    describeReview({ ...review, flagged: [] }, { ...from(10), doubt: "nqm" });
  } finally {
    console.log = log;
  }
  assert.deepEqual(lines, [
    "Review   out/review.csv: 12 masks by 1 − resilience",
    "         look at these first, more doubtful than nine in ten of 10 validation masks: " +
    "b.nii.gz, a.nii.gz",
    "Review   out/review.csv: 12 masks by 1 − resilience",
    "         look at these first, more doubtful than nine in ten of 2 validation masks " +
    "(so few say little): b.nii.gz, a.nii.gz",
    "Review   out/review.csv: 12 masks by NCA quality metric",
  ]);
});
