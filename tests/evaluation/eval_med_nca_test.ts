import assert from "node:assert/strict";
import { join } from "@std/path";
import * as tf from "@tensorflow/tfjs";
import { initBackend } from "../../lib/backend.ts";
import { evalMedNca } from "../../lib/evaluation/eval_med_nca.ts";
import { MedNca } from "../../lib/nca/med_nca.ts";
import { extractSlices, SliceDataset } from "../../lib/slices/mod.ts";
import { createVolume, writeVolume } from "../../lib/volume/mod.ts";
import { fixedModel, inFolder, QUICK, writeData } from "./support.ts";

await initBackend({ backend: "wasm" });

const near = (value: number, expected: number, what: string) =>
  assert.ok(Math.abs(value - expected) < 1e-5, `${what}: ${value}, not ${expected}`);

/** Two volumes of two slices of 4 × 4 pixels whose labels are given, the others 0. */
async function dataset(
  folder: string,
  labels: readonly (readonly number[])[],
  setting: string,
): Promise<SliceDataset> {
  for (const [i, values] of labels.entries()) {
    const like = createVolume({
      data: Float32Array.from({ length: 32 }, (_, j) => j ** (i + 1)),
      shape: [4, 4, 2],
      spacing: [1, 1, 1],
    });
    const name = `case_${i}.nii.gz`;
    const data = Uint8Array.from({ length: 32 }, (_, j) => values[j] ?? 0);
    await writeVolume(join(folder, "images", name), { data: like.data, like });
    await writeVolume(join(folder, "labels", name), { data, like });
  }
  const out = join(folder, "prepared");
  await extractSlices({ data: folder, out, labels: setting });
  return await SliceDataset.open(out);
}

Deno.test("evalMedNca reports Dice loss, cross-entropy and Dice of slices and volumes, by hand", () =>
  inFolder(async (folder) => {
    // Stored x fastest, slices have x as rows: the first two labels are the column of pixels 0 and 4
    const slices = await dataset(folder, [[1, 1], [1]], "foreground");
    const logits = Array.from({ length: 16 }, (_, i) => i === 0 || i === 1 ? 2 : -2);
    const model = fixedModel(logits, 1);
    const before = tf.memory().numTensors;
    const result = await evalMedNca(model, slices, { batchSize: 3, seed: 5 });
    assert.equal(tf.memory().numTensors, before);

    const p = 1 / (1 + Math.exp(-2));
    const q = 1 - p;
    const sum = 2 * p + 14 * q;
    const [right, wrong] = [-Math.log(p), -Math.log(q)];
    // Predicted are pixels 0 and 1; true are 0 and 4, then none, then 0, then none
    const expected = [
      {
        dice: 2 * 1 / (2 + 2),
        diceLoss: 1 - 2 * (p + q) / (sum + 2),
        bce: (14 * right + 2 * wrong) / 16,
      },
      { dice: 0, diceLoss: 1, bce: (14 * right + 2 * wrong) / 16 },
      { dice: 2 / 3, diceLoss: 1 - 2 * p / (sum + 1), bce: (15 * right + wrong) / 16 },
      { dice: 0, diceLoss: 1, bce: (14 * right + 2 * wrong) / 16 },
    ];
    assert.deepEqual(
      result.slices.map(({ case: id, index }) => `${id} ${index}`),
      ["case_0 0", "case_0 1", "case_1 0", "case_1 1"],
    );
    for (const key of ["dice", "diceLoss", "bce"] as const) {
      for (const [i, slice] of result.slices.entries()) near(slice[key], expected[i]![key], key);
      near(result[key], expected.reduce((a, each) => a + each[key], 0) / 4, `mean ${key}`);
    }
    // Over the volume: 1 of 4 predicted is one of 2, then of 1
    assert.deepEqual(result.volumes, [
      { case: "case_0", dice: 2 / 6, classes: [2 / 6] },
      { case: "case_1", dice: 2 / 5, classes: [2 / 5] },
    ]);
    near(result.volumeDice, (2 / 6 + 2 / 5) / 2, "volumeDice");
    assert.deepEqual(result.classes, [{ name: "foreground", volumeDice: result.volumeDice }]);
  }));

Deno.test("evalMedNca counts an empty slice without a mask as right, and no ignored pixels", () =>
  inFolder(async (folder) => {
    await Deno.writeTextFile(
      join(folder, "dataset.json"),
      JSON.stringify({ labels: { background: 0, foreground: 1, ignore: 2 } }),
    );
    const slices = await dataset(folder, [[1, 2, 2, 2]], "foreground");
    // Rows are x: of pixel 0, where the object is, and three that are to be ignored, below it
    const logits = Array.from({ length: 16 }, (_, i) => [0, 4, 8].includes(i) ? 2 : -2);
    const { slices: [first, second] } = await evalMedNca(fixedModel(logits, 1), slices);
    const [right, wrong] = [2, -2].map((logit) => Math.log(1 + Math.exp(-logit)));
    near(first!.bce, right!, "13 kept pixels are right");
    near(first!.dice, 1, "Dice");
    near(second!.bce, (13 * right! + 3 * wrong!) / 16, "nothing is ignored");
    const nothing = fixedModel(logits.map(() => -2), 1);
    near((await evalMedNca(nothing, slices)).slices[1]!.dice, 1, "both are empty");
  }));

Deno.test("evalMedNca scores each class of a volume", () =>
  inFolder(async (folder) => {
    const slices = await dataset(folder, [[1, 2, 2], [2]], "one=1;two=2");
    // Pixel 0 is class 1, pixels 4 and 8 are class 2: rows are x
    const logits = Array.from({ length: 16 }, (_, i) =>
      i === 0 ? [3, 0] : i === 4 ? [0, 3] : [-3, -3]);
    const { volumes, classes, volumeDice } = await evalMedNca(fixedModel(logits.flat(), 2), slices);
    // Both slices of a volume are predicted alike; the second ones are empty
    assert.deepEqual(
      volumes.map((volume) =>
        volume.classes
      ),
      [[2 / 3, 2 / 4], [0, 0]],
    );
    assert.equal(volumes[0]!.dice, (2 / 3 + 2 / 4) / 2);
    assert.deepEqual(classes, [
      { name: "one", volumeDice: 1 / 3 },
      { name: "two", volumeDice: 1 / 4 },
    ]);
    assert.equal(volumeDice, (2 / 3 + 2 / 4) / 4);
  }));

Deno.test("evalMedNca scores an inner region outside of the outer one as a mask holds it", () =>
  inFolder(async (folder) => {
    const slices = await dataset(folder, [[1, 1], [2]], "whole=1+2,core=2");
    // Pixel 0 is found as the core alone, which is in the whole too; the others are background
    const logits = Array.from({ length: 16 }, (_, i) => i === 0 ? [-2, 2] : [-2, -2]);
    const { volumes } = await evalMedNca(fixedModel(logits.flat(), 2), slices, {});
    // In both slices of a case; true are pixels 0 and 4 of the whole, then pixel 0 of both, in one
    assert.deepEqual(volumes.map(({ classes }) => classes), [[2 / (2 + 2), 0], [2 / 3, 2 / 3]]);
  }));

Deno.test("evalMedNca is the same for any batch size, and stops where it is asked to", () =>
  inFolder(async (folder) => {
    await writeData(folder, [[12, 12, 4], [12, 9, 4]]);
    const out = join(folder, "prepared");
    await extractSlices({ data: folder, out });
    const slices = await SliceDataset.open(out);
    const model = new MedNca(QUICK, { seed: 1 });
    const result = await evalMedNca(model, slices, { batchSize: 3 });
    const again = await evalMedNca(model, slices, { batchSize: 1 });
    assert.deepEqual(again.volumes, result.volumes);
    for (const [i, { diceLoss, bce }] of result.slices.entries()) {
      near(again.slices[i]!.diceLoss, diceLoss, "diceLoss");
      near(again.slices[i]!.bce, bce, "bce");
    }
    const controller = new AbortController();
    controller.abort();
    await assert.rejects(evalMedNca(model, slices, { signal: controller.signal }), {
      name: "AbortError",
    });
    const none = await SliceDataset.open(out, { cases: [] });
    await assert.rejects(evalMedNca(model, none), { name: "RangeError" });
    model.dispose();
  }));
