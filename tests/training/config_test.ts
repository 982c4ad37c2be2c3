import assert from "node:assert/strict";
import { InputError } from "../../lib/support/errors.ts";
import {
  CONFIG_KEYS,
  DEFAULTS,
  describeKey,
  parseConfigValue,
  PRESETS,
  resolveConfig,
} from "../../lib/training/config.ts";

Deno.test("the tutorial preset is the published tutorial", () => {
  const { learningRate, betas, eps, schedule, lrStep, lrGamma, epochs, batchSize, ...rest } =
    resolveConfig({ preset: "tutorial" });
  assert.deepEqual([learningRate, betas, eps], [1e-4, [0.9, 0.999], 1e-8]);
  assert.deepEqual([schedule, lrStep, lrGamma, epochs, batchSize], ["step", 50, 0.5, 150, 1]);
  assert.deepEqual([rest.channels, rest.hidden, rest.kernels], [16, 64, [7, 3]]);
  assert.deepEqual([rest.steps, rest.fireRate, rest.clipNorm], [[40, 20], 0.5, 0]);
  assert.deepEqual([rest.size, rest.axis, rest.channel, rest.labels], ["pad", 2, 0, "foreground"]);
});

Deno.test("the preset follows from the data set unless it is named", () => {
  assert.equal(resolveConfig().preset, "example");
  assert.equal(resolveConfig({ data: "./data.example/" }).preset, "example");
  assert.equal(resolveConfig({ data: "data/Task04" }).preset, "general");
  assert.equal(resolveConfig({ data: "data/Task04", preset: "tutorial" }).preset, "tutorial");
});

Deno.test("every preset resolves, and a resolved config resolves to itself", () => {
  for (const preset of Object.keys(PRESETS) as (keyof typeof PRESETS)[]) {
    const config = resolveConfig({ preset });
    assert.deepEqual(resolveConfig(config), config);
    assert.deepEqual(Object.keys(config), CONFIG_KEYS);
  }
});

Deno.test("every key has a description, and its default passes its own check", () => {
  for (const key of CONFIG_KEYS) assert.notEqual(describeKey(key), "", key);
  assert.deepEqual(resolveConfig(DEFAULTS), DEFAULTS);
});

Deno.test("all problems of a config are told at once", () => {
  const overrides = { lerningRate: 1, epochs: 0, size: [10, 10], kernels: [7, 4], labels: [] };
  assert.throws(() => resolveConfig(overrides as object, "my.json"), (error) => {
    assert.ok(error instanceof InputError);
    assert.match(error.message, /unknown key "lerningRate" \(did you mean "learningRate"\?\)/);
    assert.match(error.message, /"epochs": Expected >=1/);
    assert.match(error.message, /"size": Expected multiples of 4/);
    assert.match(error.message, /"kernels": Expected odd numbers/);
    assert.match(error.message, /"labels": .*: my\.json$/);
    return true;
  });
  assert.throws(() => resolveConfig({ folds: 5, fold: 5 }), /5 of 5 folds/);
  assert.throws(() => resolveConfig({ test: 0.5, validation: 0.5 }), /nobody to train on/);
});

Deno.test("the text of a flag becomes the value of its key", () => {
  assert.equal(parseConfigValue("epochs", "3"), 3);
  assert.equal(parseConfigValue("learningRate", "1e-4"), 1e-4);
  assert.equal(parseConfigValue("axis", "0"), 0);
  assert.equal(parseConfigValue("preset", "tutorial"), "tutorial");
  assert.equal(parseConfigValue("data", "5"), "5");
  assert.deepEqual(parseConfigValue("size", "160x128"), [160, 128]);
  assert.equal(parseConfigValue("size", "pad"), "pad");
  assert.deepEqual(parseConfigValue("labels", "2"), [2]);
  assert.deepEqual(parseConfigValue("labels", "1, 2"), [1, 2]);
  assert.equal(parseConfigValue("labels", "foreground"), "foreground");
  assert.throws(() => parseConfigValue("epochs", "3,4"), /RangeError|received Array/);
  assert.throws(() => parseConfigValue("epochs", "many"), /received "many"/);
  assert.throws(() => parseConfigValue("epochs", ""), RangeError);
  assert.throws(() => parseConfigValue("size", "160"), /Expected pad, or height and width/);
});
