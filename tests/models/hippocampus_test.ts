import assert from "node:assert/strict";
import { join } from "@std/path";
import { initBackend } from "../../lib/backend.ts";
import { evaluateCases } from "../../lib/evaluation/evaluate_cases.ts";
import { predictVolume } from "../../lib/evaluation/predict_volume.ts";
import { loadWeights } from "../../lib/nca/weights.ts";
import { PRESETS, resolveConfig } from "../../lib/training/config.ts";
import { readRun } from "../../lib/training/run_folder.ts";
import { modelConfig } from "../../lib/training/train_med_nca.ts";
import { createVolume } from "../../lib/volume/create_volume.ts";

const folder = new URL("../../models/hippocampus", import.meta.url).pathname;
const data = new URL("../../../shared/data/Task04_Hippocampus", import.meta.url).pathname;
const available = await Deno.stat(data).then(() => true, () => false);

/** The volume Dice that the model card's table is made of, by case. */
async function storedScores(): Promise<Map<string, number>> {
  const [head, ...rows] = (await Deno.readTextFile(join(folder, "summary.csv"))).trim().split("\n");
  const column = head!.split(",").indexOf("Dice");
  return new Map(rows.map((row) => [row.split(",")[0]!, Number(row.split(",")[column])]));
}

Deno.test("the hippocampus model is what its preset trains, on a split by patient", async () => {
  const { config, split, slices } = await readRun(folder);
  assert.deepEqual(
    config,
    resolveConfig({
      ...PRESETS.hippocampus,
      preset: "hippocampus",
      data: config.data,
      threads: config.threads,
    }),
  );
  const { axis, size, fit, clip } = config;
  assert.deepEqual({ axis, size, fit, clip }, {
    axis: slices.axis,
    size: slices.size,
    fit: slices.fit,
    clip: slices.clip,
  });
  const everyone = [...split.train, ...split.validation, ...split.test];
  assert.equal(new Set(everyone).size, everyone.length);
  assert.ok(split.test.length >= 45);

  const scores = await storedScores();
  for (const id of split.test) assert.ok(scores.has(id), id);
  const dice = split.test.map((id) => scores.get(id)!);
  const mean = dice.reduce((a, b) => a + b) / dice.length;
  assert.ok(Math.abs(mean - scores.get("mean")!) < 1e-5);
  assert.ok(mean >= 0.88, `${mean}`);

  const model = await loadWeights(folder, modelConfig(config));
  assert.equal(model.parameterCount, 7390);
  model.dispose();
});

Deno.test("the hippocampus model segments a volume of another size in its own grid", async () => {
  const backend = await initBackend({ backend: "wasm" });
  const { slices } = await readRun(folder);
  const model = await loadWeights(folder);
  try {
    const shape: [number, number, number] = [31, 4, 47];
    const image = Float32Array.from({ length: 31 * 4 * 47 }, (_, i) => (i % 31) * (i % 47));
    const { mask, probability } = await predictVolume(
      model,
      createVolume({ data: image, shape, spacing: [1, 1, 1] }),
      slices,
    );
    assert.equal(mask.length, image.length);
    assert.ok(probability.every((p) => p >= 0 && p <= 1));
  } finally {
    model.dispose();
    backend.dispose();
  }
});

Deno.test({
  name: "the hippocampus model reaches its Dice (needs ../shared/data/Task04_Hippocampus)",
  ignore: !available,
  fn: async () => {
    const backend = await initBackend({ backend: "wasm" });
    const { config, split, slices } = await readRun(folder);
    const model = await loadWeights(folder);
    try {
      const cases = split.test.slice(0, 4);
      const { seed, batchSize } = config;
      const options = { model, data, cases, settings: slices, seed, batchSize };
      const { metric_per_case } = await evaluateCases(options);
      const scores = await storedScores();
      for (const { case: id, metrics } of metric_per_case) {
        // A processor that rounds differently may move a voxel or two at the border.
        assert.ok(Math.abs(metrics["1"].Dice - scores.get(id)!) < 0.005, id);
      }
    } finally {
      model.dispose();
      backend.dispose();
    }
  },
});
