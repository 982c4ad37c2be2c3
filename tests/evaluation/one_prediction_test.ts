/** One slice, one prediction: wherever a model is asked, it gives the same mask to the bit. */

import assert from "node:assert/strict";
import { join } from "@std/path";
import type * as tf from "@tensorflow/tfjs";
import { initBackend } from "../../lib/backend.ts";
import { evalMedNca } from "../../lib/evaluation/eval_med_nca.ts";
import { evaluateCases } from "../../lib/evaluation/evaluate_cases.ts";
import { openViews } from "../../lib/evaluation/open_views.ts";
import type { TrainedModel } from "../../lib/evaluation/predict_case.ts";
import { predictFiles } from "../../lib/evaluation/predict_files.ts";
import { maskOf, probabilitiesOf } from "../../lib/evaluation/probabilities.ts";
import { evaluateRobustness, PERTURBATIONS } from "../../lib/evaluation/robustness/mod.ts";
import { type ForwardOptions, MedNca } from "../../lib/nca/med_nca.ts";
import { saveWeights } from "../../lib/nca/weights.ts";
import { discoverCases } from "../../lib/slices/discovery/discover_cases.ts";
import { listImages } from "../../lib/slices/discovery/list_images.ts";
import { toOriginalGrid } from "../../lib/slices/geometry.ts";
import {
  type ExtractOptions,
  extractSlices,
  saveSlice,
  SliceDataset,
} from "../../lib/slices/mod.ts";
import { modelInputs } from "../../lib/slices/model_inputs.ts";
import { Random } from "../../lib/support/random.ts";
import { inFolder, QUICK, writeData } from "./support.ts";

await initBackend({ backend: "wasm" });

const SEED = 11;
const EVALUATE = { batchSize: 3, seed: SEED, samples: 1, postprocess: ["none" as const] };

/** A model that notes the logits that it gives. */
function listening(model: MedNca): { model: MedNca; logits: Float32Array[] } {
  const logits: Float32Array[] = [];
  const forward = (images: tf.Tensor4D, options: ForwardOptions) => {
    const result = model.forward(images, options);
    const values = result.dataSync<"float32">();
    const size = values.length / images.shape[0];
    for (let i = 0; i < images.shape[0]; i++) {
      logits.push(values.slice(i * size, (i + 1) * size));
    }
    return result;
  };
  return { model: { forward, config: model.config } as unknown as MedNca, logits };
}

/**
 * Scores a data folder, and compares the masks that are written with the logits of evalMedNca,
 * brought back, with what predictFiles makes of copies under other names, and with robustness.
 *
 * @param neighbours How many neighbours of each slice the model sees.
 * @returns How many slices were compared, and how many hold something.
 */
async function compareAll(
  folder: string,
  settings: Omit<ExtractOptions, "data" | "out">,
  neighbours: number,
): Promise<{ slices: number; found: number }> {
  const data = join(folder, "data");
  const { folder: prepared } = await extractSlices({
    data,
    out: join(folder, "made"),
    ...settings,
  });
  const dataset = await SliceDataset.open(prepared);
  const inputs = modelInputs(dataset.manifest, dataset.manifest.cases.map(({ id }) => id));
  const seen = { neighbours, imageChannels: 2 * neighbours + 1 };
  const model = new MedNca({ ...QUICK, ...seen, steps: [4, 3] }, { seed: 1 });
  const trained: TrainedModel = { model, inputs };
  const { cases: sources } = await discoverCases(data);
  const predictions = join(folder, "predictions");
  await evaluateCases({
    ...EVALUATE,
    ...{ models: [trained], sources, predictions, out: null, variances: null },
  });

  const spy = listening(model);
  await evalMedNca(spy.model, dataset, { seed: SEED, batchSize: 2 });

  // The same files under other names, in another folder and order
  const copies = join(folder, "copies");
  await Deno.mkdir(copies);
  const renamed = new Map<string, string>();
  for (const [i, { id, files }] of sources.entries()) {
    const name = `z${sources.length - i}`;
    renamed.set(id, name);
    for (const { images: [image], index } of files) {
      const ending = image!.endsWith(".png")
        ? `${files.length > 1 ? `_slice_${String(index).padStart(3, "0")}` : ""}.png`
        : ".nii.gz";
      await Deno.copyFile(join(data, image!), join(copies, name + ending));
    }
  }
  const weights = join(folder, "weights");
  await saveWeights(model, weights);
  const again = join(folder, "again");
  const results = await predictFiles({
    ...EVALUATE,
    ...{ models: [trained], weights: [weights], out: again },
    ...{
      probabilities: false,
      overwrite: false,
      doubt: "entropy_one_run",
      temperatures: null,
      force: false,
      batchSize: 1,
    },
    sources: (await listImages(copies, [])).cases,
  });
  assert.deepEqual(results.map(({ status }) => status), sources.map(() => "done"));

  let place = 0;
  let found = 0;
  for (const source of sources) {
    const { opened } = await openViews([trained], source, true);
    const saved = await opened.readMask(predictions);
    for (const [i, index] of opened.indices.entries()) {
      const record = dataset.slices[place]!;
      assert.deepEqual([record.case, record.index], [source.id, index]);
      const probabilities = probabilitiesOf(spy.logits[place]!, "classes", 1);
      const expected = maskOf(toOriginalGrid(probabilities, record.geometry, 0), "classes", 1);
      assert.deepEqual(saved[i]!.data, expected, `${source.id} ${index}: evalMedNca`);
      if (expected.includes(1) && expected.includes(0)) found++;
      place++;
    }
    const copy = (await listImages(copies, [])).cases.find(({ id }) =>
      id === renamed.get(source.id)
    );
    const { opened: other } = await openViews([trained], copy!, false);
    assert.deepEqual(
      (await other.readMask(again)).map((plane) => plane.data),
      saved.map((plane) => plane.data),
      `${source.id}: predictFiles`,
    );
  }
  assert.equal(place, dataset.length);

  const { examples, shown } = await evaluateRobustness({
    ...{ model: trained, sources, quick: true, batchSize: 4, seed: SEED },
    perturbations: PERTURBATIONS.filter(({ name }) => name === "noise"),
  });
  const first = sources.find(({ id }) => id === shown!.id)!;
  const { opened } = await openViews([trained], first, true);
  const saved = await opened.readMask(predictions);
  const labels = opened.indices.map((index) => opened.label(index).data);
  const at = labels.findIndex((label) => label.join() === examples[0]!.truth.join());
  assert.deepEqual(examples[0]!.prediction, saved[at]!.data, "robustness");
  model.dispose();
  return { slices: place, found };
}

for (
  const [how, settings, neighbours] of [
    ["padded", {}, 0],
    ["resized along another axis", { axis: "coronal", size: [16, 12] }, 0],
    ["stored orientation", { orientation: "stored", size: [8, 8], fit: "pad-or-crop" }, 0],
    ["resampled and cut to what is not empty", { spacing: [0.7, 0.7], crop: "nonzero" }, 0],
    ["with a neighbour on each side", { axis: "coronal", spacing: [0.7, 0.7] }, 1],
  ] as const
) {
  Deno.test(`one slice, one prediction: RAS, LPS and oblique volumes, ${how}`, () =>
    inFolder(async (folder) => {
      const affines = ["RAS", "LPS", "oblique"];
      await writeData(join(folder, "data"), [[13, 10, 5], [12, 14, 6], [9, 11, 7]], { affines });
      const { slices, found } = await compareAll(folder, settings, neighbours);
      assert.equal(slices, "axis" in settings ? 10 + 14 + 11 : 5 + 6 + 7);
      assert.ok(found > slices / 3, `only ${found} of ${slices} slices hold something`);
    }));
}

for (const [how, neighbours] of [["", 0], [", with two neighbours on each side", 2]] as const) {
  Deno.test(`one slice, one prediction: pictures, single and in series${how}`, () =>
    inFolder(async (folder) => {
      const data = join(folder, "data");
      for (const name of ["images", "masks"]) {
        await Deno.mkdir(join(data, name), { recursive: true });
      }
      const random = new Random(2);
      for (const name of ["a", "b", "s_slice_003", "s_slice_004", "s_slice_010"]) {
        const size = { height: 10, width: 14 };
        const label = Uint8Array.from({ length: 140 }, (_, i) => i % 14 > 4 && i < 100 ? 1 : 0);
        const image = Float32Array.from(label, (v) => 0.6 * v + 0.4 * random.uniform());
        await saveSlice(join(data, "images", `${name}.png`), { data: image, ...size });
        await saveSlice(join(data, "masks", `${name}.png`), { data: label, ...size });
      }
      assert.equal((await compareAll(folder, {}, neighbours)).slices, 5);
    }));
}
