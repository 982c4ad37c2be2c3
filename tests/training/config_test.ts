import assert from "node:assert/strict";
import { InputError } from "../../lib/support/errors.ts";
import { describeSetting, parseSetting } from "../../lib/support/setting.ts";
import {
  type Config,
  CONFIG_KEYS,
  type ConfigKey,
  ConfigSchema,
  DEFAULTS,
  PRESETS,
  requireSameConfig,
  requireSameSplit,
  resolveConfig,
} from "../../lib/training/config.ts";
import { upgradeConfig } from "../../lib/training/stored_config.ts";

Deno.test("the tutorial preset is the published tutorial", () => {
  const { learningRate, betas, eps, schedule, lrStep, lrGamma, epochs, batchSize, ...rest } =
    resolveConfig({ preset: "tutorial" });
  assert.deepEqual([learningRate, betas, eps], [1e-4, [0.9, 0.999], 1e-8]);
  assert.deepEqual([schedule, lrStep, lrGamma, epochs, batchSize], ["step", 50, 0.5, 150, 1]);
  assert.deepEqual([rest.channels, rest.hidden, rest.kernels], [16, 64, [7, 3]]);
  assert.deepEqual([rest.steps, rest.fireRate, rest.clipNorm], [[40, 20], 0.5, 0]);
  assert.deepEqual([rest.size, rest.axis, rest.labels], ["pad", 2, "foreground"]);
  assert.deepEqual([rest.channel, rest.orientation, rest.normalize], [[0], "stored", "minmax"]);
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
  for (const key of CONFIG_KEYS) {
    assert.notEqual(describeSetting(ConfigSchema.entries[key]), "", key);
  }
  assert.deepEqual(resolveConfig(DEFAULTS), DEFAULTS);
});

Deno.test("all problems of a config are reported at once", () => {
  const overrides = { lerningRate: 1, epochs: 0, size: [10, 10], kernels: [7, 4], labels: "" };
  assert.throws(() => resolveConfig(overrides as object, "my.json"), (error) => {
    assert.ok(error instanceof InputError);
    assert.match(error.message, /unknown key "lerningRate" \(did you mean "learningRate"\?\)/);
    assert.match(error.message, /"epochs": Expected >=1/);
    assert.match(error.message, /"size": Expected pad, or .*multiples of 4/);
    assert.match(error.message, /"kernels": Expected odd numbers/);
    assert.match(error.message, /"labels": .*: my\.json$/);
    return true;
  });
  assert.throws(
    () => resolveConfig({ clip: [1, 99] }),
    /clip: it has an effect only with normalize/,
  );
  assert.throws(
    () => resolveConfig({ folds: 5, fold: 5 }),
    /there are 5 folds, counted from 0; got 5/,
  );
  assert.throws(() => resolveConfig({ test: 0.5, validation: 0.5 }), /no patients for training/);
});

Deno.test("parseSetting() makes the value of a key from the text of a flag", () => {
  const parse = (key: ConfigKey, text: string) => parseSetting(ConfigSchema.entries[key], text);
  assert.equal(parse("epochs", "3"), 3);
  assert.equal(parse("learningRate", "1e-4"), 1e-4);
  assert.equal(parse("axis", "0"), 0);
  assert.equal(parse("preset", "tutorial"), "tutorial");
  assert.equal(parse("data", "5"), "5");
  assert.equal(parse("splits", ""), "");
  assert.deepEqual(parse("size", "160x128"), [160, 128]);
  assert.equal(parse("size", "pad"), "pad");
  assert.deepEqual(parse("kernels", "5,3"), [5, 3]);
  assert.throws(() => parse("epochs", "3,4"), /received Array/);
  assert.throws(() => parse("epochs", "many"), /received "many"/);
  assert.throws(() => parse("epochs", ""), RangeError);
  assert.throws(() => parse("size", "160"), /Expected pad, or height and width/);
  assert.throws(() => parse("size", "4,4,4"), /Expected pad, or height and width/);
  assert.throws(() => parse("kernels", "7,3,3"), /Expected two numbers/);
  assert.throws(() => parse("steps", "40"), RangeError);
});

/** A whole configuration as version 0.1 stored it, in what has changed since. */
const OLD = {
  preset: "general",
  axis: 1,
  channel: 2,
  labels: [1, 2],
  clip: [1, 99],
  size: [36, 40],
};

Deno.test("upgradeConfig() reads what older versions stored as it was meant", () => {
  const config = resolveConfig(upgradeConfig(OLD));
  const { channel, labels, normalize, clip, orientation, patients, axis, size } = config;
  assert.deepEqual([channel, labels, normalize, clip], [[2], "1,2", "percentile", [1, 99]]);
  assert.deepEqual([orientation, patients, axis, size], ["stored", "case", 1, [36, 40]]);
  const plain = resolveConfig(upgradeConfig({ ...OLD, labels: "foreground", clip: "none" }));
  assert.deepEqual([plain.labels, plain.normalize, plain.clip], [
    "foreground",
    "minmax",
    DEFAULTS.clip,
  ]);
  // Today's are left as they are, and a few keys in a file do not make a whole configuration
  assert.deepEqual(upgradeConfig(config), config);
  assert.equal(resolveConfig(upgradeConfig({ channel: 1, clip: "none" })).orientation, "canonical");
  assert.deepEqual(upgradeConfig({ epochs: 3 }), { epochs: 3 });
  // Deeper than text can be made of
  const deep = JSON.parse("[".repeat(20_000) + "]".repeat(20_000));
  assert.throws(
    () => resolveConfig(upgradeConfig({ labels: deep })),
    /Cannot use config: "labels"/,
  );
});

Deno.test("requireSameConfig() lets only keys change that touch nothing done", () => {
  const stored = resolveConfig({ preset: "general" });
  const given: Config = { ...stored, epochs: 99, threads: 3, data: "elsewhere", prepared: "p" };
  requireSameConfig(stored, given, "runs/a");
  assert.throws(
    () => requireSameConfig(stored, { ...given, axis: 0, init: "models/x" }, "runs/a"),
    (error) => {
      assert.ok(error instanceof InputError);
      assert.equal(
        error.message,
        "Cannot resume: init was empty, now models/x; axis was 2, now 0: runs/a",
      );
      assert.match(error.hint, /^Only epochs, backend, .* may change/);
      return true;
    },
  );
});

Deno.test("requireSameSplit() wants the same patients to train and to choose by", () => {
  const split = { seed: 0, train: ["a", "b"], validation: ["c"], test: ["d"] };
  requireSameSplit(split, { ...split, seed: 1, test: [] }, "runs/a");
  assert.throws(
    () => requireSameSplit(split, { ...split, train: ["a", "c"], validation: ["b"] }, "runs/a"),
    /the train and validation patients have changed: runs\/a/,
  );
});

Deno.test("resolveConfig() lets what is given replace the preset, and the preset the defaults", () => {
  const { epochs, batchSize, schedule, ema } = resolveConfig({ preset: "tutorial", epochs: 3 });
  assert.deepEqual([epochs, batchSize, schedule, ema], [3, 1, "step", 0]);
});
