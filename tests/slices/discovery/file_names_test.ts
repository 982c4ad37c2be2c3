import assert from "node:assert/strict";
import {
  channelSplits,
  comparable,
  isLabelName,
  stemOf,
  withoutImageWords,
  withoutLabelWords,
} from "../../../lib/slices/discovery/file_names.ts";

Deno.test("stemOf() takes folder and ending away, and joins accents", () => {
  const names = ["a/b.nii.gz", "b.NII", "x/y.z.PNG", "Mu\u0308ller.nii", "no.txt", ".nii.gz"];
  assert.deepEqual(names.map(stemOf), ["b", "b", "y.z", "M\u00FCller", "no.txt", ""]);
  assert.equal(comparable("MU\u0308"), "m\u00FC");
});

Deno.test("isLabelName() and withoutLabelWords() know what labels are called", () => {
  const named = {
    "a_seg": "a",
    "a-Label": "a",
    "a.mask": "a",
    "mask_a": "a",
    "segmentation-7": "7",
    "a_seg_mask": "a",
    "sub-1_space-orig_desc-manual_dseg": "sub-1",
    "sub-1_label-lesion_mask": "sub-1",
    "mask": "",
    "a_Ground-Truth": "a",
  };
  for (const [stem, bare] of Object.entries(named)) {
    assert.ok(isLabelName(stem), stem);
    assert.equal(withoutLabelWords(stem), bare, stem);
  }
  for (const stem of ["a", "masked", "a_segment1", "labelled_a", "gta", "a_desc-x"]) {
    assert.ok(!isLabelName(stem), stem);
  }
});

Deno.test("withoutImageWords() leaves what an image is of", () => {
  const stems = ["img_1", "a_image", "volume-7", "image", "imagery_1", "a_scanner"];
  assert.deepEqual(stems.map(withoutImageWords), ["1", "a", "7", "", "imagery_1", "a_scanner"]);
});

Deno.test("channelSplits() takes words from the end, but no numbers other than channels", () => {
  const text = (stem: string) =>
    [...channelSplits(stem)].map(({ base, channel }) => `${base}|${channel}`);
  assert.deepEqual(text("a_0001"), ["a|0001", "|a_0001"]);
  assert.deepEqual(text("p1_t1_ce"), ["p1_t1|ce", "p1|t1_ce", "|p1_t1_ce"]);
  assert.deepEqual(text("7_t1"), ["7|t1"]);
  assert.deepEqual(text("case_001"), []);
  assert.deepEqual(text("flair"), ["|flair"]);
});
