import assert from "node:assert/strict";
import { join } from "@std/path";
import { scoreMasks } from "../../lib/evaluation/score_masks.ts";
import { saveSlice } from "../../lib/slices/mod.ts";
import { createVolume, writeVolume } from "../../lib/volume/mod.ts";
import { AFFINES, inFolder } from "./support.ts";

const SHAPE = [5, 4, 3] as const;
const SPACING = [1, 2, 3] as const;

async function write(path: string, data: Uint8Array, orientation = "RAS"): Promise<void> {
  const like = createVolume({
    data: new Float32Array(60),
    shape: SHAPE,
    spacing: SPACING,
    affine: AFFINES[orientation]!(SPACING),
  });
  await writeVolume(path, { data, like });
}

/** A box of a value; x, y, z from and to. */
function box(value: number, from: readonly number[], to: readonly number[]): Uint8Array {
  return Uint8Array.from({ length: 60 }, (_, i) => {
    const at = [i % 5, Math.floor(i / 5) % 4, Math.floor(i / 20)];
    return at.every((p, axis) => p >= from[axis]! && p <= to[axis]!) ? value : 0;
  });
}

Deno.test("scoreMasks scores volumes of the same names, in millimetres", () =>
  inFolder(async (folder) => {
    const [prediction, label] = [join(folder, "made"), join(folder, "labels")];
    await write(join(label, "a.nii.gz"), box(1, [1, 1, 1], [3, 2, 1]));
    await write(join(prediction, "a.nii.gz"), box(1, [1, 1, 2], [3, 2, 2]));
    await write(join(label, "b.nii.gz"), box(1, [1, 1, 1], [3, 2, 1]));
    await write(join(prediction, "b.nii"), box(1, [2, 1, 1], [3, 2, 1]));
    await write(join(label, "alone.nii.gz"), box(1, [1, 1, 1], [3, 2, 1]));
    await write(join(prediction, "other.nii.gz"), box(1, [1, 1, 1], [3, 2, 1]));
    await Deno.writeTextFile(join(label, "notes.txt"), "no mask");
    await Deno.writeTextFile(join(label, "._a.nii.gz"), "macOS");
    await Deno.mkdir(join(label, "folder.nii.gz"));
    const told: string[] = [];
    const summary = await scoreMasks({
      prediction,
      label,
      labels: "foreground",
      seed: 0,
      onProgress: (scored) => told.push(scored.case),
    });
    assert.deepEqual(told, ["a", "b"]);
    assert.deepEqual(summary.problems, [
      `no mask in ${prediction}: alone`,
      `no label in ${label}: other`,
    ]);
    const [a, b] = summary.metric_per_case.map(({ metrics }) => metrics["1"]!);
    // One plane further along z: every voxel is 3 mm from the other mask
    assert.deepEqual([a!.Dice, a!.HD95, a!.ASSD, a!.n_ref], [0, 3, 3, 6]);
    assert.equal(b!.Dice, 8 / 10);
    assert.equal(b!.VolumeDifference, -2 * 6 / 1000);
    // Two of six voxels of the label lie 1 mm beside the mask, all of the mask's in the label
    assert.ok(Math.abs(b!.ASSD - 2 / 10) < 1e-12);
  }));

Deno.test("scoreMasks brings a mask to its label's grid, and refuses one that lies elsewhere", () =>
  inFolder(async (folder) => {
    const [prediction, label] = [join(folder, "made"), join(folder, "labels")];
    const truth = box(1, [0, 1, 1], [2, 3, 2]);
    await write(join(label, "a.nii"), truth);
    const like = createVolume({
      data: new Float32Array(60),
      shape: SHAPE,
      spacing: SPACING,
      // The same space, x and y running the other way
      affine: [[-1, 0, 0, -20 + 4], [0, -2, 0, 5 + 6], [0, 0, 3, 7], [0, 0, 0, 1]],
    });
    const turned = truth.map((_, i) => {
      const [x, y, z] = [i % 5, Math.floor(i / 5) % 4, Math.floor(i / 20)];
      return truth[4 - x + 5 * (3 - y) + 20 * z]!;
    });
    await writeVolume(join(prediction, "a.nii"), { data: turned, like });
    const options = { prediction, label, labels: "foreground", seed: 0 };
    const { metric_per_case } = await scoreMasks(options);
    assert.deepEqual([
      metric_per_case[0]!.metrics["1"]!.Dice,
      metric_per_case[0]!.metrics["1"]!.HD95,
    ], [1, 0]);
    await write(join(prediction, "a.nii"), truth, "LPS");
    await assert.rejects(scoreMasks(options), {
      message: /a: the mask covers a different space than its label: corners are/,
    });
  }));

Deno.test("scoreMasks takes classes from the setting, and 'all' from what the labels hold", () =>
  inFolder(async (folder) => {
    const [prediction, label] = [join(folder, "made"), join(folder, "labels")];
    const both = box(1, [0, 0, 0], [4, 3, 0]).map((v, i) => v || (i >= 40 ? 3 : 0));
    await write(join(label, "a.nii"), both);
    await write(join(prediction, "a.nii"), both.map((v) => v === 3 ? 1 : v));
    const dice = async (labels: string) => {
      const { mean, labels: names } = await scoreMasks({ prediction, label, labels, seed: 0 });
      return [names, Object.fromEntries(Object.entries(mean).map(([k, m]) => [k, m.Dice]))];
    };
    assert.deepEqual(await dice("all"), [{ "1": "1", "3": "3" }, { "1": 2 / 3, "3": 0 }]);
    assert.deepEqual(await dice("whole=1+3,core=3"), [
      { "(1, 3)": "whole", "3": "core" },
      { "(1, 3)": 1, "3": 0 },
    ]);
    assert.deepEqual(await dice("foreground"), [undefined, { "1": 1 }]);
  }));

Deno.test("scoreMasks scores pictures, and fails where nothing can be scored", () =>
  inFolder(async (folder) => {
    const [prediction, label] = [join(folder, "made"), join(folder, "labels")];
    for (const path of [prediction, label]) await Deno.mkdir(path);
    const options = { prediction, label, labels: "foreground", seed: 0 };
    await assert.rejects(scoreMasks(options), { message: /no mask has a label/ });
    const save = (path: string, data: readonly number[], width: number) =>
      saveSlice(path, { data: Uint8Array.from(data), height: data.length / width, width });
    await save(join(label, "p.png"), [1, 1, 0, 0, 0, 0, 0, 0], 4);
    await save(join(prediction, "p.png"), [0, 1, 0, 0, 0, 0, 0, 0], 4);
    const { metric_per_case } = await scoreMasks(options);
    assert.equal(metric_per_case[0]!.metrics["1"]!.Dice, 2 / 3);
    await save(join(prediction, "p.png"), [0, 0, 0, 0, 1, 1, 0, 0], 4); // a row below
    const below = await scoreMasks(options);
    assert.deepEqual([below.metric_per_case[0]!.metrics["1"]!.HD95], [1]);
    await save(join(prediction, "p.png"), [0, 1, 0, 0, 0, 0, 0, 0], 2);
    await assert.rejects(scoreMasks(options), {
      name: "InputError",
      message: /no pair can be used: p: mask has 4×2 pixels and label 2×4/,
    });
    await assert.rejects(scoreMasks({ ...options, label: join(folder, "none") }), {
      message: /Cannot read masks: no such folder/,
    });
    for (const path of [prediction, label]) await Deno.remove(join(path, "p.png"));
    for (const name of [..."abcdef"].flatMap((id) => [`${id}.nii`, `${id}.nii.gz`])) {
      await Deno.writeTextFile(join(label, name), "");
    }
    await assert.rejects(scoreMasks(options), ({ message }: Error) => {
      assert.deepEqual(message.match(/. *(?=: several masks)/g), [..."abcde"]);
      return true;
    });
  }));

Deno.test("scoreMasks leaves out what is there twice, and volumes of several masks", () =>
  inFolder(async (folder) => {
    const [prediction, label] = [join(folder, "made"), join(folder, "labels")];
    const mask = box(1, [1, 1, 1], [3, 2, 1]);
    for (const name of ["a", "b", "c"]) {
      await write(join(label, `${name}.nii.gz`), mask);
      await write(join(prediction, `${name}.nii.gz`), mask);
    }
    await write(join(prediction, "a.nii"), box(1, [2, 1, 1], [3, 2, 1]));
    const affine = AFFINES["RAS"]!(SPACING);
    const like = createVolume({
      data: new Float32Array(60),
      shape: SHAPE,
      spacing: SPACING,
      affine,
    });
    const twice = Uint8Array.from([...mask, ...mask]);
    await writeVolume(join(prediction, "b.nii.gz"), { data: twice, like, shape: [...SHAPE, 2] });
    const summary = await scoreMasks({ prediction, label, labels: "foreground", seed: 0 });
    assert.deepEqual(summary.metric_per_case.map((scored) => scored.case), ["c"]);
    assert.deepEqual(summary.problems, [
      `a: several masks: ${join(prediction, "a.nii")}, ${join(prediction, "a.nii.gz")}`,
      "b: mask has 2 volumes",
    ]);
  }));

Deno.test("scoreMasks measures in the label's millimetres, also where the mask has its axes in another order", () =>
  inFolder(async (folder) => {
    const [prediction, label] = [join(folder, "made"), join(folder, "labels")];
    await write(join(label, "a.nii"), box(1, [1, 1, 1], [3, 2, 1]));
    const moved = box(1, [1, 1, 2], [3, 2, 2]); // one plane further along z
    // Stored with z first
    const data = Uint8Array.from({ length: 60 }, (_, i) => {
      const [z, y, x] = [i % 3, Math.floor(i / 3) % 4, Math.floor(i / 12)];
      return moved[x + 5 * (y + 4 * z)]!;
    });
    const affine = AFFINES["RAS"]!(SPACING).map(([x, y, z, origin]) => [z!, y!, x!, origin!]);
    const grid = { shape: [3, 4, 5], spacing: [3, 2, 1], affine } as const;
    const like = createVolume({ data: new Float32Array(60), ...grid });
    await writeVolume(join(prediction, "a.nii"), { data, like });
    const summary = await scoreMasks({ prediction, label, labels: "foreground", seed: 0 });
    const { HD95, Dice, n_pred } = summary.metric_per_case[0]!.metrics["1"]!;
    assert.deepEqual([HD95, Dice, n_pred, summary.problems], [3, 0, 6, []]);
  }));
