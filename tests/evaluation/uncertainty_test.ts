import assert from "node:assert/strict";
import { join } from "@std/path";
import * as tf from "@tensorflow/tfjs";
import { initBackend } from "../../lib/backend.ts";
import { evaluateCases, predictionSettings } from "../../lib/evaluation/evaluate_cases.ts";
import { predictSlices } from "../../lib/evaluation/predict_slices.ts";
import { predictVolume } from "../../lib/evaluation/predict_volume.ts";
import { readSummary } from "../../lib/evaluation/summary.ts";
import { ncaQuality, writeVarianceMap } from "../../lib/evaluation/uncertainty.ts";
import { MedNca } from "../../lib/nca/med_nca.ts";
import { extractSlices } from "../../lib/slices/mod.ts";
import { hash32 } from "../../lib/support/random.ts";
import { readVolume } from "../../lib/volume/mod.ts";
import { ball, inFolder, QUICK, writeData } from "./support.ts";

await initBackend({ backend: "ops" });

Deno.test("mean, deviation and quality are those of the runs, taken one by one", async () => {
  const model = new MedNca(QUICK, { seed: 1 });
  const { image } = ball([8, 12, 1]);
  const slice = { data: image.data.map((v) => v / 106), height: 8, width: 12 };
  const [prediction] = await predictSlices(model, [slice], { samples: 10, seed: 4 });
  // The definition, with the seeds that each run has
  const runs = Array.from({ length: 10 }, (_, sample) =>
    tf.tidy(() => {
      const seeds = [sample === 0 ? hash32(4, 0) : hash32(4, 0, sample)];
      const images = tf.tensor4d(slice.data, [1, 8, 12, 1]);
      return [...tf.sigmoid(model.forward(images, { seeds, stats: "slice" })).dataSync()];
    }));
  let [deviations, means] = [0, 0];
  for (let i = 0; i < 96; i++) {
    const values = runs.map((run) => run[i]!);
    const mean = values.reduce((a, b) => a + b) / 10;
    const deviation = Math.sqrt(values.reduce((sum, v) => sum + (v - mean) ** 2, 0) / 10);
    assert.ok(Math.abs(prediction!.probability[i]! - mean) < 1e-6);
    assert.ok(Math.abs(prediction!.deviation[i]! - deviation) < 1e-6);
    deviations += deviation;
    means += mean;
  }
  assert.ok(Math.abs(ncaQuality([prediction!]) - deviations / means) < 1e-6);
  assert.ok(deviations > 0.01, "the runs do not differ");
  model.dispose();
});

Deno.test("where every cell fires all runs agree: quality 0, exactly", async () => {
  const model = new MedNca({ ...QUICK, fireRate: 1 }, { seed: 1 });
  const { image } = ball([8, 8, 2]);
  const prediction = await predictVolume(model, image, { samples: 5 });
  assert.equal(ncaQuality([prediction]), 0);
  assert.ok(Number.isNaN(ncaQuality([])));
  model.dispose();
});

Deno.test("a variance map lies in the space of its image", () =>
  inFolder(async (folder) => {
    const model = new MedNca(QUICK, { seed: 1 });
    const { image } = ball([9, 8, 3], { spacing: [0.5, 0.75, 3] });
    const prediction = await predictVolume(model, image, { samples: 3 });
    const path = join(folder, "variance.nii.gz");
    await writeVarianceMap(path, prediction, image);
    const map = await readVolume(path);
    assert.deepEqual([map.shape, map.affine], [image.shape, image.affine]);
    assert.ok(map.data.some((v) => v > 0));
    for (const [i, value] of map.data.entries()) {
      assert.equal(value, Math.fround(prediction.deviation[i]! ** 2));
    }
    model.dispose();
  }));

Deno.test("evaluateCases carries the quality of each case, and writes the variances", () =>
  inFolder(async (folder) => {
    const data = await writeData(folder, [[13, 10, 4], [12, 12, 3]]);
    const { manifest } = await extractSlices({ data, out: join(folder, "prepared") });
    const model = new MedNca(QUICK, { seed: 1 });
    const settings = predictionSettings(manifest);
    const variances = join(folder, "variances");
    const options = { model, data, settings, out: folder, seed: 3, variances };
    const { metric_per_case } = await evaluateCases({ ...options, samples: 4 });
    for (const { case: id, quality } of metric_per_case) {
      const image = await readVolume(join(data, "images", `${id}.nii.gz`));
      const expected = await predictVolume(model, image, { ...settings, seed: 3, samples: 4 });
      assert.ok(Math.abs(quality! - ncaQuality([expected])) < 1e-6);
      const map = await readVolume(join(variances, `${id}.nii.gz`));
      assert.deepEqual([map.shape, map.affine], [image.shape, image.affine]);
      assert.deepEqual(map.data, expected.deviation.map((v) => v * v));
    }
    assert.deepEqual((await readSummary(folder))?.metric_per_case, metric_per_case);
    const csv = await Deno.readTextFile(join(folder, "summary.csv"));
    assert.match(csv.split("\n")[0]!, /,NQM$/);
    assert.ok(csv.includes(`,${metric_per_case[0]!.quality}\n`));

    // One run says nothing of doubt.
    await Deno.remove(variances, { recursive: true });
    const once = await evaluateCases(options);
    assert.ok(once.metric_per_case.every((scored) => scored.quality === undefined));
    assert.doesNotMatch(await Deno.readTextFile(join(folder, "summary.csv")), /NQM/);
    await assert.rejects(Deno.stat(variances));
    model.dispose();
  }));
