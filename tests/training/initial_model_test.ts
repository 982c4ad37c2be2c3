import * as tf from "@tensorflow/tfjs";
import assert from "node:assert/strict";
import { join } from "@std/path";
import { initBackend } from "../../lib/backend.ts";
import { initialValues } from "../../lib/nca/initialization.ts";
import { MedNca } from "../../lib/nca/med_nca.ts";
import { NCA2D } from "../../lib/nca/nca2d.ts";
import { saveWeights } from "../../lib/nca/weights.ts";
import { type ModelInputs, modelInputs } from "../../lib/slices/model_inputs.ts";
import { Random } from "../../lib/support/random.ts";
import { resolveConfig } from "../../lib/training/config.ts";
import { initialModel, matchChannels, permuteChannels } from "../../lib/training/initial_model.ts";
import { modelConfig } from "../../lib/training/model_config.ts";
import { createRun } from "../../lib/training/run_folder.ts";
import { TINY, withTinyData } from "./support/tiny_data.ts";

await initBackend({ backend: "ops" });

/** What a model was trained on: named channels, and classes of values 1, 2, … */
function inputsOf(channels: string[], classes: string[]): ModelInputs {
  return {
    channel: "all",
    channels: Math.max(1, channels.length),
    targets: {
      kind: "classes",
      classes: classes.map((name, i) => ({ name, values: [i + 1] })),
      ignore: [],
    },
    trained: { channelNames: channels },
  } as unknown as ModelInputs;
}

Deno.test("matchChannels() finds image channels and classes by name", () => {
  const match = (before: ModelInputs, now: ModelInputs, neighbours = 0) =>
    matchChannels(before, now, { channels: 8, neighbours }, "runs/a");
  const both = inputsOf(["T2", "ADC"], ["zone", "core"]);
  const same = [0, 1, 2, 3, 4, 5, 6, 7];
  assert.deepEqual(match(both, both), same);
  assert.deepEqual(match(both, inputsOf(["ADC", "T2"], ["core", "zone"])), [
    ...[1, 0, 3, 2, 4, 5, 6, 7],
  ]);
  // Both channels of the slice, of the one before and of the one after change places
  assert.deepEqual(match(both, inputsOf(["ADC", "T2"], ["core", "zone"]), 1), [
    ...[1, 0, 3, 2, 5, 4, 7, 6],
  ]);
  // A class that is no longer asked for becomes one of the other channels
  assert.deepEqual(match(both, inputsOf(["T2", "ADC"], ["core"])), [0, 1, 3, 2, 4, 5, 6, 7]);
  // One class is one class, whatever it is called, and so is one channel
  assert.deepEqual(match(inputsOf(["MRI"], ["a"]), inputsOf(["CT"], ["b"])), same);
  assert.deepEqual(match(inputsOf([], ["a"]), inputsOf(["CT"], ["a"])), same);
  const chosen = { ...both, channel: [1, 0] } as ModelInputs;
  assert.deepEqual(match(both, chosen).slice(0, 2), [1, 0]);
  // Where one of them has no names, channels keep their places
  const unnamed = { ...both, trained: { channelNames: [] } } as unknown as ModelInputs;
  assert.deepEqual(match(unnamed, both), same);
  assert.deepEqual(match(chosen, unnamed), same);
  // A single class may become a region, but two classes not
  const asRegions = (inputs: ModelInputs): ModelInputs => ({
    ...inputs,
    targets: { ...inputs.targets, kind: "regions" },
  });
  assert.deepEqual(match(inputsOf(["CT"], ["a"]), asRegions(inputsOf(["CT"], ["a"]))), same);

  const wrong: [ModelInputs, ModelInputs, RegExp][] = [
    [
      both,
      inputsOf(["T2"], ["zone"]),
      /image channels are T2, ADC, those of the data are T2: runs/,
    ],
    [both, asRegions(both), /classes are zone, core, those of the data are zone, core/],
    [both, inputsOf(["T2", "DWI"], ["zone"]), /image channels are T2, ADC, .* are T2, DWI/],
    [both, inputsOf(["T2", "ADC"], ["rim"]), /classes are zone, core, those of the data are rim/],
    [inputsOf(["T2"], ["a"]), inputsOf(["T2"], ["a", "b"]), /classes are a, .* are a, b/],
  ];
  for (const [before, now, message] of wrong) {
    assert.throws(() => match(before, now), { name: "InputError", message });
  }
});

Deno.test("permuteChannels() gives an automaton that does the same to the permuted state", () => {
  const shape = { channels: 6, hidden: 8, kernel: 3 };
  const places = [0, 3, 1, 5, 2, 4];
  const values = initialValues(shape, 4);
  const [old, permuted] = [values, permuteChannels(values, places, 1)]
    .map((values) => new NCA2D(shape, { seed: [0], values }));
  const random = new Random(2);
  const state = tf.tensor4d(Array.from({ length: 8 * 8 * 6 }, () => random.normal()), [1, 8, 8, 6]);
  const options = { steps: 3, fireRate: 0.5, seeds: [1], stats: "slice" } as const;
  const inOrder = (x: tf.Tensor4D) => tf.gather(x, places, 3) as tf.Tensor4D;
  const expected = inOrder(old!.forward(state, options)).dataSync();
  const found = permuted!.forward(inOrder(state), options).dataSync();
  const worst = Math.max(...found.map((value, i) => Math.abs(value - expected[i]!)));
  assert.ok(worst < 1e-5, `off by ${worst}`);
  const moved = Math.max(...found.map((value, i) => Math.abs(value - state.dataSync()[i]!)));
  assert.ok(moved > 0.01);
});

Deno.test("initialModel() starts from the weights of a run, and says what does not fit", () =>
  withTinyData(async ({ train, folder }) => {
    const out = join(folder, "run");
    const config = resolveConfig({ ...TINY, neighbours: 1 });
    const inputs = modelInputs(train.manifest, ["case_0"]);
    const split = { seed: 0, train: ["case_0"], validation: [], test: [] };
    await createRun(out, { config, split, slices: inputs });
    const model = new MedNca(modelConfig(config, train.manifest.settings), { seed: 8 });
    await saveWeights(model, out);
    const other = { ...config, steps: [5, 4] as [number, number], fireRate: 0.7 };
    const started = await initialModel(out, other, inputs);
    for (const [i, variable] of started.variables.entries()) {
      assert.deepEqual(variable.dataSync(), model.variables[i]!.dataSync());
    }
    assert.deepEqual([started.config.steps, started.config.fireRate], [[5, 4], 0.7]);
    await assert.rejects(
      initialModel(out, { ...config, channels: 16 }, inputs),
      /channels differs from the settings \(8 and 16\)/,
    );
    await assert.rejects(
      initialModel(out, { ...config, neighbours: 0 }, inputs),
      /neighbours differs from the settings \(1 and 0\)/,
    );
    await assert.rejects(initialModel(join(folder, "none"), config, inputs), /is not a run/);
  }));

Deno.test("initialModel() reorders the channels of all slices that a model sees", () =>
  withTinyData(async ({ train, folder }) => {
    const out = join(folder, "run");
    const config = resolveConfig({ ...TINY, neighbours: 1 });
    const [before, now] = [["T2", "ADC"], ["ADC", "T2"]].map((channelNames) => {
      const inputs = modelInputs(train.manifest, ["case_0"]);
      return { ...inputs, channels: 2, trained: { ...inputs.trained!, channelNames } };
    });
    const split = { seed: 0, train: ["case_0"], validation: [], test: [] };
    await createRun(out, { config, split, slices: before! });
    const model = new MedNca(modelConfig(config, before!), { seed: 8 });
    await saveWeights(model, out);
    const { model2 } = await initialModel(out, config, now!);
    const values = (nca: NCA2D, name: string) => [...nca.variables.get(name)!.dataSync()];
    const bias = values(model.model2, "perception.bias");
    assert.deepEqual(
      values(model2, "perception.bias"),
      [1, 0, 3, 2, 5, 4, 6, 7].map((place) => bias[place]),
    );
    // The two channels that change, a logit and a free one, stay as they are
    assert.deepEqual(values(model2, "fc2.weight"), values(model.model2, "fc2.weight"));
  }));
