import assert from "node:assert/strict";
import * as tf from "@tensorflow/tfjs";
import { initBackend } from "../../lib/backend.ts";
import { predictCase, type PredictCaseOptions } from "../../lib/evaluation/predict_case.ts";
import { maskOf, probabilitiesOf } from "../../lib/evaluation/probabilities.ts";
import { slicesAsCase } from "../../lib/evaluation/slices_as_case.ts";
import { cellSeed } from "../../lib/nca/cell_seeds.ts";
import type { ForwardOptions, MedNca } from "../../lib/nca/med_nca.ts";
import type { ImageSlice } from "../../lib/slices/types.ts";
import { hash32, Random } from "../../lib/support/random.ts";
import { fixedModel, inputsOf, quickModel } from "./support.ts";

await initBackend({ backend: "wasm" });

const OPTIONS: PredictCaseOptions = {
  batchSize: 3,
  seed: 4,
  samples: 1,
  keepProbabilities: true,
  keepRuns: false,
};

/** Slices of noise, of a size each. */
function noise(sizes: readonly (readonly [number, number])[], indices = sizes.map((_, i) => i)) {
  const random = new Random(7);
  const slices = sizes.map(([height, width]): ImageSlice => ({
    data: Float32Array.from({ length: height * width }, () => random.uniform()),
    height,
    width,
    channels: 1,
  }));
  return slicesAsCase(slices, indices);
}

/** The probabilities of one slice by the definition: its own size is a multiple of 4. */
function alone(model: MedNca, { data, height, width }: ImageSlice, seed: number): Float32Array {
  const logits = tf.tidy(() =>
    model.forward(tf.tensor4d(data, [1, height, width, 1]), { seeds: [seed], stats: "slice" })
      .dataSync<"float32">()
  );
  return Float32Array.from(logits, (x) => 1 / (1 + Math.exp(-x)));
}

Deno.test("predictCase is the model with cellSeed(seed, index), whatever the batch", async () => {
  const view = { ...quickModel(), opened: noise([[8, 12], [8, 12], [12, 8], [8, 12]]) };
  const before = tf.memory().numTensors;
  const prediction = await predictCase([view], OPTIONS);
  assert.equal(tf.memory().numTensors, before);
  assert.equal(prediction.masks.length, 4);
  assert.deepEqual(prediction.deviations, []);
  assert.equal(prediction.quality, 0);
  for (const index of view.opened.indices) {
    const expected = alone(view.model, view.opened.slice(index), cellSeed(4, index));
    assert.deepEqual(prediction.probabilities[0]![index], expected);
    assert.deepEqual(prediction.masks[index], Uint8Array.from(expected, (p) => p > 0.5 ? 1 : 0));
  }
  assert.ok(prediction.masks.some((mask) => mask.includes(1)), "nothing is found");
  for (const batchSize of [1, 2, 4]) {
    assert.deepEqual(await predictCase([view], { ...OPTIONS, batchSize }), prediction);
  }
  // Pictures have the numbers of their names: 7 is the seed's index, not the place in the list
  const numbered = { ...view, opened: noise([[8, 12]], [7]) };
  const seventh = await predictCase([numbered], OPTIONS);
  const expected = alone(view.model, numbered.opened.slice(7), cellSeed(4, 7));
  assert.deepEqual(seventh.probabilities[0]![0], expected);
  const usual = await predictCase([view]);
  assert.deepEqual(usual, await predictCase([view], { ...OPTIONS, seed: 0, batchSize: 4 }));
  const none = await predictCase([view], { ...OPTIONS, keepProbabilities: false });
  assert.deepEqual(none, { ...prediction, probabilities: [] });
  view.model.dispose();
});

Deno.test("predictCase averages runs and models; deviation and quality follow", async () => {
  const opened = noise([[8, 12], [12, 8]]);
  const views = [1, 2].map((seed) => ({ ...quickModel({}, {}, seed), opened }));
  const prediction = await predictCase(views, { ...OPTIONS, samples: 3 });
  let [deviations, means] = [0, 0];
  for (const k of [0, 1]) {
    const runs = views.flatMap(({ model }) =>
      [0, 1, 2].map((sample) => alone(model, opened.slice(k), cellSeed(4, k, sample)))
    );
    for (let i = 0; i < 96; i++) {
      const mean = runs.reduce((sum, run) => sum + run[i]!, 0) / 6;
      const deviation = Math.sqrt(runs.reduce((sum, run) => sum + (run[i]! - mean) ** 2, 0) / 6);
      assert.ok(Math.abs(prediction.probabilities[0]![k]![i]! - mean) < 1e-6);
      assert.ok(Math.abs(prediction.deviations[0]![k]![i]! - deviation) < 1e-6);
      assert.equal(prediction.masks[k]![i], mean > 0.5 ? 1 : 0);
      deviations += deviation;
      means += mean;
    }
  }
  assert.ok(deviations > 0.01, "the runs do not differ");
  assert.ok(Math.abs(prediction.quality - deviations / means) < 1e-6);
  for (const { model } of views) model.dispose();

  // Where every cell fires, all runs agree
  const certain = { ...quickModel({}, { fireRate: 1 }), opened };
  assert.equal((await predictCase([certain], { ...OPTIONS, samples: 4 })).quality, 0);
  certain.model.dispose();
});

Deno.test("predictCase tells classes and regions apart", async () => {
  // 16 pixels: the first five are set by hand, the others are background
  const first = [[3, 1], [1, 3], [-1, -2], [2, 2], [-9, 0.1]];
  const logits = [...first, ...Array.from({ length: 11 }, () => [-5, -5])].flat();
  const opened = noise([[4, 4]]);
  const model = fixedModel(logits, 2);
  const classes = { model, inputs: inputsOf({ labels: "1;2" }), opened };
  const { masks, probabilities } = await predictCase([classes], OPTIONS);
  assert.deepEqual([...masks[0]!.subarray(0, 5)], [1, 2, 0, 1, 2]);
  assert.ok(masks[0]!.subarray(5).every((code) => code === 0));
  const sum = 1 + Math.exp(3) + Math.exp(1);
  assert.equal(probabilities.length, 2);
  assert.ok(Math.abs(probabilities[0]![0]![0]! - Math.exp(3) / sum) < 1e-6);
  assert.ok(Math.abs(probabilities[1]![0]![0]! - Math.exp(1) / sum) < 1e-6);

  const regions = { ...classes, inputs: inputsOf({ labels: "whole=1+2,core=2" }) };
  const both = await predictCase([regions], OPTIONS);
  // The core alone stands for both, as in the file
  assert.deepEqual([...both.masks[0]!.subarray(0, 6)], [3, 3, 0, 3, 3, 0]);
  const { runs } = await predictCase([regions], { ...OPTIONS, keepRuns: true });
  assert.deepEqual(runs, [both.masks]);
  assert.ok(Math.abs(both.probabilities[1]![0]![1]! - 1 / (1 + Math.exp(-3))) < 1e-6);
});

Deno.test("probabilitiesOf and maskOf hold for large logits, and for three classes", () => {
  assert.deepEqual(
    probabilitiesOf(Float32Array.of(1000, -1000), "classes", 2),
    Float32Array.of(1, 0),
  );
  // Each class alone is above the others though below one half
  const close = Float32Array.of(0.3, 0.25, 0.25);
  assert.deepEqual([...maskOf(close, "classes", 3)], [1]);
  assert.deepEqual([...maskOf(Float32Array.of(0.2, 0.2, 0.2), "classes", 3)], [0]);
  assert.deepEqual([...maskOf(Float32Array.of(0.5), "classes", 1)], [0]);
  assert.deepEqual([...maskOf(Float32Array.of(0.5, 0.51), "regions", 2)], [2]);
});

Deno.test("predictCase puts slices on the model's grid and back", async () => {
  const seen: ForwardOptions[] = [];
  const opened = noise([[5, 6]]);
  // Logits rise with the pixel of the 8 × 8 grid; the slice lies at row 1, column 1 of it
  const model = fixedModel(Array.from({ length: 64 }, (_, i) => i - 30), 1, seen);
  const { probabilities } = await predictCase([{ model, inputs: inputsOf(), opened }], OPTIONS);
  const expected = Array.from({ length: 30 }, (_, i) => {
    const logit = (Math.floor(i / 6) + 1) * 8 + i % 6 + 1 - 30;
    return Math.fround(1 / (1 + Math.exp(-logit)));
  });
  assert.deepEqual([...probabilities[0]![0]!], expected);
  assert.deepEqual(seen[0], { seeds: [cellSeed(4, 0)], stats: "slice" });
});

Deno.test("predictCase stops where it is asked to", async () => {
  const controller = new AbortController();
  const view = { ...quickModel(), opened: noise([[8, 8], [8, 8], [8, 8]]) };
  const told: number[] = [];
  const options = {
    ...OPTIONS,
    batchSize: 2,
    signal: controller.signal,
    onProgress: (done: number) => {
      told.push(done);
      controller.abort();
    },
  };
  await assert.rejects(predictCase([view], options), { name: "AbortError" });
  assert.deepEqual(told, [2]);
  view.model.dispose();
});

Deno.test("predictCase: a wound keeps all channels of the image", async () => {
  const view = quickModel({}, { imageChannels: 2 });
  const random = new Random(3);
  const [height, width] = [8, 12];
  const data = Float32Array.from({ length: 2 * height * width }, () => random.uniform());
  const opened = slicesAsCase([{ data, height, width, channels: 2 }], [0]);
  const cells = [{ data: new Uint8Array(height * width).fill(1), height, width }];
  const wound = { stage: "fine", step: 0, cells } as const;
  const { probabilities } = await predictCase([{ ...view, opened }], { ...OPTIONS, wound });
  // The fine automaton from a state that holds the image alone
  const { model2, config: { steps, fireRate } } = view.model;
  const logits = tf.tidy(() => {
    const images = tf.tensor4d(data, [1, 2, height, width]).transpose<tf.Tensor4D>([0, 2, 3, 1]);
    return model2.forward(model2.seedState(images), {
      ...{ steps: steps[1], fireRate, stats: "slice", seeds: [hash32(cellSeed(4, 0), 1)] },
    }).slice([0, 0, 0, 2], [-1, -1, -1, 1]).dataSync<"float32">();
  });
  assert.deepEqual(probabilities[0]![0], Float32Array.from(logits, (x) => 1 / (1 + Math.exp(-x))));
  view.model.dispose();
});
