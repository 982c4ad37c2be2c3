import assert from "node:assert/strict";
import { requireCases } from "../../../lib/slices/split/require_cases.ts";

Deno.test("requireCases() is one error, however many cases are not there", () => {
  requireCases([], [], "data");
  requireCases(["a", "b"], ["a", "b", "c"], "data");
  const wanted = Array.from({ length: 49 }, (_, i) => `prostate_${i}`);
  assert.throws(() => requireCases(wanted, ["hippocampus_001", "hippocampus_003"], "other"), {
    name: "InputError",
    message: "Cannot find any of 49 cases: prostate_0, prostate_1, prostate_2, prostate_3, " +
      "prostate_4 and 44 more: other",
    hint: "The data set has 2 cases: hippocampus_001, hippocampus_003",
  });
  assert.throws(() => requireCases(["a"], [], "empty"), { hint: "The data set has no cases" });
});

Deno.test("requireCases() guesses what a few mistyped ids mean, and no more", () => {
  const known = Array.from({ length: 9 }, (_, i) => `knee_${i}`);
  const typed = (n: number) => known.slice(0, n).map((id) => id.replace("knee", "kneee"));
  const guesses = (n: number) => {
    try {
      requireCases(typed(n), known, "data");
    } catch (error) {
      return (error as Error).message.split("did you mean").length - 1;
    }
  };
  assert.equal(guesses(5), 5);
  assert.equal(guesses(6), 0);
});
