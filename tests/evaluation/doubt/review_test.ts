import assert from "node:assert/strict";
import { join } from "@std/path";
import { maskFacts } from "../../../lib/evaluation/doubt/mask_facts.ts";
import { writeReview } from "../../../lib/evaluation/doubt/review.ts";
import { type Found, readRecords, writeRecord } from "../../../lib/evaluation/prediction_record.ts";
import { parseTargets } from "../../../lib/slices/targets.ts";
import { parseCsv } from "../../../lib/support/csv.ts";
import { inFolder } from "../support.ts";

const TARGETS = parseTargets("a=1;b=2", { labels: null, ignore: [] }, []);

/** A case of planes of 4 rows and 5 columns. */
const opened = (kind: "volume" | "pictures", planes: number) => ({
  kind,
  grid: kind === "volume" ? { shape: [5, 4, planes], spacing: null } as const : null,
  indices: Array.from({ length: planes }, (_, i) => i),
  extent: () => ({ height: 4, width: 5, crop: null!, spacing: null }),
});
const plane = (...rows: string[]) => Uint8Array.from(rows.join(""), Number);
const EMPTY = plane("00000", "00000", "00000", "00000");

Deno.test("maskFacts counts pieces through the slices of a volume, by class", () => {
  const masks = [EMPTY, plane("00000", "01020", "00000", "00000")];
  masks.push(plane("00000", "01000", "00120", "00000"), EMPTY);
  // Class 1: one column of two voxels, one voxel across the corner; class 2: two voxels apart
  const facts = maskFacts(masks, opened("volume", 4), TARGETS);
  assert.deepEqual(facts, { pieces: [2, 2], touchesBorder: false });
  assert.deepEqual(maskFacts([EMPTY, EMPTY], opened("volume", 2), TARGETS), {
    pieces: [0, 0],
    touchesBorder: false,
  });
});

Deno.test("maskFacts sees the border on every side; of pictures the four sides of each", () => {
  const inner = plane("00000", "01000", "00000", "00000");
  const touches = (kind: "volume" | "pictures", ...masks: Uint8Array[]) =>
    maskFacts(masks, opened(kind, masks.length), TARGETS).touchesBorder;
  assert.ok(touches("volume", inner, EMPTY), "the first slice");
  assert.ok(touches("volume", EMPTY, inner), "the last slice");
  assert.ok(!touches("volume", EMPTY, inner, EMPTY));
  assert.ok(!touches("pictures", inner, inner));
  for (const at of [2, 5, 14, 17]) { // above, on the left, on the right, below
    const mask = EMPTY.with(at, 2);
    assert.ok(touches("volume", EMPTY, mask, EMPTY) && touches("pictures", inner, mask), `${at}`);
  }
  // One class at the border, the next one, and the next picture, not
  const first = plane("10000", "00020", "00000", "00000");
  assert.ok(touches("pictures", first, inner) && touches("volume", EMPTY, first, EMPTY));
  assert.deepEqual(maskFacts([inner, inner], opened("pictures", 2), TARGETS).pieces, [2, 0]);
});

Deno.test("writeReview lists current masks, the most doubtful first, and flags them", () =>
  inFolder(async (folder) => {
    const found = (doubt: number | null, more: Partial<Found> = {}): Found => ({
      ...{ counts: [2000, 10], pieces: [1, 3], touchesBorder: false, doubt, warnings: [] },
      ...{ voxelMillilitres: 0.5, ...more },
    });
    const write = (name: string, result: Found, made: Record<string, unknown> = { seed: 1 }) =>
      writeRecord(folder, name, { made, images: {}, outputs: {} }, result);
    await write("c.nii", found(null, { counts: [0, 0], pieces: [0, 0] }));
    await write("a.nii", found(0.25));
    await write("b.nii", found(0.75, { touchesBorder: true, warnings: ["too large", "x, y"] }));
    const { touchesBorder: _, ...older } = found(0.5); // of a version that did not look at it
    await write("d.nii", older);
    await write("old.nii", found(0.9), { seed: 2 });
    const names = [...(await readRecords(folder)).keys()];
    assert.deepEqual(names, ["a.nii", "b.nii", "c.nii", "d.nii", "old.nii"]);
    const options = { folder, classes: TARGETS.classes, made: { seed: 1 } };
    const review = await writeReview({ ...options, threshold: 0.5 });
    assert.deepEqual([review.masks, review.flagged], [4, ["c.nii", "b.nii"]]);
    assert.equal(review.path, join(folder, "review.csv"));
    const read = async () => parseCsv(await Deno.readTextFile(review.path));
    assert.deepEqual(await read(), [
      ["rank", "mask", "doubt", "flagged", "touches_border"].concat(
        ["a_ml", "a_pieces", "b_ml", "b_pieces", "warnings"],
      ),
      ["1", "c.nii", "", "yes", "no", "0", "0", "0", "0", ""],
      ["2", "b.nii", "0.75", "yes", "yes", "1000", "1", "5", "3", "too large; x, y"],
      ["3", "d.nii", "0.5", "no", "no", "1000", "1", "5", "3", ""],
      ["4", "a.nii", "0.25", "no", "no", "1000", "1", "5", "3", ""],
    ]);
    const without = await writeReview({ ...options, threshold: null });
    assert.deepEqual(without.flagged, []);
    assert.deepEqual((await read()).map((row) => row[3]), ["flagged", "", "", "", ""]);
  }));
