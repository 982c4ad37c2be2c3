import assert from "node:assert/strict";
import { join } from "@std/path";
import { findPlan, jobFolders, readPlan, trainJobs, writePlan } from "../../lib/cluster/plan.ts";
import { variants } from "../../lib/cluster/sweep.ts";
import { InputError } from "../../lib/support/errors.ts";
import { resolveConfig } from "../../lib/training/config.ts";
import { inFolder } from "../support/in_folder.ts";

const config = resolveConfig({ data: "/data", folds: 2, seed: 3, epochs: 4, out: "/runs/x" });

Deno.test("trainJobs() numbers settings, then seeds, then folds, each with a folder of its own", () => {
  const plan = { kind: "train" as const, config, seeds: 2, variants: variants(["hidden=16,32"]) };
  const jobs = trainJobs("/runs/x", plan as never);
  assert.deepEqual(
    jobs.map(({ variant, seed, fold, config }) => [
      ...[variant, seed, fold, config.hidden, config.seed, config.fold, config.out],
    ]),
    [
      ["hidden=16", 3, 0, 16, 3, 0, "/runs/x/hidden=16/seed_3/fold_0"],
      ["hidden=16", 3, 1, 16, 3, 1, "/runs/x/hidden=16/seed_3/fold_1"],
      ["hidden=16", 4, 0, 16, 4, 0, "/runs/x/hidden=16/seed_4/fold_0"],
      ["hidden=16", 4, 1, 16, 4, 1, "/runs/x/hidden=16/seed_4/fold_1"],
      ["hidden=32", 3, 0, 32, 3, 0, "/runs/x/hidden=32/seed_3/fold_0"],
      ["hidden=32", 3, 1, 32, 3, 1, "/runs/x/hidden=32/seed_3/fold_1"],
      ["hidden=32", 4, 0, 32, 4, 0, "/runs/x/hidden=32/seed_4/fold_0"],
      ["hidden=32", 4, 1, 32, 4, 1, "/runs/x/hidden=32/seed_4/fold_1"],
    ],
  );
  assert.equal(jobs[3]!.whole.out, "/runs/x/hidden=16/seed_4");
  const single = { ...plan, config: { ...config, folds: 0 }, variants: variants([]), seeds: 1 };
  const [only, ...others] = trainJobs("/runs/x", single as never);
  assert.deepEqual([only!.fold, only!.config.out, others.length], [null, "/runs/x/seed_3", 0]);
});

Deno.test("writePlan() stores what readPlan() reads, and lists the jobs for other programs", () =>
  inFolder(async (folder) => {
    assert.equal(await findPlan(folder), undefined);
    await assert.rejects(readPlan(folder), /Cannot find a plan/);
    const flags = { run: "/r", image: "/i", samples: 1 };
    const plan = { kind: "predict" as const, flags, shards: 2, images: 3 };
    await writePlan(folder, plan);
    assert.deepEqual(await readPlan(folder), plan);
    assert.deepEqual(jobFolders(folder, plan), [
      join(folder, "shard_0001"),
      join(folder, "shard_0002"),
    ]);
    const list = await Deno.readTextFile(join(folder, "cluster", "jobs.txt"));
    assert.equal(list, "1\tshard_0001\n2\tshard_0002\n");

    const train = { kind: "train" as const, config, seeds: 1, variants: variants(["hidden=16"]) };
    await writePlan(folder, train as never);
    assert.deepEqual(await readPlan(folder), train);
    const path = join(folder, "cluster", "plan.json");
    // A name that leads out of the folder
    const bad = { ...train, variants: [{ name: "../../x", settings: {} }] };
    await Deno.writeTextFile(path, JSON.stringify(bad));
    await assert.rejects(readPlan(folder), (error) => {
      assert.ok(error instanceof InputError);
      assert.match(error.message, /Cannot read plan: /);
      return error.code === "bad-run";
    });
  }));

Deno.test("variants() combines all values, and lists all problems", () => {
  const all = variants(["steps=30,30;20,20", "learningRate=0.002,0.004"]);
  assert.deepEqual(all.map(({ name }) => name), [
    "steps=30-30,learningRate=0.002",
    "steps=30-30,learningRate=0.004",
    "steps=20-20,learningRate=0.002",
    "steps=20-20,learningRate=0.004",
  ]);
  assert.deepEqual(all[1]!.settings, { steps: [30, 30], learningRate: 0.004 });
  assert.deepEqual(variants([]), [{ name: "", settings: {} }]);
  assert.throws(
    () => variants(["hiden=1", "seed=1,2", "epochs=2,x", "hidden=8,8", "batchSize="]),
    (error) => {
      assert.ok(error instanceof InputError);
      assert.match(error.message, /unknown setting "hiden" \(did you mean "hidden"\?\)/);
      assert.match(error.message, /"seed" cannot be varied/);
      assert.match(error.message, /"epochs": x: /);
      assert.match(error.message, /"hidden" has a value twice/);
      assert.match(error.message, /"batchSize" has no values/);
      return error.code === "bad-command-line";
    },
  );
  const twice = /Cannot vary settings: "\w+" has a value twice$/;
  assert.throws(() => variants(["learningRate=0.01,1e-2"]), twice);
  // Two values whose folders would have the same name
  assert.throws(() => variants(["labels=whole=1,2;whole-1-2"]), twice);
  assert.throws(() => variants(["hidden=8", "hidden=16"]), /"hidden" is varied twice/);
});
