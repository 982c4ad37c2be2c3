import assert from "node:assert/strict";
import { basename, join } from "@std/path";
import { modelInputs } from "../../lib/slices/model_inputs.ts";
import { InputError } from "../../lib/support/errors.ts";
import { type ConfigOverrides, PRESETS, resolveConfig } from "../../lib/training/config.ts";
import { prepareData } from "../../lib/training/prepare_data.ts";
import { createRun, readRun } from "../../lib/training/run_folder.ts";
import { inFolder } from "../support/in_folder.ts";
import { writeTinyVolumes } from "./support/tiny_data.ts";

Deno.test("a splits file decides who trains, and is stored with the run as case ids", () =>
  inFolder(async (folder) => {
    const data = join(folder, "data");
    await writeTinyVolumes(data, { cases: 5 });
    await Deno.writeTextFile(join(data, "images", "case_4.nii.gz"), "broken");
    const splits = join(folder, "splits_final.json");
    const fold = (id: number) => ({
      train: [0, 1, 2, 3, 4].filter((i) => i !== id).map((i) => `case_${i}`),
      val: [`case_${id}`],
    });
    await Deno.writeTextFile(splits, JSON.stringify([fold(0), fold(1)]));
    const prepared = join(folder, "prepared");
    const config = resolveConfig({ data, prepared, splits, fold: 1, validation: 0.34 });
    using made = await prepareData(config);
    const { split, train, validation } = made;
    assert.deepEqual(split.test, ["case_1"]);
    // The broken case is named by the file, and left out here
    assert.deepEqual([...split.train, ...split.validation].sort(), ["case_0", "case_2", "case_3"]);
    const ids = (set: typeof train) => [...new Set(set.slices.map((slice) => slice.case))];
    assert.deepEqual(ids(train), split.train);
    assert.deepEqual(ids(validation!), split.validation);

    const run = join(folder, "run");
    const slices = modelInputs(made.prepared.manifest, split.train);
    await createRun(run, { config, split, slices });
    const stored = await readRun(run);
    assert.deepEqual(stored.split, split);
    assert.deepEqual([stored.split.file, stored.config.splits], [splits, splits]);
    // What a run has stored is a splits file itself
    using again = await prepareData({ ...config, splits: join(run, "split.json"), fold: 0 });
    assert.deepEqual(
      [again.split.train, again.split.validation, again.split.test],
      [split.train, split.validation, split.test],
    );
    assert.throws(() => resolveConfig({ splits, folds: 5 }), /give one of them/);
  }));

Deno.test("prepareData() splits by patient, and says who is taken for one", () =>
  inFolder(async (folder) => {
    const data = join(folder, "data");
    await writeTinyVolumes(data, { cases: 6 });
    for (const part of ["images", "labels"]) {
      for (let i = 0; i < 6; i++) {
        const name = `sub-${Math.floor(i / 2)}_ses-${i % 2}.nii.gz`;
        await Deno.rename(join(data, part, `case_${i}.nii.gz`), join(data, part, name));
      }
    }
    const prepared = join(folder, "prepared");
    using made = await prepareData(resolveConfig({ data, prepared }));
    const { train, validation, test } = made.split;
    for (const part of [train, validation, test]) {
      assert.deepEqual(part.map((id) => id.slice(-1)), ["0", "1"], `${part}`);
      assert.equal(new Set(part.map((id) => id.slice(0, 5))).size, 1);
    }
    assert.match(made.splitProblems[0]!.message, /6 cases share a stem .* split as 3 patients/);
    using alone = await prepareData(resolveConfig({ data, prepared, patients: "case" }));
    assert.match(alone.splitProblems[0]!.message, /share a stem .* but not their patient/);
  }));

Deno.test("prepareData() holds its slices: others cannot be made in their place meanwhile", () =>
  inFolder(async (folder) => {
    const data = join(folder, "data");
    await writeTinyVolumes(data, { cases: 4 });
    const config = resolveConfig({ data, prepared: join(folder, "prepared") });
    const held = await prepareData(config);
    const other: ConfigOverrides = { ...config, size: [8, 8] };
    await assert.rejects(prepareData(resolveConfig(other)), /a training is using other slices/);
    held[Symbol.dispose]();
    using made = await prepareData(resolveConfig(other));
    assert.equal(made.train.height, 8);
  }));

Deno.test("prepareData() takes no folder that only a run's file names", () =>
  inFolder(async (folder) => {
    const data = join(folder, "data");
    await writeTinyVolumes(data, { cases: 4 });
    const theirs = join(folder, "theirs");
    await Deno.mkdir(join(theirs, "images"), { recursive: true });
    await Deno.writeTextFile(join(theirs, "images", "precious"), "1");
    const before = Deno.cwd();
    Deno.chdir(folder);
    try {
      using made = await prepareData(resolveConfig({ data, prepared: theirs }), {
        isTrusted: false,
      });
      assert.match(made.prepared.folder, /^prepared.data-[0-9a-f]{10}$/);
      assert.deepEqual(
        await Array.fromAsync(Deno.readDir(join(theirs, "images")), ({ name }) => name),
        ["precious"],
      );
      // One that holds just these slices is used
      const config = resolveConfig({ data, prepared: join(folder, made.prepared.folder) });
      using again = await prepareData(config, { isTrusted: false });
      assert.deepEqual([again.prepared.reused, again.train.folder], [true, config.prepared]);
    } finally {
      Deno.chdir(before);
    }
  }));

Deno.test("prepareData() says in one line that a preset's split is of other cases", () =>
  inFolder(async (folder) => {
    const data = join(folder, "data");
    await writeTinyVolumes(data, { cases: 4, slices: 5 });
    for (const part of ["images", "labels"]) {
      for (let i = 0; i < 4; i++) {
        const name = `hippocampus_00${[1, 3, 4, 6][i]}.nii.gz`;
        await Deno.rename(join(data, part, `case_${i}.nii.gz`), join(data, part, name));
      }
    }
    const config = resolveConfig({ preset: "hippocampus", data, prepared: join(folder, "p") });
    assert.equal(basename(config.splits), basename(PRESETS.hippocampus.splits!));
    await assert.rejects(prepareData(config), (error) => {
      assert.ok(error instanceof InputError);
      assert.ok(error.message.length < 300, error.message);
      assert.doesNotMatch(error.message, /did you mean/);
      assert.match(error.message, /184 ids not in the data set: .* and 179 more/);
      assert.match(error.hint, /add --splits ""$/);
      return true;
    });
    // An error about the user's own file names that file, not the preset
    const own = join(folder, "own.json");
    await Deno.writeTextFile(own, JSON.stringify({ train: ["a"], val: ["b"] }));
    await assert.rejects(prepareData({ ...config, splits: own }), (error) => {
      assert.ok(error instanceof InputError);
      assert.match(error.message, /2 ids not in the data set: a, b.*own\.json$/);
      assert.doesNotMatch(error.hint, /preset/);
      return true;
    });
    using made = await prepareData({ ...config, splits: "" });
    assert.equal(made.split.train.length, 2);
  }));

Deno.test("prepareData() names the cases that cannot be used where the others are too few", () =>
  inFolder(async (folder) => {
    const data = join(folder, "data");
    await writeTinyVolumes(data, { cases: 3 });
    for (const part of ["images", "labels"]) {
      const path = (id: number) => join(data, part, `case_${id}.nii.gz`);
      await Deno.copyFile(path(0), path(2));
    }
    const config = resolveConfig({ data, prepared: join(folder, "prepared") });
    await assert.rejects(prepareData(config), (error) => {
      assert.ok(error instanceof InputError);
      assert.match(error.message, /Cannot split 2 cases/);
      assert.match(error.hint, /image is also that of case_0: case_2/);
      return true;
    });
  }));
