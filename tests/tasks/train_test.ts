import assert from "node:assert/strict";
import { join } from "@std/path";
import { decodePng, encodePng } from "../../lib/slices/png.ts";
import { Random } from "../../lib/support/random.ts";
import { inPool } from "../../lib/support/in_pool.ts";
import { parseCsv } from "../../lib/support/csv.ts";
import { readVolume } from "../../lib/volume/mod.ts";
import { writeTinyVolumes } from "../training/support/tiny_data.ts";
import {
  inFolder,
  runTaskIn as run,
  startTask as start,
  type Task,
  tinyFlags,
} from "./support/run_task.ts";

/** Scores and most figures take longer than a tiny training. */
const TRAIN_ONLY = { test: 0, validation: 0 };

const readJson = async (path: string) => JSON.parse(await Deno.readTextFile(path));

Deno.test("train, evaluate and predict: from volumes to masks in their space", async () => {
  await inFolder(async (folder) => {
    await writeTinyVolumes(join(folder, "data"));
    // Masks as they are, so that probabilities and perturbed scores compare with them
    const flags = tinyFlags({ postprocess: "none" });
    const train = await run(folder, "train", "--data", "data", "--out", "runs/a", ...flags);
    assert.equal(train.code, 0, train.error);
    assert.match(train.out, /2 for training, 1 for validation, 1 held out for testing/);
    assert.match(train.out, /deno task predict --run runs.a /);

    const at = (...parts: string[]) => join(folder, "runs", "a", ...parts);
    const summary = await readJson(at("summary.json"));
    assert.equal(summary.metric_per_case.length, 1);
    assert.equal(typeof summary.foreground_mean.Dice, "number");
    for (const name of ["model1.safetensors", "model2.safetensors", "config.json", "metrics.csv"]) {
      assert.ok((await Deno.stat(at(name))).isFile, name);
    }
    assert.ok((await Deno.stat(at("plots", "predictions.png"))).isFile);
    assert.match(train.out, /mean +sd +median +95 % interval\n +volume Dice +\d/);

    // The same scores again
    await Deno.remove(at("summary.json"));
    const again = await run(folder, "evaluate", "--run", "runs/a");
    assert.equal(again.code, 0, again.error);
    assert.deepEqual(await readJson(at("summary.json")), summary);
    // What breaks it: unperturbed it scores as before
    const robustness = await run(
      folder,
      "robustness",
      ...["--run", "runs/a", "--quick", "--only", "noise,erased"],
    );
    assert.equal(robustness.code, 0, robustness.error);
    const rows = (await Deno.readTextFile(at("robustness.csv"))).trim().split("\n").slice(1);
    assert.equal(rows.length, 9);
    const [{ metrics }] = summary.metric_per_case;
    assert.ok(rows[0]!.startsWith("noise,0,") && rows[0]!.endsWith(`,${metrics["1"].Dice},`));
    for (const name of ["robustness.svg", "robustness_examples.png"]) {
      assert.ok((await Deno.stat(at("plots", name))).isFile, name);
    }

    // Does it know, of other patients? The scores are then those of the mean of several runs
    const doubt = ["--split", "train", "--uncertainty", "--samples", "3", "--out", "doubt"];
    const uncertain = await run(folder, "evaluate", "--run", "runs/a", ...doubt);
    assert.equal(uncertain.code, 0, uncertain.error);
    assert.match(uncertain.out, /NCA quality metric of 3 samples.*\n.*too few for a correlation/s);
    const { metric_per_case } = await readJson(join(folder, "doubt", "summary.json"));
    const { train: trained } = await readJson(at("split.json"));
    assert.deepEqual(metric_per_case.map((scored: { case: string }) => scored.case), trained);
    assert.ok((await Deno.stat(join(folder, "doubt", "plots", "evaluation.png"))).isFile);
    assert.ok(metric_per_case[0].quality > 0);
    assert.ok((await Deno.stat(join(folder, "doubt", "plots", "quality.png"))).isFile);
    const variance = await readVolume(
      join(folder, "doubt", "variances", `${metric_per_case[0].case}.nii.gz`),
    );
    assert.ok(variance.data.some((v) => v > 0) && variance.data.every((v) => v <= 0.25));

    // A prediction equals the evaluation's, and lies in the space of its image
    const [id] = (await readJson(at("split.json"))).test;
    const predict = await run(
      folder,
      "predict",
      ...["--run", "runs/a", "--image", "data/images", "--out", "masks", "--probabilities"],
    );
    assert.equal(predict.code, 0, predict.error);
    const mask = await readVolume(join(folder, "masks", `${id}.nii.gz`));
    const scored = await readVolume(at("predictions", `${id}.nii.gz`));
    const image = await readVolume(join(folder, "data", "images", `${id}.nii.gz`));
    assert.deepEqual(mask.data, scored.data);
    assert.deepEqual([mask.shape, mask.affine], [image.shape, image.affine]);
    const probability = await readVolume(join(folder, "masks", `${id}_probability.nii.gz`));
    assert.deepEqual(mask.data, probability.data.map((p) => p > 0.5 ? 1 : 0));

    // What training chose on its validation patients: evaluate chooses the same, predict uses it
    const choices = await Promise.all(
      ["doubt.json", "calibration.json"].map((f) => readJson(at(f))),
    );
    const [{ one, measures, cases }, { one: { temperatures } }] = choices;
    assert.equal(cases, 1);
    const chosen = await run(
      folder,
      "evaluate",
      ...["--run", "runs/a", "--split", "validation", "--uncertainty"],
    );
    assert.equal(chosen.code, 0, chosen.error);
    assert.deepEqual(
      await Promise.all([readJson(at("doubt.json")), readJson(at("calibration.json"))]),
      choices,
    );
    const tables = ["doubts.csv", "doubt_ranking.csv", "calibration.csv", "plots/reliability.png"];
    for (const name of [...tables, "plots/risk_coverage.png"]) {
      assert.ok((await Deno.stat(at("evaluation-validation-best", name))).isFile, name);
    }
    const [head, ...reviewed] = parseCsv(await Deno.readTextFile(join(folder, "masks/review.csv")));
    assert.equal(reviewed.length, 4);
    const [doubts, flagged] = ["doubt", "flagged"].map((name) =>
      reviewed.map((row) => row[head!.indexOf(name)]!)
    ) as [string[], string[]];
    assert.deepEqual(doubts, doubts.toSorted((a, b) => Number(b) - Number(a)));
    const { threshold } = measures[one];
    assert.deepEqual(flagged, doubts.map((doubt) => Number(doubt) > threshold ? "yes" : "no"));
    await Deno.remove(at("calibration.json"));
    const last = ["--weights", "last", "--uncertainty", "--samples", "2"];
    const other = await run(
      folder,
      "evaluate",
      "--run",
      "runs/a",
      "--split",
      "validation",
      ...last,
    );
    assert.equal(other.code, 0, other.error);
    await assert.rejects(Deno.stat(at("calibration.json")), "choices are for the best weights");
    const plain = ["--out", "plain", "--probabilities"];
    await run(folder, "predict", "--run", "runs/a", "--image", "data/images", ...plain);
    const before = await readVolume(join(folder, "plain", `${id}_probability.nii.gz`));
    const odds = (p: number) => Math.log(p / (1 - p));
    const voxel = before.data.findIndex((p) => p > 0.6 && p < 0.9);
    const [said, calibrated] = [before, probability].map(({ data }) => odds(data[voxel]!));
    assert.ok(Math.abs(calibrated! - said! / temperatures[0]) < 1e-3, `${said}, ${calibrated}`);
    assert.deepEqual((await readVolume(join(folder, "plain", `${id}.nii.gz`))).data, mask.data);
  });
});

Deno.test("a run that is interrupted saves, says how to go on, and goes on", async () => {
  await inFolder(async (folder) => {
    await writeTinyVolumes(join(folder, "data"));
    const args = ["--data", "data", "--out", "run", ...tinyFlags({ epochs: 400, test: 0 })];
    const child = start(folder, "train", args);
    const reader = child.stdout.pipeThrough(new TextDecoderStream()).getReader();
    let out = "";
    const errors = new Response(child.stderr).text();
    while (!out.includes("Run  ")) out += (await reader.read()).value ?? assert.fail(await errors);
    // Wait for an epoch, so that it is in the midst of training
    while (
      !(await Deno.readTextFile(join(folder, "run", "metrics.csv")).catch(() => ""))
        .includes("\n1,")
    ) await new Promise((resolve) => setTimeout(resolve, 50));
    child.kill("SIGINT");
    for (let part = await reader.read(); !part.done; part = await reader.read()) out += part.value;
    assert.equal((await child.status).code, 130, await errors);
    assert.match(out, /nothing is lost\. Continue with\n {2}deno task train --out run --resume/);

    const taken = await run(folder, "train", ...args);
    assert.equal(taken.code, 1);
    assert.match(taken.error, /^error: Cannot start a run: the folder already holds one: run\n/);
    assert.match(taken.error, /Continue it with deno task train --out run --resume/);

    const done = (await Deno.readTextFile(join(folder, "run", "metrics.csv"))).trim().split("\n");
    const epochs = String(done.length + 1);
    const resumed = await run(folder, "train", "--out", "run", "--resume", "--epochs", epochs);
    assert.equal(resumed.code, 0, resumed.error);
    const rows = (await Deno.readTextFile(join(folder, "run", "metrics.csv"))).trim().split("\n");
    assert.deepEqual(rows.slice(0, done.length), done);
    assert.deepEqual(
      rows.slice(1).map((row) => Number.parseInt(row)),
      Array.from({ length: Number(epochs) }, (_, i) => i + 1),
    );
  });
});

Deno.test("folders of pictures and masks train, and predict pictures", async () => {
  await inFolder(async (folder) => {
    for (const name of ["images", "masks", "new"]) {
      await Deno.mkdir(join(folder, "data", name), { recursive: true });
    }
    const [height, width] = [18, 22]; // no multiples of 4
    for (let i = 0; i < 6; i++) {
      const random = new Random(i);
      const mask = Uint8Array.from(
        { length: height * width },
        (_, p) => Number(Math.hypot(p % width - 11, p / width - 9) < 4 + i % 3),
      );
      const image = Float32Array.from(mask, (inside) => 0.6 * inside + 0.4 * random.uniform());
      const folderOf = i < 5 ? "images" : "new";
      await Deno.writeFile(
        join(folder, "data", folderOf, `p${i}.png`),
        encodePng({ data: image, height, width }),
      );
      await Deno.writeFile(
        join(folder, "data", "masks", `p${i}.png`),
        encodePng({ data: Float32Array.from(mask), height, width }),
      );
    }
    const flags = ["--data", "data", "--out", "run", ...tinyFlags(TRAIN_ONLY)];
    const train = await run(folder, "train", ...flags);
    assert.equal(train.code, 0, train.error);
    assert.match(train.out, /5 cases, 5 slices of 20×24/);
    const predict = await run(
      folder,
      "predict",
      "--run",
      "run",
      "--image",
      "data/new/p5.png",
      "--out",
      "out",
    );
    assert.equal(predict.code, 0, predict.error);
    const mask = decodePng(await Deno.readFile(join(folder, "out", "p5.png")));
    assert.deepEqual([mask.height, mask.width], [height, width]);
    assert.ok(mask.data.every((value) => value === 0 || value === 1)); // as the masks of the data
  });
});

Deno.test("a run that leaves a broken case out does so when it goes on", async () => {
  await inFolder(async (folder) => {
    await writeTinyVolumes(join(folder, "data"), { cases: 5 });
    await Deno.writeTextFile(join(folder, "data", "images", "case_4.nii.gz"), "broken");
    const args = ["--data", "data", "--out", "run", ...tinyFlags({ epochs: 1, ...TRAIN_ONLY })];
    const refused = await run(folder, "train", ...args);
    assert.equal(refused.code, 1);
    assert.match(refused.error, /^error: Cannot use the data set: case_4: /);
    const train = await run(folder, "train", ...args, "--leave-out");
    assert.equal(train.code, 0, train.error);
    const resumed = await run(folder, "train", "--out", "run", "--resume", "--epochs", "2");
    assert.equal(resumed.code, 0, resumed.error);
  });
});

Deno.test("what is wrong on the command line is reported in one paragraph", async () => {
  await inFolder(async (folder) => {
    await Deno.writeTextFile(join(folder, "c.json"), '{"lerningRate": 1, "epochs": 0}');
    const cases: [Task, string[], RegExp, number?][] = [
      ["train", ["--lerning-rate", "1"], /Did you mean --learning-rate/, 2],
      ["train", ["--size", "10,10"], /multiples of 4/, 2],
      ["train", ["--size", "4,4,4"], /Expected pad, or height and width/, 2],
      ["train", ["--kernels", "7,3,3"], /Expected two numbers/, 2],
      ["train", ["--out", "a", "--out", "b"], /option '--out <folder>' is given twice/, 2],
      ["evaluate", ["--run", "a", "--run", "b"], /option '--run <folder>' is given twice/, 2],
      ["train", ["--init", "none"], /Cannot read run: the folder is not a run: none/],
      [
        "train",
        ["--config", "c.json"],
        /"lerningRate" \(did you mean "learningRate"\?\).*Expected >=1/,
      ],
      ["train", ["--data", "nowhere"], /no such folder: nowhere/],
      [
        "train",
        ["--data", ".", "--out", "."],
        /^error: Cannot train: the run would lie in its data/,
      ],
      ["evaluate", ["--run", "c.json"], /Cannot read run: the folder is not a run: c\.json/],
      ["plot", ["--run", "c.json"], /Cannot read run: the folder is not a run: c\.json/],
      ["robustness", ["--run", "c.json"], /Cannot read run: the folder is not a run: c\.json/],
      ["train", ["--resume"], /Cannot resume: no run was named/, 2],
      ["train", ["--resume", "--out", "none"], /Cannot read run: the folder is not a run: none/],
      ["evaluate", [], /--run is missing/, 2],
      ["evaluate", ["--run", "none", "--uncertainty"], /the folder is not a run/],
      [
        "robustness",
        ["--run", "x", "--only", "nois"],
        /nois is not one of noise, .*\nDid you mean/,
        2,
      ],
      ["predict", ["--run", "none", "--image", "x", "--out", "y"], /the folder is not a run/],
    ];
    await inPool(cases, 2, async ([task, args, message, status = 1]) => {
      const { code, error } = await run(folder, task, ...args);
      assert.equal(code, status, `${task} ${args}`);
      assert.match(error, message);
      assert.ok(!/\n\s+at /.test(error), error);
    });
    assert.deepEqual((await Array.fromAsync(Deno.readDir(folder))).map(({ name }) => name), [
      "c.json",
    ]);
  });
});

Deno.test("train --resume refuses other settings and changed data before it prepares anything", async () => {
  await inFolder(async (folder) => {
    await writeTinyVolumes(join(folder, "data"));
    const flags = ["--data", "data", "--out", "run", ...tinyFlags({ epochs: 1, ...TRAIN_ONLY })];
    const train = await run(folder, "train", ...flags);
    assert.equal(train.code, 0, train.error);
    const prepared = () =>
      Array.fromAsync(Deno.readDir(join(folder, "prepared")), ({ name }) => name);
    const [made, ...others] = await prepared();
    assert.match(made!, /^data-[0-9a-f]{10}$/);
    assert.deepEqual(others, []);

    const resume = ["--out", "run", "--resume", "--epochs", "2"];
    const axis = await run(folder, "train", ...resume, "--axis", "0");
    assert.equal(axis.code, 1);
    assert.match(axis.error, /^error: Cannot resume: axis was 2, now 0: run\n/);
    assert.deepEqual(await prepared(), [made]);

    const label = (i: number) => join(folder, "data", "labels", `case_${i}.nii.gz`);
    await Deno.copyFile(label(2), label(1));
    const changed = await run(folder, "train", ...resume);
    assert.equal(changed.code, 1);
    assert.match(
      changed.error,
      /what the run started with: labels\/case_1\.nii\.gz has changed: data/,
    );
    assert.deepEqual(await prepared(), [made]);
    const accepted = await run(folder, "train", ...resume, "--accept-changes");
    assert.equal(accepted.code, 0, accepted.error);
    assert.equal((await prepared()).length, 2);
    // From here on these are the run's files
    const again = await run(folder, "train", "--out", "run", "--resume", "--epochs", "3");
    assert.equal(again.code, 0, again.error);
  });
});

Deno.test("train repeats the configuration that an older version stored", async () => {
  await inFolder(async (folder) => {
    await writeTinyVolumes(join(folder, "data"));
    const old = { data: "data", axis: 2, channel: 0, labels: [1], clip: [1, 99], patients: "case" };
    await Deno.writeTextFile(join(folder, "old.json"), JSON.stringify(old));
    const others = tinyFlags({ epochs: 1, ...TRAIN_ONLY });
    const flags = ["--config", "old.json", "--out", "run", ...others];
    const train = await run(folder, "train", ...flags);
    assert.equal(train.code, 0, train.error);
    const { channel, labels, normalize, clip, orientation } = await readJson(
      join(folder, "run", "config.json"),
    );
    assert.deepEqual([channel, labels, normalize, clip], [[0], "1", "percentile", [1, 99]]);
    assert.equal(orientation, "stored");
  });
});

Deno.test("train --init goes on from the weights of another run", async () => {
  await inFolder(async (folder) => {
    await writeTinyVolumes(join(folder, "data"), { cases: 5 });
    const data = ["--data", "data"];
    const flags = ["--out", "a", ...tinyFlags({ epochs: 6, ...TRAIN_ONLY })];
    const first = await run(folder, "train", ...data, ...flags);
    assert.equal(first.code, 0, first.error);
    const lossOf = async (name: string, row: number) => {
      const rows = (await Deno.readTextFile(join(folder, name, "metrics.csv"))).trim().split("\n");
      return Number(rows.at(row)!.split(",")[1]);
    };
    // The shape is taken from there; a low rate changes little in one epoch
    const rest = ["--epochs", "1", "--learning-rate", "1e-5", "--seed", "5", "--backend", "wasm"]
      .concat("--test", "0", "--validation", "0");
    const second = await run(folder, "train", ...data, "--out", "b", "--init", "a", ...rest);
    assert.equal(second.code, 0, second.error);
    const [start, end, tuned] = [await lossOf("a", 1), await lossOf("a", -1), await lossOf("b", 1)];
    assert.ok(Math.abs(tuned - end) < 0.3 * (start - end), `${start} to ${end}, then ${tuned}`);
    const config = await readJson(join(folder, "b", "config.json"));
    assert.deepEqual([config.channels, config.steps, config.init], [8, [3, 2], "a"]);
  });
});
