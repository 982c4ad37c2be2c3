import assert from "node:assert/strict";
import { NO_DESCRIPTION } from "../../../lib/slices/discovery/dataset_description.ts";
import { colourValue, parseTargets } from "../../../lib/slices/targets.ts";
import type { CaseFacts } from "../../../lib/slices/verify/case_facts.ts";
import {
  dataSetProblems,
  type DataSetSettings,
} from "../../../lib/slices/verify/data_set_problems.ts";

/** Cases of which nothing is to be said, but for what is given of each. */
function casesOf(...given: Partial<CaseFacts>[]): CaseFacts[] {
  return given.map((facts, i) => ({
    id: String.fromCharCode(97 + i),
    shape: [8, 8, 4],
    spacing: [1, 1, 3],
    orientation: "RAS",
    channels: 1,
    slice: [8, 8],
    pixel: [1, 1],
    distance: 3,
    labelValues: [0, 1, 2],
    foreground: 0.1,
    hasBackground: true,
    labelColours: [],
    imageHash: `image ${i}`,
    labelHash: `label ${i}`,
    ...facts,
  }));
}

const settings: DataSetSettings = {
  orientation: "stored",
  spacing: "stored",
  channel: "all",
  description: NO_DESCRIPTION,
  targets: parseTargets("foreground", NO_DESCRIPTION, []),
};

function problems(cases: CaseFacts[], changed: Partial<DataSetSettings> = {}): string[] {
  return dataSetProblems(cases, { ...settings, ...changed })
    .map(({ severity, case: id, message }) => `${severity} ${id}: ${message}`);
}

Deno.test("dataSetProblems() has nothing to say of cases that are alike", () => {
  assert.deepEqual(problems(casesOf({}, {}, {})), []);
  assert.deepEqual(problems([]), []);
});

Deno.test("dataSetProblems() compares values with those declared, both ways", () => {
  const description = {
    ...NO_DESCRIPTION,
    labels: [{ name: "zone", values: [1] }, { name: "lesion", values: [4] }],
    ignore: [3],
  };
  const cases = casesOf({ labelValues: [0, 1, 3] }, { labelValues: [0, 1, 7, 9] });
  assert.deepEqual(problems(cases, { description }), [
    "error b: label holds 7, 9; dataset.json declares 0, 1, 3, 4",
    "warning all cases: no label holds lesion (4) of dataset.json",
  ]);
});

Deno.test("dataSetProblems() names a value of one case where nothing is declared", () => {
  const three = casesOf({ labelValues: [0, 1] }, { labelValues: [0, 1, 9] }, {
    labelValues: [0, 1],
  });
  assert.deepEqual(problems(three), ["warning b: only this label holds 9"]);
  assert.deepEqual(problems(three.slice(0, 2)), []);
});

Deno.test("dataSetProblems() names what is to be segmented and is not there", () => {
  const targets = (labels: string) => parseTargets(labels, NO_DESCRIPTION, []);
  const cases = casesOf({}, {}, {});
  assert.deepEqual(problems(cases, { targets: targets("1,999") }), [
    "warning all cases: no label holds 999 of 1,999",
  ]);
  assert.deepEqual(problems(cases, { targets: targets("a=1;b=5;c=998") }), [
    "error all cases: no label holds 5 of b",
    "error all cases: no label holds 998 of c",
  ]);
  const empty = cases.map((facts) => ({ ...facts, foreground: 0 }));
  assert.deepEqual(problems(empty), ["error all cases: no label is above 0"]);
});

Deno.test("dataSetProblems() compares channels with those declared", () => {
  const description = { ...NO_DESCRIPTION, channelNames: ["T2", "ADC"] };
  assert.deepEqual(problems(casesOf({}, {}), { description }), [
    "warning all cases: images have 1; dataset.json declares 2 channels (T2, ADC)",
  ]);
  assert.deepEqual(problems(casesOf({ channels: 2 }, { channels: 2 }), { description }), []);
  assert.deepEqual(problems(casesOf({}, {}), { description, channel: [1] }), []);
});

Deno.test("dataSetProblems() finds labels without background, or that are one", () => {
  const full = { hasBackground: false, foreground: 1 };
  assert.deepEqual(problems(casesOf(full, full)), ["error all cases: labels have no background"]);
  const inverted = { foreground: 0.9 };
  assert.deepEqual(problems(casesOf(full, inverted, inverted)), [
    "warning all cases: 90 % of a label is foreground; is it the background?",
  ]);
  assert.deepEqual(problems(casesOf({ foreground: 0.8 }, { foreground: 0.8 })), []);
  assert.deepEqual(problems(casesOf(full, {}, {})), []);
});

Deno.test("dataSetProblems() finds copies, and tells images from labels", () => {
  const copy = { imageHash: "same", labelHash: "same" };
  assert.deepEqual(problems(casesOf(copy, {}, copy, copy)), [
    "error c: image is also that of a",
    "error d: image is also that of a",
  ]);
  const label = { labelHash: "same" };
  assert.deepEqual(problems(casesOf(label, {}, label)), ["warning c: label is also that of a"]);
  const empty = { labelHash: "same", foreground: 0 };
  assert.deepEqual(problems(casesOf(empty, {}, empty)), []);
});

Deno.test("dataSetProblems() names spacings, sizes and orientations that differ", () => {
  const cases = casesOf({}, {}, {}, { pixel: [1, 1.6] }, {
    pixel: [1.5, 1.5],
  }, { distance: 1.9 });
  assert.deepEqual(problems(cases), [
    "warning all cases: pixels differ: 1×1 mm (a) to 1×1.6 mm (d)",
    "warning all cases: slice distances differ: 1.9 mm (f) to 3 mm (a)",
  ]);
  assert.deepEqual(problems(cases, { spacing: "median" }), [
    "warning all cases: slice distances differ: 1.9 mm (f) to 3 mm (a)",
  ]);
  // Half and half: no case is far from the median
  const halves = casesOf({ pixel: [0.8, 0.8] }, { pixel: [1.25, 1.25] }, { pixel: null });
  assert.deepEqual(problems(halves), [
    "warning all cases: pixels differ: 0.8×0.8 mm (a) to 1.25×1.25 mm (b)",
  ]);
  assert.deepEqual(problems(casesOf({ pixel: [1, 1] }, { pixel: [1.5, 1.5] })), []);
  assert.deepEqual(problems(casesOf({}, { slice: [16, 8] }, { slice: [8, 16] })), []);
  assert.deepEqual(problems(casesOf({}, {}, {}, { slice: [8, 17] }, { slice: [16, 8] })), [
    "warning all cases: slices differ: 8×8 (a) to 8×17 (d)",
  ]);
  const turned = casesOf({}, { orientation: "LPS" }, {}, { orientation: null });
  assert.deepEqual(problems(turned), [
    "warning b: orientation is LPS, that of most cases RAS",
    "warning d: orientation is unknown, that of most cases RAS",
  ]);
  assert.deepEqual(problems(turned, { orientation: "canonical" }), []);
});

Deno.test("dataSetProblems warns where palettes give a value different colours", () => {
  const colours = (one: string, two: string) => ({
    labelColours: [[0, "#000000"], [1, one], [2, two]] as [number, string][],
  });
  const usual = colours("#ff0000", "#00ff00");
  assert.deepEqual(problems(casesOf(usual, usual, {})), []);
  assert.deepEqual(problems(casesOf(usual, colours("#00ff00", "#00ff00"), usual)), [
    "warning b: label's palette shows 1 as #00ff00, that of most cases as #ff0000",
  ]);
});

Deno.test("dataSetProblems names colours as colours", () => {
  const [red, green] = [colourValue(255, 0, 0), colourValue(0, 255, 0)];
  const labelValues = [0, red];
  assert.deepEqual(
    problems(casesOf({ labelValues }, { labelValues: [0, red, green] }, { labelValues })),
    ["warning b: only this label holds #00ff00"],
  );
  const targets = parseTargets("#0000ff;#ff0000", NO_DESCRIPTION, []);
  assert.deepEqual(problems(casesOf({ labelValues }), { targets }), [
    "error all cases: no label holds #0000ff",
  ]);
});

Deno.test("dataSetProblems() takes 200,000 cases", () => {
  const [one] = casesOf({});
  const cases = Array.from({ length: 200_000 }, (_, i): CaseFacts => ({
    ...one!,
    ...{ id: `c${i}`, imageHash: `i${i}`, labelHash: `l${i}` },
  }));
  assert.deepEqual(problems(cases), []);
});

Deno.test("dataSetProblems() names colours as in --labels", () => {
  const [red, green] = [colourValue(255, 0, 0), colourValue(0, 255, 0)];
  const targets = parseTargets("#ff0000;#0000ff", NO_DESCRIPTION, []);
  assert.deepEqual(
    problems(
      casesOf({ labelValues: [0, red] }, { labelValues: [0, red] }, {
        labelValues: [0, red, green],
      }),
      { targets },
    ),
    [
      "warning c: only this label holds #00ff00",
      "error all cases: no label holds #0000ff",
    ],
  );
});
