import assert from "node:assert/strict";
import { formatVerification } from "../../../lib/slices/verify/format_verification.ts";
import type { CaseFacts } from "../../../lib/slices/verify/case_facts.ts";
import { problemLines, sortProblems } from "../../../lib/slices/verify/problems.ts";

const facts: CaseFacts = {
  ...{ id: "a", shape: [8, 9, 4], spacing: [1, 1.23456, 3], orientation: "LPS", channels: 2 },
  ...{ slice: [8, 9], pixel: [1, 1], distance: 3, labelValues: [0, 2], foreground: 0.0123 },
  ...{ hasBackground: true, labelColours: [], imageHash: "", labelHash: "" },
};

Deno.test("formatVerification() describes the data set, then each kind of problem once", () => {
  const other: CaseFacts = {
    ...facts,
    ...{ id: "b", spacing: [2, 2, 3], orientation: "RAS", labelValues: [0, 11], foreground: 0.5 },
  };
  const text = formatVerification({
    kind: "volume",
    cases: [facts, { ...facts, id: "c" }, other],
    channelNames: ["T2", "ADC"],
    patients: 2,
    problems: [
      { severity: "warning", case: "a", message: "odd", hint: "Do this" },
      { severity: "error", case: "x", message: "label is missing", hint: "" },
      { severity: "warning", case: "b", message: "odd", hint: "Do this" },
    ],
  });
  assert.equal(
    text,
    `3 cases of 2 patients can be used
  8 × 9 × 4 voxels
  channels 2 (T2, ADC)
  spacing 1×1.235×3 mm (2), 2×2×3 mm (1)
  stored orientation LPS (2), RAS (1)
  labels hold 0, 2, 11; 1.2 to 50 % of each case is foreground
1 error:
  label is missing: x
2 warnings:
  odd: a, b
    Do this`,
  );
});

Deno.test("formatVerification() describes pictures, and says when all is well", () => {
  const picture: CaseFacts = {
    ...facts,
    ...{ shape: [8, 9, 1], spacing: null, orientation: null, channels: 1 },
  };
  const text = formatVerification({
    kind: "pictures",
    cases: [picture],
    channelNames: [],
    patients: 1,
    problems: [],
  });
  assert.equal(
    text,
    `1 case can be used
  8 × 9 pixels, 1 picture a case
  labels hold 0, 2; 1.2 % of each case is foreground
no errors, no warnings`,
  );
});

Deno.test("problemLines() names the first few cases; sortProblems() sorts by case", () => {
  const problem = (id: string, message = "m") =>
    ({ severity: "error", case: id, message, hint: "" }) as const;
  assert.deepEqual(problemLines(["a", "b", "c"].map((id) => problem(id)), 2), [
    "  m: a, b and 1 more",
  ]);
  const many = Array.from(
    { length: 60 },
    (_, i) => problem(`c${i}`, `has ${i < 3 ? 0 : i} values`),
  );
  const lines = problemLines(many, 2);
  assert.equal(lines.length, 41);
  assert.deepEqual([lines[0], lines[40]], [
    "  has 0 values: c0, c1 and 1 more",
    "  and 18 other kinds of problems",
  ]);
  const sorted = sortProblems([problem("b"), problem("a", "z"), problem("a", "y")]);
  assert.deepEqual(sorted.map(({ case: id, message }) => id + message), ["ay", "az", "bm"]);
});

Deno.test("formatVerification names fifty cases of one problem, ten values and ten spacings", () => {
  const ids = (count: number) => Array.from({ length: count }, (_, i) => `c${i}`);
  const text = (cases: number, kinds: number) =>
    formatVerification({
      ...{ kind: "volume", channelNames: [], patients: kinds },
      cases: ids(kinds).map((id, i) => ({
        ...facts,
        id,
        spacing: [1, 1, 1 + i],
        labelValues: [i],
      })),
      problems: ids(cases).map((id) => ({ severity: "error", case: id, message: "m", hint: "" })),
    });
  assert.doesNotMatch(text(50, 10), / more/);
  assert.match(text(51, 10), /c48, c49 and 1 more$/);
  assert.match(text(50, 11), /1×1×10 mm \(1\) and 1 more\n/);
  assert.match(text(50, 11), /labels hold 0, 1, 2, 3, 4, 5, 6, 7, 8, 9 and 1 more;/);
});
