import assert from "node:assert/strict";
import { IGNORED } from "../../lib/slices/case.ts";
import { LabelEncoder, VOID } from "../../lib/slices/label_codes.ts";
import type { Voxels } from "../../lib/volume/mod.ts";
import { colourValue, parseTargets, valueName } from "../../lib/slices/targets.ts";

function encoded(
  values: Voxels,
  { labels = "foreground", threshold = "none" as "none" | number, isPicture = false } = {},
) {
  const encoder = new LabelEncoder(
    parseTargets(labels, { labels: null, ignore: [] }, []),
    threshold,
  );
  return {
    codes: [...encoder.encode(values)],
    summary: encoder.summary(),
    findings: encoder.findings({ isPicture }).map(({ severity, message }) =>
      `${severity}: ${message}`
    ),
  };
}

Deno.test("LabelEncoder rounds what rounding left beside an integer", () => {
  const values = Float32Array.of(0.999999, 1.0039, 2, 0.0001);
  const { codes, findings, summary } = encoded(values, { labels: "1" });
  assert.deepEqual(codes, [1, 1, 0, 0]);
  assert.deepEqual(findings, []);
  assert.deepEqual(summary, {
    values: [0, 1, 2],
    foreground: 0.5,
    hasBackground: true,
    colours: [],
  });
});

Deno.test("LabelEncoder refuses probabilities unless a threshold is given", () => {
  const values = Float32Array.of(0, 0.3, 0.7, 1);
  assert.deepEqual(encoded(values).findings, [
    "error: label has values that are not integers, such as 0.3",
  ]);
  // A hundredth may come from resampling
  assert.deepEqual(encoded(Float32Array.of(0, 0.991, 2.009)).findings, []);
  assert.match(encoded(Float32Array.of(0, 1, 2.0105)).findings[0]!, /such as 2\.01/);
  const cut = encoded(values, { threshold: 0.5 });
  assert.deepEqual([cut.codes, cut.findings], [[0, 0, 1, 1], []]);
  assert.deepEqual(encoded(Float32Array.of(0.5, 0.75), { threshold: 0.5 }).codes, [0, 1]);
  assert.match(encoded(Float32Array.of(0, NaN)).findings[0]!, /^error: .* NaN or infinite/);
});

Deno.test("LabelEncoder tells ids beyond 2²⁴ apart", () => {
  const values = Int32Array.of(0, 526157192, 526157196);
  assert.deepEqual(encoded(values, { labels: "526157192" }).codes, [0, 1, 0]);
  assert.deepEqual(encoded(values, { labels: "526157192;526157196" }).codes, [0, 1, 2]);
});

Deno.test("LabelEncoder takes no id of a volume for a colour", () => {
  const values = Float64Array.of(0, 2 ** 30 + 1, 2 ** 30 + 0xff0000, 2 ** 31 + 5, 2 ** 32 - 1);
  const { codes, findings, summary } = encoded(values, { labels: `${2 ** 30 + 1};${2 ** 31 + 5}` });
  assert.deepEqual([codes, findings], [[0, 1, 0, 2, 0], []]);
  assert.deepEqual(summary.values.map(valueName), [
    "0",
    "1073741825",
    "1090453504",
    "2147483653",
    "4294967295",
  ]);
});

Deno.test("LabelEncoder finds labels without object or background, and those with many values", () => {
  assert.deepEqual(encoded(Uint8Array.of(0, 0)).findings, ["warning: label is empty"]);
  assert.deepEqual(encoded(Uint8Array.of(1, 2)).findings, ["warning: label has no background"]);
  const many = Uint8Array.from({ length: 100 }, (_, i) => i % 40);
  assert.deepEqual(encoded(many).findings, ["warning: label holds 40 values"]);
  assert.deepEqual(encoded(many.map((value) => value % 24)).findings, []);
  assert.deepEqual(encoded(many.map((value) => value % 25)).findings, [
    "warning: label holds 25 values",
  ]);
  const image = Int32Array.from({ length: 70000 }, (_, i) => i);
  assert.match(encoded(image).findings[0]!, /^error: label has more than 65536 values/);
});

Deno.test("LabelEncoder finds masks that were compressed as JPEG", () => {
  const mask = Uint8Array.from(
    { length: 1000 },
    (_, i) => i < 800 ? (i % 10 === 0 ? i % 7 : 0) : 255 - (i % 5),
  );
  assert.match(
    encoded(mask, { isPicture: true }).findings[0]!,
    /^error: label has 12 grey values, probably after JPEG compression$/,
  );
  // Pixels of no value, transparent ones for example, are not a grey value
  const transparent = encoded(Float64Array.of(...mask, VOID), { isPicture: true });
  assert.match(transparent.findings[0]!, /^error: label has 12 grey values/);
  assert.deepEqual(encoded(mask, { isPicture: true, threshold: 127 }).summary.foreground, 0.2);
  // An atlas of some classes, spread over the greys to be seen, is none
  const classes = Uint8Array.from({ length: 1000 }, (_, i) => 25 * Math.floor(i / 100));
  assert.deepEqual(encoded(classes, { isPicture: true }).findings, []);
});

Deno.test("LabelEncoder refuses colours that were compressed as JPEG", () => {
  // Around black and a pure red, each channel is a little off
  const smeared = Array.from({ length: 200 }, (_, i) => colourValue(i % 7, i % 11, i % 5));
  const values = Float64Array.from([...new Array(300).fill(0), ...smeared]);
  assert.deepEqual(encoded(values, { isPicture: true }).findings, [
    "error: label has many colours close to black, probably after JPEG compression",
  ]);
  // Near are parts up to 48, and few such colours are none
  const nine = (part: number) =>
    Float64Array.from({ length: 11 }, (_, i) => i < 2 ? 0 : colourValue(part, i, 0));
  assert.match(encoded(nine(48), { isPicture: true }).findings.join(), /close to black/);
  assert.doesNotMatch(encoded(nine(49), { isPicture: true }).findings.join(), /close to black/);
  const eight = nine(48).map((value, i) => i === 10 ? 0 : value);
  assert.doesNotMatch(encoded(eight, { isPicture: true }).findings.join(), /close to black/);
  // Thirty bright colours are classes or objects
  const classes = Float64Array.from({ length: 90 }, (_, i) => colourValue(250, i % 30 * 8, 60));
  const [warning, ...others] =
    encoded(Float64Array.of(0, ...classes), { isPicture: true }).findings;
  assert.match(warning!, /^warning: label holds 31 values/);
  assert.match(others.join(), /^warning: label has 30 colours/);
});

Deno.test("LabelEncoder notes which colours palettes give to values", () => {
  const encoder = new LabelEncoder(
    parseTargets("foreground", { labels: null, ignore: [] }, []),
    "none",
  );
  encoder.noteColours(new Map([[2, colourValue(255, 0, 16)], [0, 0]]));
  encoder.noteColours(new Map([[2, colourValue(255, 0, 16)], [1, colourValue(0, 1, 0)]]));
  encoder.encode(Float64Array.of(0, 1, 2));
  assert.deepEqual(encoder.summary().colours, [[0, "#000000"], [1, "#000100"], [2, "#ff0010"]]);
});

Deno.test("LabelEncoder takes negative values for background, and says so", () => {
  const { codes, summary, findings } = encoded(Int16Array.of(-1, -1, 0, 1, -1024));
  assert.deepEqual(codes, [0, 0, 0, 1, 0]);
  assert.deepEqual(summary, {
    values: [-1024, -1, 0, 1],
    foreground: 0.2,
    hasBackground: true,
    colours: [],
  });
  assert.deepEqual(findings, [
    "warning: label has negative values, -1024, -1, treated as background",
  ]);
  // As a class, or thresholded, they mean something
  assert.deepEqual(encoded(Int16Array.of(-1, 0, 1), { labels: "a=-1;b=1" }).findings, []);
  assert.deepEqual(encoded(Int16Array.of(-1, 0, 1), { threshold: 0 }).findings, []);
});

Deno.test("LabelEncoder warns of ids that float32 cannot tell apart", () => {
  const ids = [0, 526157192, 526157196];
  const [warning, ...others] = encoded(Float32Array.from(ids)).findings;
  assert.match(warning!, /^warning: label has ids above 2²⁴ stored as float32/);
  assert.deepEqual([others, encoded(Float64Array.from(ids)).findings], [[], []]);
  assert.deepEqual(encoded(Float32Array.of(0, 2 ** 24)).findings, []);
});

Deno.test("LabelEncoder leaves out what the file itself marks", () => {
  const { codes, summary } = encoded(Float64Array.of(VOID, 0, 1));
  assert.deepEqual(codes, [IGNORED, 0, 1]);
  assert.deepEqual(summary, {
    values: [0, 1],
    foreground: 1 / 3,
    hasBackground: true,
    colours: [],
  });
});
