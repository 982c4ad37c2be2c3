import assert from "node:assert/strict";
import { join } from "@std/path";
import { inFolder, runTaskIn, tinyFlags } from "../tasks/support/run_task.ts";
import { writeTinyVolumes } from "../training/support/tiny_data.ts";

const readJson = async (path: string) => JSON.parse(await Deno.readTextFile(path));

Deno.test("cluster --engine local does what is missing, and gather names what is not done", () =>
  inFolder(async (root) => {
    const folder = await Deno.realPath(root);
    await writeTinyVolumes(join(folder, "data"), { size: 12 });
    const cluster = (...args: string[]) => runTaskIn(folder, "cluster", ...args);
    const flags = ["--data", "data", "--prepared", "slices", ...tinyFlags({ epochs: 1 })];
    const plan = ["train", "--out", "lr", "--vary", "learningRate=0.01,0.02", ...flags];
    const planned = await cluster(...plan);
    assert.equal(planned.code, 0, planned.error);
    assert.match(planned.out, /2 trainings: 2 settings × 1 seed, each about /);
    assert.match((await cluster(...plan)).error, /the folder already has a plan[^]*--resume/);

    // A job writes no slices: they are prepared before
    const early = await cluster("job", "--out", "lr", "--index", "1");
    assert.equal(early.code, 1);
    assert.match(early.error, /it has no manifest[^]*bad-prepared/);
    assert.equal((await cluster("prepare", "--out", "lr")).code, 0);
    const slices = await Deno.stat(join(folder, "slices", "manifest.json"));
    const first = await cluster("job", "--out", "lr", "--index", "1");
    assert.equal(first.code, 0, first.error);

    const part = await cluster("gather", "--out", "lr");
    assert.equal(part.code, 1);
    assert.match(
      part.error,
      /Cannot gather 1 of 2 jobs:\n {2}job 2, learningRate=0\.02\/seed_5: not/,
    );
    const results = await readJson(join(folder, "lr", "results.json"));
    assert.deepEqual([results.best, results.missing.length], [null, 1]);
    const variants = new Set(results.rows.map(({ variant }: { variant: string }) => variant));
    assert.deepEqual([...variants], ["learningRate=0.01"]);

    const rest = await cluster("train", "--out", "lr", "--resume", "--engine", "local");
    assert.equal(rest.code, 0, rest.error);
    assert.match(rest.out, /Jobs {6}1 of 2 to do[^]*1\/1 {2}job 2 {2}done/);
    assert.match(rest.out, /Best by validation: learningRate=0\.0[12], Dice/);
    const again = await Deno.stat(join(folder, "slices", "manifest.json"));
    assert.equal(again.mtime!.getTime(), slices.mtime!.getTime());

    // The best by validation alone, from the figures of the epochs
    const scores = await Promise.all(["0.01", "0.02"].map(async (rate) => {
      const metrics = join(folder, "lr", `learningRate=${rate}`, "seed_5", "metrics.csv");
      const [head, row] = (await Deno.readTextFile(metrics)).trim().split("\n");
      return Number(row!.split(",")[head!.split(",").indexOf("val_volume_dice")]);
    }));
    const { best } = await readJson(join(folder, "lr", "results.json"));
    assert.equal(best.score, Math.max(...scores));
    assert.equal(best.name, `learningRate=${scores[0]! >= scores[1]! ? "0.01" : "0.02"}`);
    const status = await cluster("status", "--out", "lr");
    assert.deepEqual([status.code, status.out], [0, "2 done of 2 jobs\n"]);
    assert.match((await cluster("fly")).error, /there is no deno task cluster fly/);
  }));
