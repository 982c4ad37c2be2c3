import assert from "node:assert/strict";
import { join } from "@std/path";
import { predictionSettings } from "../../lib/evaluation/evaluate_cases.ts";
import { resolveConfig } from "../../lib/training/config.ts";
import { prepareData } from "../../lib/training/prepare_data.ts";
import { createRun, readRun } from "../../lib/training/run_folder.ts";
import { writeTinyVolumes } from "./support/tiny_data.ts";

Deno.test("a splits file decides who trains, and is stored with the run as case ids", async () => {
  const folder = await Deno.makeTempDir();
  try {
    const data = join(folder, "data");
    await writeTinyVolumes(data, { cases: 5 });
    await Deno.writeTextFile(join(data, "images", "case_4.nii.gz"), "broken");
    const splits = join(folder, "splits_final.json");
    const fold = (id: number) => ({
      train: [0, 1, 2, 3, 4].filter((i) => i !== id).map((i) => `case_${i}`),
      val: [`case_${id}`],
    });
    await Deno.writeTextFile(splits, JSON.stringify([fold(0), fold(1)]));
    const config = resolveConfig({
      data,
      prepared: join(folder, "prepared"),
      splits,
      fold: 1,
      validation: 0.34,
    });
    const { split, train, validation, prepared } = await prepareData(config);
    assert.deepEqual(split.test, ["case_1"]);
    // The broken case is named by the file, and left out here
    assert.deepEqual([...split.train, ...split.validation].sort(), ["case_0", "case_2", "case_3"]);
    const ids = (set: typeof train) => [...new Set(set.slices.map((slice) => slice.case))];
    assert.deepEqual(ids(train), split.train);
    assert.deepEqual(ids(validation!), split.validation);

    const run = join(folder, "run");
    await createRun(run, { config, split, slices: predictionSettings(prepared.manifest) });
    const stored = await readRun(run);
    assert.deepEqual(stored.split, split);
    assert.deepEqual([stored.split.file, stored.config.splits], [splits, splits]);
    // What a run has stored is a splits file itself
    const again = await prepareData({ ...config, splits: join(run, "split.json"), fold: 0 });
    assert.deepEqual(
      [again.split.train, again.split.validation, again.split.test],
      [split.train, split.validation, split.test],
    );
    assert.throws(() => resolveConfig({ splits, folds: 5 }), /give one of them/);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
