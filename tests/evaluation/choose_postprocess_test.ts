import assert from "node:assert/strict";
import { join } from "@std/path";
import {
  choosePostprocess,
  formatPostprocess,
  readPostprocess,
  writePostprocess,
} from "../../lib/evaluation/choose_postprocess.ts";
import { cellSeeds } from "../../lib/nca/cell_seeds.ts";
import type { ForwardOptions } from "../../lib/nca/med_nca.ts";
import { createVolume, writeVolume } from "../../lib/volume/mod.ts";
import { fixedModel, inFolder, inputsOf, volumeSource } from "./support.ts";

const TWO = inputsOf({ labels: "one=1;two=2" }).targets;
const ONE = inputsOf().targets;

/**
 * Chooses on volumes of 8 × 4 × 4 voxels with these labels in the middle of each plane, where the
 * model predicts these codes.
 */
async function choose(
  folder: string,
  labels: readonly string[],
  codes: string,
  setting: string,
  seen: ForwardOptions[] = [],
) {
  const sources = [];
  for (const [i, label] of labels.entries()) {
    // Slices have x as rows: a row of text lies along x, at y = 1
    const at = (text: string, j: number) => Math.floor(j / 8) % 4 === 1 ? Number(text[j % 8]) : 0;
    const data = Float32Array.from({ length: 128 }, (_, j) => j ** (i + 1));
    const like = createVolume({ data, shape: [8, 4, 4], spacing: [1, 1, 1] });
    const mask = Uint8Array.from({ length: 128 }, (_, j) => at(label, j));
    await writeVolume(join(folder, `${i}.nii`), { data, like });
    await writeVolume(join(folder, `${i}_label.nii`), { data: mask, like });
    sources.push(volumeSource(folder, `${i}.nii`, `${i}_label.nii`));
  }
  const inputs = inputsOf({ labels: setting });
  const k = inputs.targets.classes.length;
  const logits = Array.from({ length: 32 }, (_, pixel) => {
    const code = pixel % 4 === 1 ? Number(codes[Math.floor(pixel / 4)]) : 0;
    return Array.from({ length: k }, (_, c) => code === c + 1 ? 5 : -5);
  });
  const models = [{ model: fixedModel(logits.flat(), k, seen), inputs }];
  return await choosePostprocess({ models, sources, batchSize: 2, seed: 6 });
}

Deno.test("choosePostprocess takes what raises the mean Dice, class by class", () =>
  inFolder(async (folder) => {
    // Class 1 has a stray voxel, and in the second case one too few; class 2 is right in two pieces
    const seen: ForwardOptions[] = [];
    const labels = ["11100202", "11110202"];
    const choices = await choose(folder, labels, "11101202", "one=1;two=2", seen);
    // One run of each slice, its cells those of every other prediction
    const batches = [cellSeeds(6, [0, 1]), cellSeeds(6, [2, 3])];
    assert.deepEqual(seen.map(({ seeds }) => seeds), [...batches, ...batches]);
    assert.deepEqual(choices.map(({ name, choice }) => [name, choice]), [
      ["one", "largest"],
      ["two", "none"],
    ]);
    // Of 4 predicted 3 are right, of 3 and of 4; of the largest piece's 3 all are
    assert.equal(choices[0]!.dice.none, (6 / 7 + 6 / 8) / 2);
    assert.equal(choices[0]!.dice.largest, (1 + 6 / 7) / 2);
    assert.equal(choices[1]!.dice.none, 1);
    assert.equal(choices[1]!.dice.largest, 2 / 3);
    assert.deepEqual(formatPostprocess(choices), [
      "one: largest (validation Dice 0.8036 → 0.9286)",
      "two: none (nothing raises the validation Dice of 1.0000)",
    ]);
    const absent = await choose(folder, ["00000000"], "00000000", "foreground");
    assert.deepEqual(formatPostprocess(absent), ["foreground: none (in no validation case)"]);
  }));

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
      message: /classes are not foreground/,
    });
    await Deno.writeTextFile(join(folder, "postprocess.json"), '[{"name":"one","choice":"all"}]');
    await assert.rejects(readPostprocess(folder, TWO), { name: "InputError" });
  }));
