import assert from "node:assert/strict";
import { closePrediction, describeResult } from "../../../tasks/support/predict_images.ts";

Deno.test("closePrediction counts the masks that are there, and names the images without one", () => {
  const where = { image: "images", out: "masks" };
  const have = [
    { name: "a.nii.gz", status: "done" },
    { name: "b.nii.gz", status: "again" },
    { name: "c.nii.gz", status: "skipped" },
    { name: "d.nii.gz", status: "skipped" },
  ] as const;
  const lines: string[] = [];
  const { log } = console;
  console.log = (line: string) => lines.push(line);
  try {
    assert.equal(closePrediction(have, where), 0);
    const broken = { name: "e.nii.gz", status: "failed", why: "it ends early" } as const;
    assert.throws(() => closePrediction([...have, broken], where), {
      message: "Cannot predict 1 of 5 images:\n  e.nii.gz: it ends early",
      hint:
        "All others are done. Correct or remove these in images, then run the same command again",
    });
    assert.throws(() => closePrediction([broken], where), {
      message: /^Cannot predict 1 of 1 image:/,
      hint: /^Correct or remove/,
    });
  } finally {
    console.log = log;
  }
  assert.equal(lines.length, 4);
  assert.match(
    lines[0]!,
    /^Skipped 2 that were done before, .*: c\.nii\.gz, d\.nii\.gz \(--overwr/,
  );
  assert.equal(lines[1], "The masks of 4 cases are in masks");
  assert.equal(lines[3], "The masks of 4 cases are in masks");
});

Deno.test("describeResult tells each class's millilitres or pixels, and why a mask was made again", () => {
  const classes = ["a", "b"].map((name, i) => ({ name, values: [i + 1] }));
  const told = (counts: number[], voxelMillilitres?: number, why?: string) =>
    describeResult({
      ...{ name: "x", status: why === undefined ? "done" : "again", counts },
      ...(voxelMillilitres !== undefined && { voxelMillilitres }),
      ...(why !== undefined && { why }),
    }, classes);
  assert.equal(told([123, 0], 0.01), "a 1.23 ml, b 0.00 ml");
  assert.equal(told([999, 1000], 0.01), "a 9.99 ml, b 10.0 ml");
  assert.equal(told([0, 0], 0.01), "nothing found");
  assert.equal(told([1]), "1 pixel");
  assert.equal(
    told([2, 5], undefined, "changed: seed"),
    "a 2 pixels, b 5 pixels (made again: changed: seed)",
  );
});
