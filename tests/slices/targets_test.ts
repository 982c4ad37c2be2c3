import assert from "node:assert/strict";
import { IGNORED, type Targets } from "../../lib/slices/case.ts";
import { parseDescription } from "../../lib/slices/discovery/dataset_description.ts";
import {
  countCodes,
  keepPlane,
  labelCode,
  labelPlanes,
  maskValues,
  parseTargets,
} from "../../lib/slices/targets.ts";
import { InputError } from "../../lib/support/errors.ts";

const NONE = { labels: null, ignore: [] };
const DECATHLON = parseDescription({
  labels: { "0": "background", "1": "Anterior", "2": "Posterior" },
});
const NNUNET = parseDescription({
  labels: { background: 0, whole: [1, 2, 3], core: [2, 3], enhancing: [3], ignore: 9 },
  regions_class_order: [1, 2, 3],
});

function named(targets: Targets) {
  return [targets.kind, ...targets.classes.map(({ name, values }) => `${name}: ${values}`)];
}

Deno.test("parseTargets() reads every form of the setting", () => {
  const forms: [string, string[]][] = [
    ["foreground", ["classes", "foreground: above 0"]],
    ["1,2", ["classes", "1,2: 1,2"]],
    ["1;2;3", ["classes", "1: 1", "2: 2", "3: 3"]],
    ["a=1+4;b=2", ["classes", "a: 1,4", "b: 2"]],
    ["whole=1+2,core=2", ["regions", "whole: 1,2", "core: 2"]],
    ["#ff0000;#00ff00", [
      "classes",
      `#ff0000: ${2 ** 52 + 0xff0000}`,
      `#00ff00: ${2 ** 52 + 0xff00}`,
    ]],
    ["all", ["classes", "1: 1", "2: 2"]],
  ];
  for (const [text, expected] of forms) {
    assert.deepEqual(named(parseTargets(text, NONE, [0, 1, 2])), expected, text);
  }
});

Deno.test("parseTargets() takes names, regions and ignored values from what is declared", () => {
  assert.deepEqual(named(parseTargets("all", DECATHLON, [])), [
    "classes",
    "Anterior: 1",
    "Posterior: 2",
  ]);
  assert.deepEqual(named(parseTargets("2;1", DECATHLON, [])), [
    "classes",
    "Posterior: 2",
    "Anterior: 1",
  ]);
  assert.deepEqual(named(parseTargets("Posterior", DECATHLON, [])), ["classes", "Posterior: 2"]);
  const regions = parseTargets("all", NNUNET, []);
  assert.deepEqual(named(regions), [
    "regions",
    "whole: 1,2,3",
    "core: 2,3",
    "enhancing: 3",
  ]);
  assert.deepEqual([regions.ignore, regions.regionsClassOrder], [[9], [1, 2, 3]]);
  assert.deepEqual(parseTargets("foreground", NNUNET, []).ignore, [9]);
});

Deno.test("parseTargets() refuses what it does not understand", () => {
  for (const text of ["x", "1;x", "=1", "a=", "1;1", "a=1;b=1", "a=1;a=2", "1.5", "1;"]) {
    assert.throws(() => parseTargets(text, NONE, []), InputError, text);
  }
  assert.throws(() => parseTargets("all", NONE, [0]), /none above 0/);
  const eight = Array.from({ length: 8 }, (_, i) => `r${i}=${i + 1}`).join(",");
  assert.throws(() => parseTargets(eight, NONE, []), /8 regions are more than 7/);
});

Deno.test("labelCode() numbers classes, sets a bit a region, and keeps the ignored apart", () => {
  const codes = (targets: Targets) => [-3, 0, 1, 2, 3, 4, 9].map(labelCode(targets));
  assert.deepEqual(codes(parseTargets("foreground", NNUNET, [])), [0, 0, 1, 1, 1, 1, IGNORED]);
  assert.deepEqual(codes(parseTargets("3;1", NONE, [])), [0, 0, 2, 0, 1, 0, 0]);
  assert.deepEqual(codes(parseTargets("all", NNUNET, [])), [0, 0, 0b001, 0b011, 0b111, 0, IGNORED]);
});

Deno.test("maskValues() gives the data set's own values, and labelCode() reads them back", () => {
  const values = (targets: Targets, count: number) => [...maskValues(targets).subarray(0, count)];
  assert.deepEqual(values(parseTargets("foreground", NONE, []), 2), [0, 1]);
  assert.deepEqual(values(parseTargets("7;3+4", NONE, []), 3), [0, 7, 3]);
  // nnU-Net's order, and without it from the largest region to the smallest
  const declared = parseTargets("all", NNUNET, []);
  assert.deepEqual(values(declared, 8), [0, 1, 2, 2, 3, 3, 3, 3]);
  const { regionsClassOrder: _, ...plain } = declared;
  assert.deepEqual(values(plain, 8), [0, 1, 2, 2, 3, 3, 3, 3]);
  const turned = parseTargets("core=2,whole=1+2", NONE, []);
  assert.deepEqual(values(turned, 4), [0, 2, 1, 2]);
  for (const targets of [declared, turned, parseTargets("7;3+4", NONE, [])]) {
    const code = labelCode(targets);
    // Of regions inside each other only some codes can be
    const possible = new Set(targets.classes.flatMap((t) => t.values as number[]).map(code));
    for (const one of possible) assert.equal(code(maskValues(targets)[one]!), one);
  }
  const big = parseTargets("526157196", NONE, []);
  assert.deepEqual(values(big, 2), [0, 526157196]);
});

Deno.test("labelPlanes(), keepPlane() and countCodes() turn codes into what losses take", () => {
  const classes = parseTargets("1;2", NONE, []);
  const codes = Uint8Array.of(0, 1, 2, IGNORED);
  assert.deepEqual([...labelPlanes(codes, classes)], [0, 0, 1, 0, 0, 1, 0, 0]);
  assert.deepEqual([...keepPlane(codes)!], [1, 1, 1, 0]);
  assert.equal(keepPlane(Uint8Array.of(0, 1)), null);
  assert.deepEqual(countCodes(Uint8Array.of(0, 0, 0, 0, 1, 1, 2, IGNORED), classes), [2, 1]);
  const regions = parseTargets("whole=1+2,core=2", NONE, []);
  const bits = Uint8Array.of(0, 1, 3, IGNORED);
  assert.deepEqual([...labelPlanes(bits, regions)], [0, 0, 1, 0, 1, 1, 0, 0]);
  assert.deepEqual(countCodes(bits, regions), [2, 1]);
  assert.deepEqual(
    [...labelPlanes(Uint8Array.of(0, 1, 1), parseTargets("foreground", NONE, []))],
    [0, 1, 1],
  );
});

Deno.test("maskValues() has a value for each side of regions that cross, not that of both", () => {
  const crossed = maskValues(parseTargets("a=1+2,b=2+3", NONE, []));
  assert.deepEqual([...crossed.subarray(0, 4)], [0, 1, 3, 2]); // neither, a, b, both
  // 4 lies in all three; nothing is in a and c alone: c, painted last
  const three = maskValues(parseTargets("a=1+2+4,b=2+3+4,c=4+5", NONE, []));
  assert.deepEqual([...three.subarray(0, 8)], [0, 1, 3, 2, 5, 4, 4, 4]);
});

Deno.test("parseTargets() refuses ignored values as classes, and one region under two names", () => {
  const numbers = (count: number) => Array.from({ length: count }, (_, i) => i + 1);
  const list = (count: number) => numbers(count).join(";");
  assert.equal(parseTargets(list(254), NONE, []).classes.length, 254);
  assert.throws(() => parseTargets(list(255), NONE, []), /255 classes are more than 254/);
  const regions = (count: number) => numbers(count).map((i) => `r${i}=${i}`).join(",");
  assert.equal(parseTargets(regions(7), NONE, []).classes.length, 7);
  assert.throws(() => parseTargets(regions(8), NONE, []), /8 regions are more than 7/);
  assert.throws(() => parseTargets("1;9", NNUNET, []), /9 is the value that dataset.json ignores/);
  assert.throws(() => parseTargets("a=1+9,b=2", NNUNET, []), /9 is the value/);
  assert.throws(() => parseTargets("a=1+2,b=2+1", NONE, []), /b has the values of another region/);
});
