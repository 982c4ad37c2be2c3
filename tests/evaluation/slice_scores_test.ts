import assert from "node:assert/strict";
import { join } from "@std/path";
import {
  readSliceScores,
  scoresByPosition,
  sliceScores,
  writeSliceScores,
} from "../../lib/evaluation/slice_scores.ts";
import { inFolder } from "../support/in_folder.ts";

const plane = (...codes: number[]) => Uint8Array.from(codes);

Deno.test("sliceScores places each slice between the first and the last of its own class", () => {
  const classes = [{ name: "front", values: [1] }, { name: "back", values: [2] }];
  const targets = { kind: "classes", classes, ignore: [] } as const;
  const rows = sliceScores({
    case: "a",
    indices: [3, 4, 5, 6, 7, 8],
    // Slice 5 holds nothing of the class front: a gap. Slice 3 is outside of both references.
    labels: [plane(0, 0), plane(1, 1), plane(0, 0), plane(1, 2), plane(1, 0), plane(0, 0)],
    masks: [plane(1, 0), plane(1, 1), plane(0, 0), plane(1, 1), plane(0, 0), plane(0, 2)],
  }, targets);
  assert.deepEqual(
    rows.map((row) => [row.case, row.class, row.slice, row.position, row.Dice]),
    [
      ["a", "front", 3, NaN, 0],
      ["a", "front", 4, 0, 1],
      ["a", "front", 6, 2 / 3, 2 / 3],
      ["a", "front", 7, 1, 0],
      ["a", "back", 6, 0.5, 0],
      ["a", "back", 8, NaN, 0],
    ],
  );
});

Deno.test("sliceScores gives no slice a position if the reference is empty", () => {
  const classes = [{ name: "gland", values: "above 0" }] as const;
  const [row, ...others] = sliceScores({
    ...{ case: "a", indices: [0, 1] },
    ...{ labels: [plane(0), plane(0)], masks: [plane(0), plane(1)] },
  }, { kind: "classes", classes, ignore: [] });
  assert.deepEqual([others.length, row!.slice, row!.position, row!.Dice], [0, 1, NaN, 0]);
});

Deno.test("readSliceScores reads what writeSliceScores wrote, and refuses other tables", () =>
  inFolder(async (folder) => {
    const path = join(folder, "slice_scores.csv");
    assert.equal(await readSliceScores(path), undefined);
    const rows = [
      { case: 'a, "b"', class: "front", slice: 7, position: 0.25, Dice: 2 / 3 },
      { case: "c", class: "back", slice: 0, position: NaN, Dice: 0 },
    ];
    await writeSliceScores(path, rows);
    assert.deepEqual(await readSliceScores(path), rows);
    await Deno.writeTextFile(path, "case,Dice\na,1\n");
    await assert.rejects(readSliceScores(path), /not written by this program/);
  }));

Deno.test("scoresByPosition means the slices of each tenth, the last with its end, by class", () => {
  const row = (name: string, position: number, Dice: number) => ({
    ...{ case: "a", class: name, slice: 0, position, Dice },
  });
  const means = scoresByPosition([
    row("front", 1, 0.5),
    row("front", 0.9375, 0.25),
    row("front", 0, 1),
    row("front", NaN, 0),
    row("back", 0.5, 0.75),
    row("front", 0.0625, 0.5),
    row("front", 0.109375, 0.25),
  ]);
  assert.deepEqual(means, [
    { class: "front", position: 0.03125, n: 2, Dice: 0.75 },
    { class: "front", position: 0.109375, n: 1, Dice: 0.25 },
    { class: "front", position: 0.96875, n: 2, Dice: 0.375 },
    { class: "back", position: 0.5, n: 1, Dice: 0.75 },
  ]);
});
