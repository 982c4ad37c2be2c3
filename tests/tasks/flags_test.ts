/** Runs of tasks in which every flag that no other test gives says something else than its default. */

import assert from "node:assert/strict";
import { join } from "@std/path";
import { initBackend } from "../../lib/backend.ts";
import { evaluateCases } from "../../lib/evaluation/evaluate_cases.ts";
import {
  choosePerturbations,
  evaluateRobustness,
  readRobustness,
} from "../../lib/evaluation/robustness/mod.ts";
import { loadWeights } from "../../lib/nca/weights.ts";
import { discoverCases } from "../../lib/slices/discovery/discover_cases.ts";
import { readRun } from "../../lib/training/run_folder.ts";
import { createTask, parseTask } from "../../tasks/support/cli.ts";
import {
  addPredictFlags,
  type PredictFlags,
  type PredictRequest,
  predictRequest,
} from "../../tasks/support/predict_flags.ts";
import { predictImages } from "../../tasks/support/predict_images.ts";
import { writeData } from "../evaluation/support.ts";
import { sources as sourcesOf } from "../support/sources.ts";
import { makeRun } from "./support/make_run.ts";
import { inFolder, runTaskIn } from "./support/run_task.ts";

const SPLIT = { train: ["case_1", "case_0"], validation: ["case_2"], test: ["case_3"] };

const root = await Deno.makeTempDir();
Deno.test.afterAll(() => Deno.remove(root, { recursive: true }));
await writeData(join(root, "data"), [[12, 12, 4], [14, 12, 4], [12, 16, 4], [10, 12, 5]]);
await makeRun(join(root, "run"), join(root, "data"), { split: SPLIT });
await Deno.rename(join(root, "data"), join(root, "moved"));
await initBackend({ backend: "wasm", threads: 2 });

const MACHINE = ["--backend", "wasm", "--threads", "1"];
const { slices: inputs, config } = await readRun(join(root, "run"));
const sources = (await discoverCases(join(root, "moved"))).cases;
const from = { run: ["--run", "run", "--data", "moved"], batchSize: config.batchSize };

Deno.test("evaluate: --weights, --split, --samples, --postprocess, --data, --out, --threads", async () => {
  const flags = ["--weights", "last", "--split", "validation", "--uncertainty", "--samples", "3"];
  const others = ["--postprocess", "largest", "--out", "scores", ...MACHINE];
  const { code, out, error } = await runTaskIn(root, "evaluate", ...from.run, ...flags, ...others);
  assert.equal(code, 0, error);
  assert.match(out, /^Backend {2}wasm: .*, 1 thread\b/);
  const summary = JSON.parse(await Deno.readTextFile(join(root, "scores", "summary.json")));
  const score = async (weights: string, samples: number, postprocess: "largest" | "none") => {
    const model = await loadWeights(weights);
    const { metric_per_case } = await evaluateCases({
      models: [{ model, inputs }],
      sources: [sources[2]!],
      ...{ out: null, predictions: null, variances: null, seed: config.seed },
      ...{ samples, postprocess: [postprocess], batchSize: from.batchSize },
    });
    model.dispose();
    return metric_per_case.map(({ metrics, quality, case: id }) =>
      JSON.stringify([id, metrics["1"]!.Dice, metrics["1"]!.n_pred, quality])
    ).join();
  };
  const { metrics: { "1": { Dice, n_pred } }, quality } = summary.metric_per_case[0];
  const found = JSON.stringify(["case_2", Dice, n_pred, quality]);
  const last = join(root, "run", "last");
  assert.equal(found, await score(last, 3, "largest"));
  assert.notEqual(found, await score(join(root, "run"), 3, "largest"));
  assert.notEqual(found, await score(last, 2, "largest"));
  assert.notEqual(found, await score(last, 3, "none"));
});

Deno.test("robustness: --seed, --cases, --split, --only, --quick, --data, --out, --threads", async () => {
  const flags = ["--only", "noise", "--quick", "--cases", "1", "--split", "train", "--seed", "3"];
  const others = ["--out", "shaken", ...MACHINE];
  const run = await runTaskIn(root, "robustness", ...from.run, ...flags, ...others);
  assert.equal(run.code, 0, run.error);
  assert.match(run.out, /^Backend {2}wasm: .*, 1 thread\b/);
  assert.match(run.out, /Mean volume Dice of 1 case\n {2}Noise/);
  const model = await loadWeights(join(root, "run"));
  const score = async (seed: number) => {
    const { scores } = await evaluateRobustness({
      ...{ model: { model, inputs }, sources: [sources[1]!], seed, quick: true },
      ...{ perturbations: choosePerturbations(["noise"]), batchSize: from.batchSize },
    });
    return scores;
  };
  const found = await readRobustness(join(root, "shaken", "robustness.csv"));
  assert.deepEqual(found, await score(3));
  assert.notDeepEqual(found, await score(config.seed));
  model.dispose();
});

Deno.test("predict: what its flags give, and --force, --overwrite and --probabilities", () =>
  inFolder(async (folder) => {
    const flags = {
      ...{ run: "r", image: "i", out: "o", series: "4", dicomSeg: true, probabilities: true },
      ...{ samples: 7, postprocess: "largest", overwrite: true, force: true },
      ...{ backend: "ops", threads: 5 },
    };
    const args = Object.entries(flags).flatMap(([key, value]) => {
      const flag = `--${key.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
      return value === true ? [flag] : [flag, String(value)];
    });
    const parse = async (args: string[]) => {
      const command = addPredictFlags(createTask("predict", ""));
      const request = predictRequest(await parseTask<PredictFlags>(command, args));
      const name = (path: string) => path.split("/").at(-1)!;
      return {
        ...request,
        run: name(request.run),
        image: name(request.image),
        out: name(request.out),
      };
    };
    assert.deepEqual(await parse(args), flags);
    const needed = args.slice(0, 6);
    assert.deepEqual(await parse(needed), { run: "r", image: "i", out: "o", samples: 1 });

    // A model that does not reorient images, and one that is stored in another orientation
    const data = join(folder, "data");
    await writeData(data, [[12, 12, 4], [14, 12, 4]]);
    const [test, ...train] = ["case_0", "case_1"] as const;
    const split = { train, validation: [], test: [test] };
    await makeRun(join(folder, "run"), data, { split, settings: { orientation: "stored" } });
    await writeData(join(folder, "odd"), [[12, 12, 4]], { affines: ["LPS"] });
    const run = { run: join(folder, "run"), image: join(folder, "odd", "images") };
    const request = { ...run, out: join(folder, "out"), samples: 1, shard: null, backend: "wasm" };
    const { log, error } = console;
    console.log = console.error = () => {};
    try {
      const state = async (others: Partial<PredictRequest> = {}) =>
        (await predictImages({ ...request, ...others }))!.map(({ status }) => status).join();
      assert.equal(await state(), "failed");
      assert.equal(await state({ force: true }), "done");
      assert.equal(await state({ force: true }), "skipped");
      assert.equal(await state({ force: true, overwrite: true }), "again");
      assert.equal(await state({ force: true, probabilities: true }), "again");
      // What cannot even be told apart is reported once, by the first shard
      await Deno.writeTextFile(join(run.image, "twice.nii"), "");
      await Deno.writeTextFile(join(run.image, "twice.nii.gz"), "");
      const shard = (index: number) => ({
        force: true,
        out: join(folder, `${index}`),
        shard: { index, count: 2 },
      });
      const states = [await state(shard(1)), await state(shard(2))];
      assert.equal(states.join().split("failed").length - 1, 1, states.join("; "));
      assert.doesNotMatch(states[1]!, /failed/);
    } finally {
      [console.log, console.error] = [log, error];
    }
    const names = await Array.fromAsync(Deno.readDir(request.out), ({ name }) => name);
    assert.ok(names.includes("case_0_probability.nii.gz"), names.join());
  }));

Deno.test("plot and report: --run, --backend and --out", async () => {
  const { out, code, error } = await runTaskIn(root, "plot", "--run", "run", "--backend", "ops");
  assert.equal(code, 0, error);
  assert.equal(out, "");
  assert.match(error, /^left out: training_curves: .*\nleft out: case_scores: .*not scored/);
  const wrong = await runTaskIn(root, "plot", "--run", "run", "--backend", "opps");
  assert.match(wrong.error, /opps is not one of .*\nDid you mean ops\?/);
  const report = await runTaskIn(root, "report", "--run", "run", "--out", "page.html");
  assert.equal(report.out, "page.html\n", report.error);
  assert.match(report.error, /^left out: scores/);
  assert.match(await Deno.readTextFile(join(root, "page.html")), /^<!DOCTYPE html>/i);
});

Deno.test("cluster predict: --shards, --deno, flags of the jobs and of the prediction", async () => {
  const flags = ["--shards", "3", "--deno", "apptainer exec deno", "--partition", "gpu"];
  const others = ["--samples", "2", "--image", "moved/images", "--out", "jobs", ...MACHINE];
  const args = ["predict", "--run", "run", ...flags, ...others];
  for (const name of ["twice.nii", "twice.nii.gz"]) { // an image that cannot be told apart counts
    await Deno.writeTextFile(join(root, "moved", "images", name), "");
  }
  const { code, out, error } = await runTaskIn(root, "cluster", ...args);
  assert.equal(code, 0, error);
  assert.match(out, /Plan {6}4 images in 3 shards, each about .*\nJobs {6}3 of 3 to do; /);
  const at = join(root, "jobs", "cluster");
  const script = await Deno.readTextFile(join(at, "work.sbatch"));
  assert.match(script, /^#SBATCH --partition=gpu$/m);
  assert.match(script, /^#SBATCH --array=1-3$/m);
  assert.match(script, /apptainer exec deno /);
  const plan = JSON.parse(await Deno.readTextFile(join(at, "plan.json")));
  assert.deepEqual([plan.shards, plan.images, plan.flags.samples, plan.flags.threads], [
    3,
    5,
    2,
    1,
  ]);
});

Deno.test("every flag that tasks define themselves is given in a test", async () => {
  const defined = new Set<string>();
  for await (const [path, text] of sourcesOf(["tasks"])) {
    if (/^tasks.(bench|fuzz)/.test(path)) continue; // programs for developers
    for (const [, flag] of text.matchAll(/"(--[a-z-]+)[ "]/g)) {
      if (/option\(\s*$|Option\(\s*$|add\($/.test(text.slice(0, text.indexOf(`"${flag}`)))) {
        defined.add(flag!);
      }
    }
  }
  assert.ok(defined.size > 50, [...defined].join());
  let tests = "";
  for await (const [, text] of sourcesOf(["tests"])) tests += text;
  const isGiven = (flag: string) => new RegExp(`${flag}(["=, ]|$)`, "m").test(tests);
  assert.deepEqual([...defined].filter((flag) => !isGiven(flag)), []);
});
