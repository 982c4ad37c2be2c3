/** nnU-Net's layout with two channels, three labels and `ignore`, from file to score and mask. */

import assert from "node:assert/strict";
import { join } from "@std/path";
import { initBackend } from "../../lib/backend.ts";
import { evaluateCases } from "../../lib/evaluation/evaluate_cases.ts";
import { predictFiles } from "../../lib/evaluation/predict_files.ts";
import { saveWeights } from "../../lib/nca/weights.ts";
import { discoverCases } from "../../lib/slices/discovery/discover_cases.ts";
import { listImages } from "../../lib/slices/discovery/list_images.ts";
import { parseTargets } from "../../lib/slices/targets.ts";
import { readVolume } from "../../lib/volume/mod.ts";
import { fixedModel, inFolder, inputsOf, quickModel } from "./support.ts";

await initBackend({ backend: "wasm" });

const data = new URL("../fixtures/cases/Dataset007_Mine", import.meta.url).pathname;

/** A model that calls the first 300 pixels of each slice PZ, the next 300 TZ. */
async function model() {
  const { cases, description } = await discoverCases(data);
  const logits = Array.from({ length: 24 * 32 }, (_, i) => [i < 300 ? 4 : -4, i < 600 ? 2 : -4]);
  const inputs = {
    ...inputsOf(),
    labels: "all",
    targets: parseTargets("all", description, []),
    channels: 2,
  };
  return { cases, trained: { model: fixedModel(logits.flat(), 2), inputs } };
}

Deno.test("evaluateCases scores PZ and TZ of an nnU-Net data set; ignored voxels take no part", () =>
  inFolder(async (folder) => {
    const { cases, trained } = await model();
    const summary = await evaluateCases({
      ...{ models: [trained], sources: cases, postprocess: ["none", "none"] },
      ...{ batchSize: 4, seed: 0, samples: 1, out: folder, variances: null },
      predictions: folder,
    });
    assert.deepEqual(summary.labels, { "1": "PZ", "2": "TZ" });
    assert.equal(summary.metric_per_case.length, 6);
    let ignored = 0;
    for (const { case: id, metrics, prediction_file } of summary.metric_per_case) {
      assert.equal(prediction_file, join(folder, `${id}.nii.gz`));
      const label = await readVolume(join(data, "labelsTr", `${id}.nii.gz`));
      const mask = await readVolume(prediction_file!);
      assert.deepEqual([mask.shape, mask.affine], [label.shape, label.affine]);
      assert.deepEqual([...new Set(mask.data)].sort(), [0, 1, 2]);
      for (const value of [1, 2]) {
        const counts = { TP: 0, FP: 0, FN: 0, TN: 0 };
        for (const [i, truth] of label.data.entries()) {
          if (truth === 3) {
            ignored += mask.data[i] === value ? 1 : 0;
            continue;
          }
          const found = mask.data[i] === value;
          counts[truth === value ? (found ? "TP" : "FN") : (found ? "FP" : "TN")]++;
        }
        const { TP, FP, FN, TN, Dice } = metrics[value]!;
        assert.deepEqual({ TP, FP, FN, TN }, counts, `${id} ${value}`);
        assert.equal(Dice, 2 * TP / (2 * TP + FP + FN));
        assert.ok(TP > 0 && FP > 0 && FN > 0, `${id} ${value}: ${JSON.stringify(counts)}`);
      }
    }
    assert.ok(ignored > 0, "no ignored voxel was predicted as anything");
    const json = JSON.parse(await Deno.readTextFile(join(folder, "summary.json")));
    assert.deepEqual(Object.keys(json.mean), ["1", "2"]);
    assert.equal(json.foreground_mean.Dice, (json.mean["1"].Dice + json.mean["2"].Dice) / 2);
  }));

Deno.test("evaluateCases scores regions as its files hold them, an inner one outside of the outer too", () =>
  inFolder(async (folder) => {
    const { cases, description } = await discoverCases(data);
    // The core is found in twice as many pixels as the whole
    const logits = Array.from({ length: 24 * 32 }, (_, i) => [i < 300 ? 4 : -4, i < 600 ? 2 : -4]);
    const targets = parseTargets("whole=1+2,core=2", description, []);
    const inputs = { ...inputsOf(), labels: "whole=1+2,core=2", targets, channels: 2 };
    const summary = await evaluateCases({
      ...{ models: [{ model: fixedModel(logits.flat(), 2), inputs }], sources: cases.slice(0, 2) },
      ...{ batchSize: 4, seed: 0, samples: 1, out: null, predictions: folder, variances: null },
      postprocess: ["none", "none"],
    });
    for (const { case: id, metrics, prediction_file } of summary.metric_per_case) {
      const label = await readVolume(join(data, "labelsTr", `${id}.nii.gz`));
      const mask = await readVolume(prediction_file!);
      for (const [key, values] of [["(1, 2)", [1, 2]], ["2", [2]]] as const) {
        const [found, truth] = [mask, label].map(({ data }) =>
          [...data].map((value) => (values as readonly number[]).includes(value))
        ) as [boolean[], boolean[]];
        const count = (p: boolean, t: boolean) =>
          found.filter((is, i) => label.data[i] !== 3 && is === p && truth[i] === t).length;
        const { TP, FP, FN } = metrics[key]!;
        const counts = [count(true, true), count(true, false), count(false, true)];
        assert.deepEqual([TP, FP, FN], counts, `${id} ${key}`);
        assert.ok(TP > 0 && FP > 0, `${id} ${key}`);
      }
    }
  }));

Deno.test("predictFiles takes the channels of a case together, and names masks after the case", () =>
  inFolder(async (folder) => {
    const { trained } = await model();
    const one = quickModel();
    const weights = [join(folder, "weights")];
    await saveWeights(one.model, weights[0]!);
    const { cases: sources } = await listImages(join(data, "imagesTr"), ["T2", "ADC"]);
    const options = {
      ...{ weights, sources, out: join(folder, "masks"), postprocess: ["none", "none"] as const },
      ...{ probabilities: false, overwrite: false, force: false },
      ...{ doubt: "entropy_one_run" as const, temperatures: null },
      ...{ batchSize: 4, seed: 0, samples: 1 },
    };
    const results = await predictFiles({ ...options, models: [trained] });
    assert.deepEqual(
      results.map(({ name, status }) => `${name} ${status}`),
      [0, 1, 2, 3, 4, 5].map((i) => `c_00${i}.nii.gz done`),
    );
    assert.deepEqual(results[0]!.counts, [5 * 300, 5 * 300]);

    // A model of one channel does not take the first of two in silence
    const single = { ...one, inputs: { ...one.inputs, channels: 1 } };
    const refused = await predictFiles({
      ...options,
      ...{ models: [single], out: join(folder, "refused"), postprocess: ["none"] },
    });
    assert.ok(refused.every(({ status }) => status === "failed"));
    assert.match(refused[0]!.why!, /2 channels/);
    one.model.dispose();
  }));
