import { join } from "@std/path";
import * as tf from "@tensorflow/tfjs";
import assert from "node:assert/strict";
import { importModel } from "../../lib/exchange/import_model.ts";
import { loadWeights } from "../../lib/nca/weights.ts";
import { OpsEngine } from "../../lib/rollout/ops/ops_engine.ts";
import { setRolloutEngine } from "../../lib/rollout/rollout.ts";
import type { ConfigOverrides } from "../../lib/training/config.ts";
import { modelConfig } from "../../lib/training/model_config.ts";
import { readModelSettings } from "../../lib/training/run_folder.ts";
import { largestDifference } from "../fixtures/parity.ts";
import { inFolder } from "../support/in_folder.ts";

tf.enableProdMode();
await tf.setBackend("cpu");
setRolloutEngine(new OpsEngine());

const FIXTURES = new URL("../fixtures/state_dicts/", import.meta.url).pathname;
const FROM = [join(FIXTURES, "model1.pth"), join(FIXTURES, "model2.pth")] as const;
const SETTINGS: ConfigOverrides = { preset: "tutorial", steps: [4, 3], fireRate: 1 };

Deno.test("importModel: the model predicts as it did in PyTorch", () =>
  inFolder(async (folder) => {
    const out = join(folder, "run");
    await importModel({ from: FROM, out, settings: SETTINGS });
    const { config, slices } = await readModelSettings(out);
    assert.deepEqual([config.channels, config.hidden, config.kernels], [6, 8, [7, 3]]);
    assert.deepEqual(
      [slices.orientation, slices.axis, slices.channels, slices.smallest, slices.trained],
      ["stored", 2, 1, [4, 4], null],
    );
    const { image, logits } = JSON.parse(await Deno.readTextFile(join(FIXTURES, "expected.json")));
    const model = await loadWeights(out);
    const ours = model.forward(tf.tensor4d(image, [1, 12, 8, 1]), { seeds: [0], stats: "slice" });
    assert.ok(largestDifference(ours.dataSync(), logits) < 1e-5);
    model.dispose();
    await assert.rejects(
      importModel({ from: FROM, out, settings: SETTINGS }),
      /already holds one/,
    );
  }));

Deno.test("importModel takes the number of image channels from the files", () =>
  inFolder(async (folder) => {
    const two = join(FIXTURES, "two");
    const from = [join(two, "model1.pth"), join(two, "model2.pth")] as const;
    const settings = { ...SETTINGS, channel: "all", labels: "1;2", size: [12, 8] } as const;
    await importModel({ from, out: folder, settings });
    const { config, slices } = await readModelSettings(folder);
    assert.deepEqual(
      [config.channels, slices.channels, slices.channel, slices.smallest],
      [6, 2, "all", [12, 8]],
    );
    const { image, logits } = JSON.parse(await Deno.readTextFile(join(two, "expected.json")));
    const model = await loadWeights(folder, modelConfig(config, slices));
    const ours = model.forward(tf.tensor4d(image, [1, 12, 8, 2]), { seeds: [0], stats: "slice" });
    assert.deepEqual(ours.shape, [1, 12, 8, 2]);
    assert.ok(largestDifference(ours.dataSync(), logits) < 1e-5);
    model.dispose();
    const one = { ...settings, channel: [0], out: join(folder, "one") };
    await assert.rejects(importModel({ from, out: one.out, settings: one }), {
      name: "InputError",
      message: /takes 2 image channels, and the settings choose 1 channel: 0$/,
    });
    const three = { ...settings, neighbours: 1, out: join(folder, "three") };
    await assert.rejects(importModel({ from, out: three.out, settings: three }), {
      name: "InputError",
      message: /takes 2 image channels, and the settings choose 3 slices at once$/,
    });
  }));

Deno.test("importModel asks for what the files do not say, and refuses what does not fit", () =>
  inFolder(async (folder) => {
    const out = join(folder, "run");
    const rejects = (settings: ConfigOverrides, message: RegExp, from = FROM) =>
      assert.rejects(importModel({ from, out, settings }), { name: "InputError", message });
    await rejects(
      { steps: [4, 3] },
      /do not contain fireRate, orientation, axis, normalize, size$/,
    );
    await rejects(
      { ...SETTINGS, normalize: "ct" },
      /depend on the training data.*: normalize ct/,
    );
    await rejects(
      { ...SETTINGS, labels: "1;2;3;4;5;6" },
      /6 classes need 7 channels/,
    );
    await rejects(SETTINGS, /\[6,1,3,3\] instead of \[6,1,7,7\]: .*model2\.pth/, [
      FROM[1],
      FROM[0],
    ]);
    assert.deepEqual(await Array.fromAsync(Deno.readDir(folder)), []);
  }));
