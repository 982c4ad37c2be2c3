import assert from "node:assert/strict";
import { join } from "@std/path";
import {
  choosePostprocess,
  formatPostprocess,
  postprocessCase,
  postprocessMask,
  readPostprocess,
  writePostprocess,
} from "../../lib/evaluation/postprocess.ts";
import type { Case, LabelPlane } from "../../lib/slices/case.ts";
import { parseTargets } from "../../lib/slices/targets.ts";
import { digits } from "../fixtures/scipy.ts";
import { inFolder } from "./support.ts";

const NOTHING = { labels: null, ignore: [] };
const ONE = parseTargets("foreground", NOTHING, []);
const TWO = parseTargets("one=1;two=2", NOTHING, []);

Deno.test("postprocessMask works on each class: holes are filled where there is background", () => {
  // Class 1 is a ring around class 2 and a hole, and has a piece elsewhere; class 2 two pieces
  const mask = digits(
    "1111002" +
      "1201000" +
      "1111010",
  );
  const classes = { kind: "classes" } as const;
  const done = (...steps: Parameters<typeof postprocessMask>[2]) =>
    postprocessMask(mask, [7, 3], steps, classes).join("");
  assert.equal(done("none", "none"), mask.join(""));
  assert.equal(done("largest", "none"), "1111002" + "1201000" + "1111000");
  assert.equal(done("fill-holes", "none"), "1111002" + "1211000" + "1111010");
  // Of the equal pieces of class 2 the first stays; the other becomes background
  assert.equal(done("largest+fill-holes", "largest"), "1111002" + "1011000" + "1111000");

  // Regions: bits. Region 1 is a ring with region 2 in it; filling it adds the bit
  const ring = digits("111" + "121" + "111");
  const filled = postprocessMask(ring, [3, 3], ["fill-holes", "none"], { kind: "regions" });
  assert.equal(filled.join(""), "111" + "131" + "111");
});

/** A case of planes: a volume, or pictures. */
function caseOf(kind: Case["kind"], labels: readonly LabelPlane[]): Case {
  const { height, width } = labels[0]!;
  return {
    kind,
    indices: labels.map((_, i) => i),
    grid: { shape: [width, height, labels.length], spacing: null },
    label: (index: number) => labels[index]!,
    extent: (index: number) => labels[index]!,
  } as unknown as Case;
}

Deno.test("postprocessCase takes a volume as a whole, and pictures each by itself", () => {
  const planes = ["1100", "0100", "0001"].map(digits);
  const label = (data: Uint8Array) => ({ data, height: 1, width: 4 });
  const done = (kind: Case["kind"]) =>
    postprocessCase(planes, caseOf(kind, planes.map(label)), ["largest"], ONE)
      .map((plane) => plane.join(""));
  assert.deepEqual(done("volume"), ["1100", "0100", "0000"]);
  assert.deepEqual(done("pictures"), ["1100", "0100", "0001"]);
});

Deno.test("choosePostprocess takes what raises the mean Dice, class by class", async () => {
  const plane = (text: string) => ({ data: digits(text), height: 1, width: 8 });
  const validation = (labels: string, masks: string) => ({
    opened: caseOf("pictures", [plane(labels)]),
    masks: [digits(masks)],
  });
  const cases = [
    // Class 1: a stray voxel, and one too many at the border; class 2 is right in two pieces
    validation("11100202", "11101202"),
    validation("11100202", "11110202"),
  ];
  const choices = await choosePostprocess(cases, TWO);
  assert.deepEqual(choices.map(({ name, choice }) => [name, choice]), [
    ["one", "largest"],
    ["two", "none"],
  ]);
  // 6 / 7 twice; without the stray voxel 1 and 6 / 7
  assert.equal(choices[0]!.dice.none, 6 / 7);
  assert.equal(choices[0]!.dice.largest, (1 + 6 / 7) / 2);
  assert.equal(choices[1]!.dice.none, 1);
  assert.equal(choices[1]!.dice.largest, 2 / 3);
  assert.deepEqual(formatPostprocess(choices), [
    "one: largest (validation Dice 0.8571 → 0.9286)",
    "two: none (nothing raises the validation Dice of 1.0000)",
  ]);
  const absent = await choosePostprocess([validation("00000000", "00000000")], ONE);
  assert.deepEqual(formatPostprocess(absent), ["foreground: none (no validation case has it)"]);
});

Deno.test("what was chosen is stored with the run, and read for the same classes only", () =>
  inFolder(async (folder) => {
    assert.deepEqual(await readPostprocess(folder, TWO), ["none", "none"]);
    const dice = { "none": 0.5, "largest": 0.75, "fill-holes": null, "largest+fill-holes": 0.75 };
    await writePostprocess(folder, [
      { name: "one", choice: "largest", dice },
      { name: "two", choice: "none", dice },
    ]);
    assert.deepEqual(await readPostprocess(folder, TWO), ["largest", "none"]);
    await assert.rejects(readPostprocess(folder, ONE), {
      name: "InputError",
      message: /not about foreground/,
    });
    await Deno.writeTextFile(join(folder, "postprocess.json"), '[{"name":"one","choice":"all"}]');
    await assert.rejects(readPostprocess(folder, TWO), { name: "InputError" });
  }));
