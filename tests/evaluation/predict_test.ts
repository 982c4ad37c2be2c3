import assert from "node:assert/strict";
import * as tf from "@tensorflow/tfjs";
import { initBackend } from "../../lib/backend.ts";
import { maskOf, predictSlices } from "../../lib/evaluation/predict_slices.ts";
import { joinSlices, predictVolume } from "../../lib/evaluation/predict_volume.ts";
import { MedNca } from "../../lib/nca/med_nca.ts";
import { createVolume, volumeSlice } from "../../lib/volume/mod.ts";
import { ball, QUICK } from "./support.ts";

await initBackend({ backend: "ops" });

/** An untrained model whose output is far from one half in places. */
function model(): MedNca {
  const model = new MedNca(QUICK, { seed: 3 });
  for (const variable of model.variables) {
    const louder = variable.mul<tf.Tensor>(1.5);
    variable.assign(louder);
    louder.dispose();
  }
  return model;
}

Deno.test("joinSlices undoes cutting along each axis", () => {
  const shape = [3, 4, 5] as const;
  const data = Float32Array.from({ length: 60 }, (_, i) => i);
  const volume = createVolume({ data, shape, spacing: [1, 1, 1] });
  for (const axis of [0, 1, 2] as const) {
    const slices = Array.from(
      { length: shape[axis] },
      (_, index) => volumeSlice(volume, { axis, index }).data,
    );
    assert.deepEqual(joinSlices(slices, shape, axis), data);
    assert.throws(() => joinSlices(slices.slice(1), shape, axis), TypeError);
  }
});

Deno.test("predictVolume predicts in the volume's own grid, whatever the axis", async () => {
  const nca = model();
  const shape = [10, 13, 7] as const;
  const { image } = ball(shape);
  for (const axis of [0, 1, 2] as const) {
    const { mask, probability, deviation } = await predictVolume(nca, image, { axis, seed: 5 });
    assert.equal(mask.length, 10 * 13 * 7);
    assert.ok(probability.every((p) => p >= 0 && p <= 1));
    assert.deepEqual(mask, maskOf(probability));
    assert.ok(new Set(probability).size > 100, "the prediction is constant");
    assert.ok(deviation.every((d) => d === 0));
    // A slice by itself gives the same, at the same place.
    const whole = createVolume({ data: probability, shape, spacing: [1, 1, 1] });
    const [first] = await predictSlices(nca, [
      volumeSlice(
        { ...image, data: image.data.map((v) => Math.fround(v / Math.max(...image.data))) },
        { axis, index: 0 },
      ),
    ], { seed: 5 });
    const cut = volumeSlice(whole, { axis, index: 0 });
    assert.deepEqual([first!.height, first!.width], [cut.height, cut.width]);
    for (let i = 0; i < cut.data.length; i++) {
      assert.ok(Math.abs(cut.data[i]! - first!.probability[i]!) < 1e-4, `axis ${axis}: ${i}`);
    }
  }
  nca.dispose();
});

Deno.test("a prediction depends on the seed, not on the batch size", async () => {
  const nca = model();
  const { image } = ball([12, 12, 5]);
  const run = (options: object) => predictVolume(nca, image, options);
  const one = await run({ batchSize: 1 });
  const three = await run({ batchSize: 3 });
  for (let i = 0; i < one.probability.length; i++) {
    assert.ok(Math.abs(one.probability[i]! - three.probability[i]!) < 1e-5);
  }
  assert.deepEqual((await run({ batchSize: 1 })).probability, one.probability);
  assert.notDeepEqual((await run({ seed: 1 })).probability, one.probability);
  nca.dispose();
});

Deno.test("several samples give their mean and how far they differ", async () => {
  const nca = model();
  const { image } = ball([8, 8, 2]);
  const { probability, deviation } = await predictVolume(nca, image, { samples: 3 });
  const single = await predictVolume(nca, image);
  assert.notDeepEqual(probability, single.probability);
  assert.ok(deviation.some((d) => d > 0) && deviation.every((d) => d >= 0 && d <= 0.5));
  nca.dispose();
});

Deno.test("4D volumes are predicted from one channel, and values are clipped as in training", async () => {
  const nca = model();
  const { image } = ball([8, 8, 2]);
  const both = new Float32Array(2 * image.data.length);
  both.fill(-7).set(image.data, image.data.length);
  const volume = createVolume({ data: both, shape: [8, 8, 2, 2], spacing: [1, 1, 1] });
  const expected = await predictVolume(nca, image);
  assert.deepEqual((await predictVolume(nca, volume, { channel: 1 })).mask, expected.mask);
  await assert.rejects(predictVolume(nca, volume, { channel: 2 }), RangeError);
  const clipped = await predictVolume(nca, image, { clip: [10, 90] });
  assert.notDeepEqual(clipped.probability, expected.probability);
  nca.dispose();
});

Deno.test("slices of several sizes, cropped, resized and padded, come back in their own", async () => {
  const nca = model();
  const slice = (height: number, width: number) => ({
    data: Float32Array.from({ length: height * width }, (_, i) => i % 5 / 5),
    height,
    width,
  });
  const slices = [slice(9, 14), slice(9, 14), slice(6, 6)];
  for (
    const grid of [
      {},
      { smallest: [16, 16] as const },
      { size: [8, 8] as const, fit: "pad-or-crop" as const },
      { size: [12, 8] as const, fit: "resize" as const },
    ]
  ) {
    const predictions = await predictSlices(nca, slices, grid);
    assert.deepEqual(
      predictions.map(({ height, width, probability }) => [height, width, probability.length]),
      [[9, 14, 126], [9, 14, 126], [6, 6, 36]],
    );
  }
  await assert.rejects(predictSlices(nca, slices, { batchSize: 0 }), RangeError);
  nca.dispose();
});

Deno.test("prediction stops at a signal, tells how far it is and leaves no tensor", async () => {
  const nca = model();
  const { image } = ball([8, 8, 6]);
  const before = tf.memory().numTensors;
  const done: number[] = [];
  await predictVolume(nca, image, { batchSize: 2, onProgress: (n) => done.push(n) });
  assert.deepEqual(done, [2, 4, 6]);
  const controller = new AbortController();
  await assert.rejects(
    predictVolume(nca, image, {
      batchSize: 2,
      signal: controller.signal,
      onProgress: () => controller.abort(),
    }),
    { name: "AbortError" },
  );
  assert.equal(tf.memory().numTensors, before);
  nca.dispose();
});

Deno.test("a wound is where it is said, whatever grid the slices lie on", async () => {
  const nca = model();
  const size = { height: 9, width: 14 };
  const data = Float32Array.from({ length: 126 }, (_, i) => i % 5 / 5);
  const slices = [{ data, ...size }, { data, ...size }];
  const cells = [
    { data: new Float32Array(126), ...size },
    { data: Float32Array.from({ length: 126 }, (_, i) => i % 14 < 6 ? 1 : 0), ...size },
  ];
  const plain = await predictSlices(nca, slices);
  // After the very last step nothing heals: the logits of the wound are 0.
  for (const grid of [{}, { smallest: [16, 16] as const }]) {
    const before = await predictSlices(nca, slices, grid);
    const wounded = await predictSlices(nca, slices, {
      ...grid,
      wound: { stage: "fine", step: 1, cells },
    });
    assert.deepEqual(wounded[0], before[0], "the slice without a wound");
    for (const [i, p] of wounded[1]!.probability.entries()) {
      assert.equal(p, cells[1]!.data[i] === 1 ? 0.5 : before[1]!.probability[i], `pixel ${i}`);
    }
  }
  const early = await predictSlices(nca, slices, { wound: { stage: "coarse", step: 1, cells } });
  assert.notDeepEqual(early[1], plain[1]);
  assert.notDeepEqual((await predictSlices(nca, slices, { steps: [3, 1] }))[0], plain[0]);
  nca.dispose();
});
