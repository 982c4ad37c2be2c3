import assert from "node:assert/strict";
import { labelToModelGrid, sliceGeometry, wholePlane } from "../../lib/slices/geometry.ts";
import { LostLabels } from "../../lib/slices/lost_labels.ts";
import { countCodes, parseTargets } from "../../lib/slices/targets.ts";
import type { Box } from "../../lib/slices/types.ts";

const targets = parseTargets("front=1;back=2", { labels: null, ignore: [] }, []);

/** The findings about planes of 10 rows and 8 columns, drawn as text. */
function findings(
  planes: readonly string[][],
  { size, fit, crop = wholePlane(10, 8) }: {
    size: readonly [number, number];
    fit: "resize" | "pad-or-crop";
    crop?: Box;
  },
): string[] {
  const lost = new LostLabels(targets);
  for (const rows of planes) {
    const data = Uint8Array.from(rows.join(""), Number);
    const label = { data, height: 10, width: 8 };
    const geometry = sliceGeometry(
      { height: 10, width: 8, crop, spacing: null },
      { size, fit, spacing: "stored", smallest: size },
    );
    const counts = countCodes(labelToModelGrid(label, geometry).data, targets);
    lost.add(label, counts, geometry);
  }
  return lost.findings().map(({ severity, message }) => `${severity}: ${message}`);
}

const empty = (n: number) => Array.from({ length: n }, () => "00000000");
/** 4 of 12 pixels are in the first two rows; class 2 is one pixel in the middle. */
const TALL = ["00110000", "00110000", "00110000", "00110000", "00110000", "00020000", "00010000"]
  .concat(empty(3));

Deno.test("LostLabels tells the part of a label that is cropped away", () => {
  assert.deepEqual(findings([TALL], { size: [12, 8], fit: "pad-or-crop" }), []);
  // Of ten rows the grid keeps the fourth to the seventh: six of twelve pixels are above
  assert.deepEqual(findings([TALL], { size: [4, 8], fit: "pad-or-crop" }), [
    "warning: 10 to 50 % of the label is outside of the 4×8 pixels that are kept",
  ]);
  const seven = ["00110000", "00110000", "00111000", ...TALL.slice(3)]; // of thirteen pixels
  assert.deepEqual(findings([seven], { size: [4, 8], fit: "pad-or-crop" }), [
    "warning: more than half of the label is outside of the 4×8 pixels that are kept",
  ]);
  const top = [...TALL.slice(0, 4), ...empty(6)]; // of eight pixels six
  assert.deepEqual(findings([top], { size: [4, 8], fit: "pad-or-crop" }), [
    "warning: more than half of the label is outside of the 4×8 pixels that are kept",
  ]);
  // The first row, two pixels, is outside
  assert.deepEqual(findings([TALL], { size: [8, 8], fit: "pad-or-crop" }), [
    "warning: 10 to 50 % of the label is outside of the 8×8 pixels that are kept",
  ]);
  // The empty border of the image, of which one pixel is labelled
  const crop = { top: 0, left: 0, height: 6, width: 8 };
  assert.deepEqual(findings([TALL], { size: [8, 8], fit: "pad-or-crop", crop }), [
    "warning: 1 to 10 % of the label is outside of the 8×8 pixels that are kept",
  ]);
});

Deno.test("LostLabels tells the classes of which resizing leaves nothing", () => {
  // Each pixel of the grid is the middle of five rows and two columns: the single 2 is not seen
  const gone = findings([TALL, TALL], { size: [4, 4], fit: "resize" });
  assert.deepEqual(gone, [
    "warning: nothing of back is left in all of its slices on a grid of 4×4",
  ]);
  const large = [...empty(2), ...Array.from({ length: 6 }, () => "02222220"), ...empty(2)];
  assert.deepEqual(findings([TALL, large], { size: [4, 4], fit: "resize" }), [
    "warning: nothing of back is left in some of its slices on a grid of 4×4",
  ]);
  // One of eleven slices is the tip of an object
  const many = [TALL, ...Array.from({ length: 10 }, () => large)];
  assert.deepEqual(findings(many, { size: [4, 4], fit: "resize" }), []);
  assert.equal(findings(many.slice(0, 10), { size: [4, 4], fit: "resize" }).length, 1);
  assert.deepEqual(findings([TALL], { size: [12, 8], fit: "resize" }), []);
});
