import assert from "node:assert/strict";
import { killAfter } from "../support/kill_after.ts";
import { until } from "../support/until.ts";
import { join } from "@std/path";
import { Random } from "../../lib/support/random.ts";
import { brokenFiles, contentsOf } from "../reliability/whole_files.ts";
import { writeTinyVolumes } from "../training/support/tiny_data.ts";
import { runTaskIn as run, startTask as start, tinyFlags } from "./support/run_task.ts";

const readJson = async (path: string) => JSON.parse(await Deno.readTextFile(path));
const exists = (path: string) => Deno.stat(path).then(() => true, () => false);

/** Two folds of six patients, a checkpoint after every step. */
const FLAGS = [
  ...["--data", "../data", "--out", "cv", "--folds", "2", "--checkpoint-minutes", "1e-6"],
  ...tinyFlags({ epochs: 2 }),
];

const root = await Deno.makeTempDir();
Deno.test.afterAll(() => Deno.remove(root, { recursive: true }));
await writeTinyVolumes(join(root, "data"), { cases: 6 });

/** A folder of its own beside the data. */
async function besideData(name: string): Promise<string> {
  const folder = join(root, name);
  await Deno.mkdir(folder);
  return folder;
}

/** The cross-validation that nothing stops, once for all tests. */
async function trainWhole() {
  const folder = await besideData("whole");
  const started = performance.now();
  const train = await run(folder, "train", ...FLAGS);
  assert.equal(train.code, 0, train.error);
  return { folder, train, took: performance.now() - started };
}
let whole: ReturnType<typeof trainWhole> | undefined;

Deno.test("train --folds trains all folds, scores every patient once, and predicts with their mean", async () => {
  const { folder, train } = await (whole ??= trainWhole());
  assert.match(train.out, /Fold 1 of 2\n[^]*Fold 2 of 2\n[^]*All 6 cases, each scored by/);
  const at = (...parts: string[]) => join(folder, "cv", ...parts);

  // The table of all is that of the folds, worked out from their CSV files
  const scores = new Map<string, number>();
  for (const fold of ["fold_0", "fold_1"]) {
    const rows = (await Deno.readTextFile(at(fold, "summary.csv"))).trim().split("\n");
    for (const row of rows.slice(1)) {
      const [id, dice] = row.split(",");
      if (/^case_/.test(id!)) scores.set(id!, Number(dice));
    }
  }
  const dice = [...scores.values()];
  assert.deepEqual([...scores.keys()].sort(), [0, 1, 2, 3, 4, 5].map((i) => `case_${i}`));
  const mean = dice.reduce((a, b) => a + b, 0) / 6;
  const sd = Math.sqrt(dice.reduce((sum, value) => sum + (value - mean) ** 2, 0) / 5);
  const summary = await readJson(at("summary.json"));
  assert.ok(Math.abs(summary.foreground_mean.Dice - mean) < 1e-12);
  assert.ok(Math.abs(summary.statistics["1"].Dice.sd - sd) < 1e-12);
  assert.match(train.out, new RegExp(`all +6 +${mean.toFixed(4)} +${sd.toFixed(4)} +0`));
  assert.deepEqual(summary.folds.map(({ cases }: { cases: string[] }) => cases.length), [3, 3]);
  assert.deepEqual(summary.folds.map(({ fold }: { fold: number }) => fold), [0, 1]);
  const splits = await Promise.all(
    ["fold_0", "fold_1"].map((fold) => readJson(at(fold, "split.json"))),
  );
  assert.deepEqual(
    splits.map(({ test }) => test),
    summary.folds.map(
      ({ cases }: { cases: string[] }) => cases,
    ),
  );
  assert.ok(await exists(at("plots", "evaluation.png")));
  assert.ok(await exists(at("plots", "slice_scores.png")));
  const [header, ...slices] = (await Deno.readTextFile(at("slice_scores.csv"))).split("\n");
  const parts = await Promise.all(["fold_0", "fold_1"].map(async (fold) => {
    const [own, ...rows] = (await Deno.readTextFile(at(fold, "slice_scores.csv"))).split("\n");
    assert.equal(own, header);
    return rows.filter((row) => row !== "");
  }));
  assert.deepEqual(slices.filter((row) => row !== ""), parts.flat());

  const predict = await run(
    folder,
    "predict",
    ...["--run", "cv", "--image", "../data/images/case_0.nii.gz", "--out", "masks"],
  );
  assert.equal(predict.code, 0, predict.error);
  assert.match(predict.out, /Models {3}the mean of 2 folds/);

  const taken = await run(folder, "train", ...FLAGS);
  assert.match(taken.error, /Cannot start a run: the folder already holds one: cv\n.*--resume/);
});

Deno.test("folds that were killed at random moments and gone on with equal those that never stopped", async () => {
  const { folder, took } = await (whole ??= trainWhole());
  const killed = await besideData("killed");
  const random = new Random(11);
  const next = async () =>
    await exists(join(killed, "cv", "folds.json")) ? ["--out", "cv", "--resume"] : FLAGS;
  for (let kills = 0; kills < 2; kills++) {
    const child = start(killed, "train", await next());
    const timer = killAfter(child, took * (0.3 + 0.4 * random.uniform()));
    await child.output();
    clearTimeout(timer);
    assert.deepEqual(await brokenFiles(killed), []);
  }
  const last = await run(killed, "train", ...await next());
  assert.equal(last.code, 0, last.error);
  assert.deepEqual(await contentsOf(join(killed, "cv")), await contentsOf(join(folder, "cv")));
});

Deno.test("a cross-validation that is not done yet predicts nothing, and says how to go on", async () => {
  const folder = await besideData("stopped");
  const child = start(folder, "train", FLAGS);
  const output = child.output();
  await until(child, () => exists(join(folder, "cv", "fold_0", "model1.safetensors")));
  child.kill("SIGINT");
  const { code, stdout } = await output;
  assert.equal(code, 130);
  assert.match(new TextDecoder().decode(stdout), /deno task train --out cv --resume\n$/);
  const image = ["--image", "../data/images/case_0.nii.gz", "--out", "masks"];
  const predict = await run(folder, "predict", "--run", "cv", ...image);
  assert.equal(predict.code, 1);
  assert.match(
    predict.error,
    /^error: Cannot use the cross-validation: 0 of 2 folds are done: cv\n/,
  );
  const other = await run(folder, "train", "--out", "cv", "--resume", "--folds", "3");
  assert.match(other.error, /Cannot resume: folds was 2, now 3: cv\n/);
});
