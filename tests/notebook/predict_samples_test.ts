import assert from "node:assert/strict";
import { join } from "@std/path";
import { initBackend } from "../../lib/backend.ts";
import { notebookConfig, predictSamples, shrink, viewOf } from "../../lib/notebook/mod.ts";
import { MedNca } from "../../lib/nca/med_nca.ts";
import { modelInputs } from "../../lib/slices/model_inputs.ts";
import { modelConfig } from "../../lib/training/model_config.ts";
import { prepareData } from "../../lib/training/prepare_data.ts";
import { inFolder } from "../support/in_folder.ts";

Deno.test("predictSamples keeps the order of slices from several cases, and takes other images", async () => {
  await inFolder(async (folder) => {
    const config = {
      ...notebookConfig("data.example", { steps: [2, 1] }),
      prepared: join(folder, "slices"),
      size: [16, 16] as [number, number],
    };
    const { train, prepared, split } = await prepareData(config);
    const backend = await initBackend({ backend: "wasm", threads: 1 });
    const model = new MedNca(modelConfig(config, train.manifest.settings), { seed: 1 });
    const trained = { model, inputs: modelInputs(prepared.manifest, split.train) };
    const samples = await Promise.all([0, 7, 2].map((i) => train.get(i))); // 0 and 2 are of one case
    const { slices, qualities } = await predictSamples(trained, samples, { samples: 3 });
    assert.deepEqual(qualities.map((each) => each.case), split.train.slice(0, 2));
    assert.deepEqual(slices.map(({ mask }) => mask.length), [256, 256, 256]);
    // The metric of a case is of all its slices: all deviations by all probabilities
    const sum = (key: "deviation" | "probability", places: readonly number[]) =>
      places.flatMap((i) => [...slices[i]![key]]).reduce((a, b) => a + b);
    for (const [i, places] of [[0, 2], [1]].entries()) {
      const quality = sum("deviation", places) / sum("probability", places);
      assert.ok(Math.abs(qualities[i]!.quality / quality - 1) < 1e-6, `${i}`);
    }
    assert.notDeepEqual(slices[0]!.deviation, slices[2]!.deviation);
    assert.ok(slices.every(({ deviation }) => deviation.some((value) => value > 0)));

    // Which cells fire depends on the slice, not on what else is asked for
    const alone = await predictSamples(trained, samples.slice(2), { samples: 3 });
    assert.deepEqual(alone.slices[0], slices[2]);

    const [first, second, third] = samples.map(({ image }) => image);
    const images = [first!, second!, third!.map(() => 0)];
    const other = (await predictSamples(trained, samples, { samples: 3, images })).slices;
    assert.deepEqual(other[1]!.probability, slices[1]!.probability);
    assert.notDeepEqual(other[2]!.probability, slices[2]!.probability);
    model.dispose();
    const wide = new MedNca({ ...model.config, neighbours: 1, imageChannels: 3 });
    await assert.rejects(predictSamples({ ...trained, model: wide }, samples), TypeError);
    wide.dispose();
    backend.dispose();
  });
});

Deno.test("viewOf knows the orientation of volumes, and shows pictures as stored", async () => {
  assert.deepEqual(await viewOf("data.example"), { orientation: "RAS" });
  await inFolder(async (folder) => {
    for (const part of ["images", "labels"]) {
      await Deno.mkdir(join(folder, part));
      await Deno.writeTextFile(join(folder, part, "one.png"), "");
    }
    assert.equal(await viewOf(folder), "raw");
  });
});

Deno.test("shrink takes the mean of an image, and one of the codes of a label", () => {
  const slice = { data: Float32Array.of(0, 2, 2, 2), height: 2, width: 2 };
  assert.deepEqual([...shrink(slice, [1, 1]).data], [1.5]);
  assert.ok([0, 2].includes(shrink(slice, [1, 1], { kind: "label" }).data[0]!));
});
