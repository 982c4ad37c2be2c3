import assert from "node:assert/strict";
import { join } from "@std/path";
import * as tf from "@tensorflow/tfjs";
import { initBackend } from "../../lib/backend.ts";
import { evalMedNca } from "../../lib/evaluation/eval_med_nca.ts";
import { evaluateCases, predictionSettings } from "../../lib/evaluation/evaluate_cases.ts";
import { caseMetrics } from "../../lib/evaluation/metrics.ts";
import { readSummary, SCORES, summarize, writeSummary } from "../../lib/evaluation/summary.ts";
import { MedNca } from "../../lib/nca/med_nca.ts";
import { extractSlices, readManifest, saveSlice, SliceDataset } from "../../lib/slices/mod.ts";
import { readVolume } from "../../lib/volume/mod.ts";
import { inFolder, python, QUICK, writeData } from "./support.ts";

await initBackend({ backend: "ops" });

Deno.test("evaluateCases scores volumes against their labels and writes masks in their space", () =>
  inFolder(async (folder) => {
    const data = await writeData(folder, [[13, 10, 4], [12, 12, 3], [9, 9, 3]]);
    const out = join(folder, "prepared");
    const { manifest } = await extractSlices({ data, out });
    const model = new MedNca(QUICK, { seed: 1 });
    const before = tf.memory().numTensors;
    const told: string[] = [];
    const summary = await evaluateCases({
      model,
      data,
      cases: ["case_0", "case_2"],
      settings: predictionSettings(manifest),
      out: join(folder, "scores"),
      predictions: join(folder, "masks"),
      onProgress: ({ case: id, done, total }) => told.push(`${id} ${done}/${total}`),
    });
    assert.equal(tf.memory().numTensors, before);
    assert.deepEqual(told, ["case_0 1/2", "case_2 2/2"]);
    assert.deepEqual(summary.problems, []);

    // The scores are those of the files that were written.
    for (const scored of summary.metric_per_case) {
      const prediction = await readVolume(scored.prediction_file!);
      const reference = await readVolume(scored.reference_file);
      assert.deepEqual(prediction.affine, reference.affine);
      const again = caseMetrics(
        Uint8Array.from(prediction.data),
        Uint8Array.from(reference.data),
        reference,
      );
      for (const [name, value] of Object.entries(again)) {
        const found = scored.metrics["1"][name as keyof typeof again];
        assert.ok(Object.is(found, value) || Math.abs(found - value) < 1e-9, name);
      }
    }
    const csv = (await Deno.readTextFile(join(folder, "scores", "summary.csv"))).trim().split("\n");
    assert.match(csv[0]!, /^case,Dice,IoU,Precision,Recall,HD95,ASSD,/);
    assert.deepEqual(
      csv.map((line) => line.split(",")[0]),
      ["case", "case_0", "case_2", "mean", "sd", "median", "ci95_low", "ci95_high"],
    );
    const columns = csv[0]!.split(",").length;
    assert.ok(csv.every((line) => line.split(",").length === columns));
    model.dispose();
  }));

const WITH_SCIPY = new URL("with_scipy.py", import.meta.url).pathname;
const hasScipy = await python("import nibabel, scipy.ndimage", "") !== undefined;

Deno.test({
  name: "what evaluateCases writes is what scipy makes of the files (needs python3 with scipy)",
  ignore: !hasScipy,
  fn: () =>
    inFolder(async (folder) => {
      const data = await writeData(folder, [[13, 10, 6], [12, 12, 5], [16, 9, 5]]);
      const { manifest } = await extractSlices({ data, out: join(folder, "prepared"), axis: 1 });
      const model = new MedNca(QUICK, { seed: 1 });
      const { metric_per_case } = await evaluateCases({
        model,
        data,
        settings: predictionSettings(manifest),
        out: folder,
        predictions: join(folder, "masks"),
      });
      model.dispose();
      const script = await Deno.readTextFile(WITH_SCIPY);
      const again: Record<string, Record<string, number>> = JSON.parse(
        (await python(script, "", folder))!,
      );
      assert.equal(metric_per_case.length, 3);
      for (const { case: id, metrics } of metric_per_case) {
        for (const name of SCORES) {
          const [found, expected] = [metrics["1"][name], again[id]![name]!];
          assert.ok(Math.abs(found - expected) < 1e-6, `${id} ${name}: ${found}, ${expected}`);
        }
      }
    }),
});

Deno.test("evaluateCases tells of cases that cannot be scored, and fails where none can", () =>
  inFolder(async (folder) => {
    const data = await writeData(folder, [[8, 8, 2], [8, 8, 2]]);
    const { manifest } = await extractSlices({ data, out: join(folder, "prepared") });
    await Deno.writeTextFile(join(data, "labels", "case_1.nii.gz"), "no volume");
    const model = new MedNca(QUICK);
    const options = { model, data, settings: predictionSettings(manifest) };
    const { metric_per_case, problems } = await evaluateCases(options);
    assert.deepEqual(metric_per_case.map((scored) => scored.case), ["case_0"]);
    assert.match(problems.join(), /^case_1: /);
    await assert.rejects(evaluateCases({ ...options, cases: ["case_1", "case_9"] }), {
      name: "InputError",
      message: /none of 2 cases can be used.*case_9: no such case/,
    });
    model.dispose();
  }));

Deno.test("evaluateCases scores pictures, one image one case", () =>
  inFolder(async (folder) => {
    const data = join(folder, "data");
    for (const name of ["images", "masks"]) await Deno.mkdir(join(data, name), { recursive: true });
    for (const [i, [height, width]] of [[12, 16], [9, 8]].entries()) {
      const size = { height: height!, width: width! };
      const mask = Uint8Array.from({ length: height! * width! }, (_, j) => j % width! > 3 ? 1 : 0);
      const image = Float32Array.from(mask, (m, j) => (m + j % 3) / 3);
      await saveSlice(join(data, "images", `cell_${i}.png`), { data: image, ...size });
      await saveSlice(join(data, "masks", `cell_${i}.png`), { data: mask, ...size });
    }
    const out = join(folder, "prepared");
    await extractSlices({ data, out });
    const model = new MedNca(QUICK, { seed: 2 });
    const { metric_per_case } = await evaluateCases({
      model,
      data,
      settings: predictionSettings(await readManifest(out)),
      predictions: join(folder, "masks"),
    });
    assert.deepEqual(metric_per_case.map((scored) => scored.case), ["cell_0", "cell_1"]);
    assert.deepEqual(metric_per_case.map((scored) => scored.metrics["1"].n_ref), [144, 36]);
    assert.ok((await Deno.stat(metric_per_case[0]!.prediction_file!)).size > 0);
    model.dispose();
  }));

Deno.test("a summary leaves undefined scores out of the means, and is read back as written", () =>
  inFolder(async (folder) => {
    const grid = { shape: [2, 1, 1], spacing: [1, 1, 1] };
    const scored = (name: string, prediction: number[], reference: number[]) => ({
      case: name,
      reference_file: `${name}.nii.gz`,
      prediction_file: null,
      metrics: {
        "1": caseMetrics(Uint8Array.from(prediction), Uint8Array.from(reference), grid),
      },
    });
    const summary = summarize([
      scored("a", [1, 0], [1, 0]),
      scored("b", [1, 1], [1, 0]),
      scored('c, "empty"', [0, 0], [0, 0]),
    ]);
    assert.equal(summary.foreground_mean.Dice, (1 + 2 / 3) / 2);
    assert.deepEqual(summary.undefined_dice, ['c, "empty"']);
    await writeSummary(folder, summary);
    assert.deepEqual(await readSummary(folder), summary);
    const json = JSON.parse(await Deno.readTextFile(join(folder, "summary.json")));
    assert.equal(json.metric_per_case[2].metrics["1"].Dice, null);
    assert.deepEqual(Object.keys(json).slice(0, 3), ["foreground_mean", "mean", "metric_per_case"]);
    const { n, mean, sd, median } = json.statistics["1"].Dice;
    assert.deepEqual([n, mean, median], [2, (1 + 2 / 3) / 2, (1 + 2 / 3) / 2]);
    assert.ok(Math.abs(sd - Math.SQRT1_2 / 3) < 1e-12, sd);
    assert.match(await Deno.readTextFile(join(folder, "summary.csv")), /"c, ""empty""",,,/);

    assert.equal(await readSummary(join(folder, "elsewhere")), undefined);
    await Deno.writeTextFile(join(folder, "summary.json"), "{}");
    await assert.rejects(readSummary(folder), { name: "InputError" });
  }));

Deno.test("evalMedNca scores slices and volumes, the same for any batch size", () =>
  inFolder(async (folder) => {
    const data = await writeData(folder, [[12, 12, 3], [12, 9, 4]]);
    const out = join(folder, "prepared");
    await extractSlices({ data, out });
    const dataset = await SliceDataset.open(out);
    const model = new MedNca(QUICK, { seed: 1 });
    const before = tf.memory().numTensors;
    const result = await evalMedNca(model, dataset, { batchSize: 3 });
    const again = await evalMedNca(model, dataset, { batchSize: 1 });
    assert.equal(tf.memory().numTensors, before);
    assert.equal(result.slices.length, 7);
    assert.deepEqual(result.volumes.map((volume) => volume.case), ["case_0", "case_1"]);
    for (const name of ["diceLoss", "bce", "dice", "volumeDice"] as const) {
      assert.ok(Number.isFinite(result[name]), name);
      assert.ok(Math.abs(result[name] - again[name]) < 1e-4, name);
    }
    const losses = result.slices.map((slice) => slice.diceLoss);
    assert.ok(Math.abs(result.diceLoss - losses.reduce((a, b) => a + b) / 7) < 1e-6);

    // Volumes of the size of the slices score as the files on disk do.
    const cases = ["case_0"];
    const onDisk = await evaluateCases({
      model,
      data,
      cases,
      settings: predictionSettings(dataset.manifest),
    });
    const inMemory = await evalMedNca(model, await SliceDataset.open(out, { cases }));
    const difference = onDisk.foreground_mean.Dice - inMemory.volumeDice;
    assert.ok(
      Math.abs(difference) < 1e-6,
      `${onDisk.foreground_mean.Dice}, ${inMemory.volumeDice}`,
    );

    const controller = new AbortController();
    controller.abort();
    await assert.rejects(evalMedNca(model, dataset, { signal: controller.signal }), {
      name: "AbortError",
    });
    model.dispose();
  }));
