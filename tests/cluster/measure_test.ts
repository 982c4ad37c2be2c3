import assert from "node:assert/strict";
import { join } from "@std/path";
import { initBackend } from "../../lib/backend.ts";
import { measurePrediction, measureTraining } from "../../lib/cluster/measure.ts";
import { resolveConfig } from "../../lib/training/config.ts";
import { readVolume, writeVolume } from "../../lib/volume/mod.ts";
import { inFolder, quickModel, writeData } from "../evaluation/support.ts";
import { TINY, writeTinyVolumes } from "../training/support/tiny_data.ts";

await initBackend({ backend: "wasm", channels: 8, hidden: 8, threads: 1 });

Deno.test("measureTraining counts the slices of each part, and the empty ones that are used", () =>
  inFolder(async (folder) => {
    const data = join(folder, "data");
    await writeTinyVolumes(data, { cases: 8, size: 8, slices: 4 });
    for (let id = 0; id < 8; id++) { // three of four slices are empty
      const path = join(data, "labels", `case_${id}.nii.gz`);
      const like = await readVolume(path);
      await writeVolume(path, { data: like.data.map((code, i) => i < 192 ? 0 : code), like });
    }
    const config = { ...TINY, data, test: 0.25, validation: 0.125, batchSize: 3 };
    const all = await measureTraining(resolveConfig({ ...config, emptySlices: 1 }));
    assert.deepEqual(all.slices, { train: 20, validation: 4, test: 8 });
    assert.equal(all.batchSize, 3);
    assert.ok(all.trainSeconds > all.inferSeconds && all.inferSeconds > 0 && all.bytes > 1e6);
    const some = await measureTraining(resolveConfig({ ...config, emptySlices: 0.2 }));
    assert.deepEqual(some.slices, { train: 20 * (0.25 + 0.75 * 0.2), validation: 4, test: 8 });
  }));

Deno.test("measurePrediction leaves out the first of three cases, and those that cannot be read", () =>
  inFolder(async (folder) => {
    const sources = await writeData(folder, [[8, 8, 2], [8, 8, 2], [8, 8, 2], [8, 8, 2], [
      8,
      8,
      2,
    ]]);
    await Deno.writeTextFile(join(folder, "images", "case_1.nii.gz"), "broken");
    const model = quickModel({}, { channels: 8, hidden: 8 });
    const clock = [0, 9, 20, 30, 31, 40, 43].map((seconds) => 1000 * seconds);
    const { now } = performance;
    performance.now = () => clock.shift()!;
    try {
      const { seconds } = await measurePrediction([model], sources, { batchSize: 4, samples: 1 });
      assert.equal(seconds, (1 + 3) / 2);
    } finally {
      performance.now = now;
      model.model.dispose();
    }
  }));
