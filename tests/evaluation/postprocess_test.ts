import assert from "node:assert/strict";
import { postprocessCase, postprocessMask } from "../../lib/evaluation/postprocess.ts";
import type { Case, LabelPlane } from "../../lib/slices/case.ts";
import { parseTargets } from "../../lib/slices/targets.ts";
import { digits } from "../fixtures/scipy.ts";

const NOTHING = { labels: null, ignore: [] };
const ONE = parseTargets("foreground", NOTHING, []);

Deno.test("postprocessMask works on each class: holes are filled where there is background", () => {
  // Class 1 is a ring around class 2 and a hole, and has a piece elsewhere; class 2 two pieces
  const mask = digits(
    "1111002" +
      "1201000" +
      "1111010",
  );
  const classes = parseTargets("1;2", NOTHING, []);
  const done = (...steps: Parameters<typeof postprocessMask>[2]) =>
    postprocessMask(mask, [7, 3], steps, classes).join("");
  assert.equal(done("none", "none"), mask.join(""));
  assert.equal(done("largest", "none"), "1111002" + "1201000" + "1111000");
  assert.equal(done("fill-holes", "none"), "1111002" + "1211000" + "1111010");
  // Of the equal pieces of class 2 the first stays; the other becomes background
  assert.equal(done("largest+fill-holes", "largest"), "1111002" + "1011000" + "1111000");

  // Regions: bits. Region 1 is a ring with region 2 in it; filling it adds the bit
  const regions = parseTargets("whole=1+2,core=2", NOTHING, []);
  const ring = digits("111" + "121" + "111");
  const filled = postprocessMask(ring, [3, 3], ["fill-holes", "none"], regions);
  assert.equal(filled.join(""), "111" + "131" + "111");
  // A piece that is taken from the whole stays if it is of the core, in the file and in the score
  const pieces = postprocessMask(
    digits("110" + "010" + "003"),
    [3, 3],
    ["largest", "none"],
    regions,
  );
  assert.equal(pieces.join(""), "110" + "010" + "003");
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
