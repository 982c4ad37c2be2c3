import assert from "node:assert/strict";
import { join } from "@std/path";
import * as tf from "@tensorflow/tfjs";
import { initBackend } from "../../../lib/backend.ts";
import { disagreement, type DoubtName, DOUBTS } from "../../../lib/evaluation/doubt/doubts.ts";
import { measureDoubts } from "../../../lib/evaluation/doubt/measure_doubts.ts";
import { openViews } from "../../../lib/evaluation/open_views.ts";
import { type ModelView, predictCase } from "../../../lib/evaluation/predict_case.ts";
import { slicesAsCase } from "../../../lib/evaluation/slices_as_case.ts";
import { scoreCase } from "../../../lib/evaluation/score_case.ts";
import { noise } from "../../../lib/evaluation/robustness/intensity.ts";
import { erasedFine } from "../../../lib/evaluation/robustness/automaton.ts";
import type { CaseImages } from "../../../lib/evaluation/robustness/perturbation.ts";
import type { ForwardOptions } from "../../../lib/nca/med_nca.ts";
import { loadWeights } from "../../../lib/nca/weights.ts";
import { discoverCases } from "../../../lib/slices/discovery/discover_cases.ts";
import { Random } from "../../../lib/support/random.ts";
import { modelConfig } from "../../../lib/training/model_config.ts";
import { readRun } from "../../../lib/training/run_folder.ts";
import { fixedModel, inputsOf, quickModel } from "../support.ts";

const root = join(import.meta.dirname!, "../../..");

/** A case of noise. */
function noisyCase(slices: number, size = 8) {
  const random = new Random(7);
  const made = Array.from({ length: slices }, () => ({
    data: Float32Array.from({ length: size * size }, () => random.uniform()),
    height: size,
    width: size,
    channels: 1,
  }));
  return slicesAsCase(made, made.map((_, i) => i));
}

const measure = async (views: ModelView[], samples: number, names: readonly DoubtName[]) => {
  const how = { batchSize: 2, seed: 4, samples };
  const prediction = await predictCase(views, { ...how, keepRuns: true });
  return { prediction, ...await measureDoubts(views, prediction, { ...how, names }) };
};

Deno.test("predictCase keeps the mask of each run, if asked: model after model", async () => {
  await initBackend({ backend: "wasm" });
  const opened = noisyCase(3);
  const views = [1, 2].map((seed) => ({ ...quickModel({}, {}, seed), opened }));
  const { runs } = await predictCase(views, { samples: 2, keepRuns: true, batchSize: 2 });
  assert.deepEqual(runs.map((masks) => masks.length), [3, 3, 3, 3]);
  for (const [i, view] of views.entries()) {
    const { masks } = await predictCase([view]);
    assert.deepEqual(runs[2 * i], masks, "the first of two runs is the usual one");
    assert.notDeepEqual(runs[2 * i + 1], masks);
  }
  assert.deepEqual((await predictCase(views, { samples: 2 })).runs, []);
  for (const { model } of views) model.dispose();
});

Deno.test("measureDoubts compares a run with its past and with itself after a disturbance", async () => {
  await initBackend({ backend: "wasm" });
  const opened = noisyCase(3);
  const view = { ...quickModel({}, { steps: [3, 4] }), opened };
  const { prediction, doubts, one } = await measure([view], 3, DOUBTS);
  assert.deepEqual(Object.keys(doubts), [...DOUBTS]);
  assert.equal(doubts.nqm!.all, prediction.quality);
  const { targets } = view.inputs;
  assert.deepEqual(doubts.agreement, disagreement(prediction.runs, targets));
  assert.deepEqual(one.masks, prediction.runs[0]);
  const past = await predictCase([view], { seed: 4, steps: [3, 3] });
  assert.deepEqual(doubts.stability, disagreement([one.masks, past.masks], targets));
  assert.ok(doubts.stability!.all > 0 && doubts.resilience!.all > 0);
  assert.ok(doubts.entropy_one_run!.all !== doubts.entropy!.all);
  // A single run is its own
  const single = await measure([view], 1, ["entropy_one_run", "stability"]);
  assert.equal(single.one, single.prediction);
  assert.deepEqual(single.doubts.stability, doubts.stability);
  assert.deepEqual(single.doubts.entropy_one_run, doubts.entropy_one_run);
  view.model.dispose();
});

Deno.test("measureDoubts runs what it needs only: five steps less, five more after a wound", async () => {
  const seen: ForwardOptions[] = [];
  const model = fixedModel(Array.from({ length: 64 }, (_, i) => i - 30), 1, seen);
  const view = { model, inputs: inputsOf(), opened: noisyCase(2) };
  const { doubts } = await measure([view], 1, ["stability", "resilience"]);
  assert.deepEqual([doubts.stability!.all, doubts.resilience!.all], [0, 0]);
  const [usual, past, later, ...more] = seen;
  assert.deepEqual(more, []);
  assert.deepEqual([usual!.steps, past!.steps, later!.steps], [undefined, [40, 15], [40, 25]]);
  assert.deepEqual(later!.seeds, usual!.seeds, "the same cells fire");
  const { stage, step, change } = later!.intervention!;
  assert.deepEqual([stage, step], ["fine", 20]);
  const state = change(tf.ones([2, 8, 8, 3])).dataSync();
  const kept = Array.from({ length: 128 }, (_, cell) => state[3 * cell + 1]!);
  const erased = kept.filter((value) => value === 0).length;
  assert.ok(erased > 45 && erased < 83, `${erased} of 128 cells are erased`);
  assert.notDeepEqual(kept.slice(0, 64), kept.slice(64), "another half in each slice");
  assert.ok(state.every((value, i) => i % 3 > 0 || value === 1), "the image is erased");
});

Deno.test("every measure of doubt grows with noise and with wounds, as the masks get worse", async () => {
  const folder = join(root, "models/example");
  const { config, slices: inputs } = await readRun(folder);
  const backend = await initBackend({ backend: "wasm", threads: 1 });
  const model = await loadWeights(folder, modelConfig(config, inputs));
  const { cases } = await discoverCases(join(root, "data.example"));
  const source = cases.find(({ id }) => id === "prostate_02")!;
  const { opened } = await openViews([{ model, inputs }], source, true);
  const indices = [3, 4]; // the largest slices
  const given: CaseImages = {
    images: indices.map((index) => opened.slice(index)),
    labels: indices.map((index) => opened.label(index)),
  };
  const context = { steps: model.config.steps, random: new Random(1) };
  /** Pixels in a disc around the object become black. */
  const wounded = (radius: number) => {
    const { cells } = erasedFine.apply(given, radius, context).predict!.wound!;
    return given.images.map((image, z) => ({
      ...image,
      data: image.data.map((value, i) => cells[z]!.data[i] === 1 ? 0 : value),
    }));
  };
  const noisy = (strength: number) =>
    noise.apply(given, strength, { ...context, random: new Random(1) }).images!;
  const measured = async (images: CaseImages["images"]) => {
    const own = {
      indices,
      extent: (index: number) => opened.extent(index),
      slice: (index: number) => images[indices.indexOf(index)]!,
    };
    const { doubts, prediction } = await measure([{ model, inputs, opened: own }], 3, DOUBTS);
    const labels = given.labels.map(({ data }) => data);
    const dice = scoreCase(prediction.masks, labels, null, null, inputs.targets)["1"]!.Dice;
    return { dice, doubts };
  };
  const intact = await measured(given.images);
  try {
    for (
      const [name, failures] of Object.entries({
        noise: [2, 3].map(noisy),
        wounds: [0.75, 1].map(wounded),
      })
    ) {
      let before = intact;
      for (const [i, images] of failures.entries()) {
        const found = await measured(images);
        assert.ok(found.dice < before.dice - 0.05, `${name} ${i}: the mask is as good`);
        for (const doubt of DOUBTS) {
          const [low, high] = [before, found].map(({ doubts }) => doubts[doubt]!.all);
          assert.ok(low! < high!, `${name} ${i}, ${doubt}: ${low} before, ${high}`);
        }
        before = found;
      }
    }
  } finally {
    model.dispose();
    backend.dispose();
  }
});
