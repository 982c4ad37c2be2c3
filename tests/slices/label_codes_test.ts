import assert from "node:assert/strict";
import { IGNORED } from "../../lib/slices/case.ts";
import { LabelEncoder, VOID } from "../../lib/slices/label_codes.ts";
import type { Voxels } from "../../lib/volume/mod.ts";
import { parseTargets, valueName } from "../../lib/slices/targets.ts";

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
  assert.deepEqual(summary, { values: [0, 1, 2], foreground: 0.5, hasBackground: true });
});

Deno.test("LabelEncoder refuses probabilities unless a threshold is given", () => {
  const values = Float32Array.of(0, 0.3, 0.7, 1);
  assert.deepEqual(encoded(values).findings, [
    "error: label has values that are not integers, such as 0.3",
  ]);
  const cut = encoded(values, { threshold: 0.5 });
  assert.deepEqual([cut.codes, cut.findings], [[0, 0, 1, 1], []]);
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
  assert.deepEqual(encoded(mask, { isPicture: true, threshold: 127 }).summary.foreground, 0.2);
  // An atlas of some classes, spread over the greys to be seen, is none
  const classes = Uint8Array.from({ length: 1000 }, (_, i) => 25 * Math.floor(i / 100));
  assert.deepEqual(encoded(classes, { isPicture: true }).findings, []);
});

Deno.test("LabelEncoder leaves out what the file itself marks", () => {
  const { codes, summary } = encoded(Float64Array.of(VOID, 0, 1));
  assert.deepEqual(codes, [IGNORED, 0, 1]);
  assert.deepEqual(summary, { values: [0, 1], foreground: 1 / 3, hasBackground: true });
});

Deno.test("LabelEncoder takes -1 for background, and lists it", () => {
  const { codes, summary } = encoded(Int16Array.of(-1, 0, 1, -1));
  assert.deepEqual([codes, summary.values, summary.foreground], [[0, 0, 1, 0], [-1, 0, 1], 0.25]);
});
