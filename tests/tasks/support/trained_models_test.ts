import assert from "node:assert/strict";
import { basename, join } from "@std/path";
import { initBackend } from "../../../lib/backend.ts";
import { writePostprocess } from "../../../lib/evaluation/choose_postprocess.ts";
import { readTrainedRun, runFolders } from "../../../tasks/support/trained_models.ts";
import { writeData } from "../../evaluation/support.ts";
import { inFolder } from "../../support/in_folder.ts";
import { makeRun } from "./make_run.ts";

await initBackend({ backend: "ops" });

const SPLIT = { train: ["case_0", "case_1"], validation: [], test: [] };

Deno.test("runFolders are a run's folds by number, or the run itself", () =>
  inFolder(async (folder) => {
    for (const name of ["fold_10", "fold_2", "fold_1", "plots", "fold_3"]) {
      await Deno.mkdir(join(folder, name));
      if (name !== "fold_3") await Deno.writeTextFile(join(folder, name, "config.json"), "{}");
    }
    const names = async () => (await runFolders(folder)).map((path) => basename(path));
    assert.deepEqual(await names(), ["fold_1", "fold_2", "fold_10"]);
    await Deno.writeTextFile(join(folder, "config.json"), "{}");
    assert.deepEqual(await runFolders(folder), [folder]);
    const none = join(folder, "none");
    assert.deepEqual(await runFolders(none), [none]);
  }));

Deno.test("readTrainedRun loads all folds; masks are changed only as all of them chose", () =>
  inFolder(async (folder) => {
    const data = join(folder, "data");
    await writeData(data, [[8, 8, 4], [12, 8, 4]]);
    const folds = [1, 2].map((fold) => join(folder, "run", `fold_${fold}`)) as [string, string];
    for (const [i, fold] of folds.entries()) {
      await makeRun(fold, data, { split: SPLIT, seed: i });
    }
    const choice = { name: "foreground", choice: "largest" } as const;
    const dice = { "none": 0, "largest": 1, "fill-holes": 0, "largest+fill-holes": 1 };
    const load = async () => {
      const run = await (await readTrainedRun(join(folder, "run"))).load("best");
      run.dispose();
      return run;
    };
    await writePostprocess(folds[0], [{ ...choice, dice }]);
    assert.deepEqual((await load()).postprocess, ["none"]);
    await writePostprocess(folds[1], [{ ...choice, dice }]);
    const run = await load();
    assert.deepEqual(run.postprocess, ["largest"]);
    assert.deepEqual([run.models.length, run.weights], [2, folds]);
    const last = await (await readTrainedRun(folds[0])).load("last");
    assert.deepEqual(last.weights, [join(folds[0], "last")]);
    last.dispose();

    const inputs = JSON.parse(await Deno.readTextFile(join(folds[1], "slices.json")));
    inputs.targets.classes[0].name = "other";
    await Deno.writeTextFile(join(folds[1], "slices.json"), JSON.stringify(inputs));
    await assert.rejects(readTrainedRun(join(folder, "run")), {
      name: "InputError",
      message: /their classes or channels differ: .*fold_2/,
    });
  }));
