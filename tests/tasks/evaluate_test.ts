import assert from "node:assert/strict";
import { join } from "@std/path";
import { readSummary } from "../../lib/evaluation/summary_files.ts";
import { writeData } from "../evaluation/support.ts";
import { makeRun } from "./support/make_run.ts";
import { inFolder, runTaskIn } from "./support/run_task.ts";

const SPLIT = { train: ["case_0", "case_1"], validation: ["case_2"], test: ["case_3", "case_4"] };

/** A data set of five cases, and another of two of which one has a name of the first. */
async function writeStudy(folder: string): Promise<void> {
  const shapes = [[12, 12, 4], [14, 12, 4], [12, 16, 4], [10, 12, 5], [16, 12, 4]] as const;
  await writeData(join(folder, "data"), shapes, { affines: ["RAS", "LPS", "oblique"] });
  await writeData(join(folder, "other"), [[12, 12, 5], [14, 12, 6]]);
  for (const kind of ["images", "labels"]) {
    await Deno.rename(
      join(folder, "other", kind, "case_0.nii.gz"),
      join(folder, "other", kind, "new.nii.gz"),
    );
  }
}

const ids = async (folder: string) =>
  (await readSummary(folder))!.metric_per_case.map((scored) => scored.case);

Deno.test("evaluate scores the run's test patients, and every case of another data set", () =>
  inFolder(async (folder) => {
    await writeStudy(folder);
    const split = { ...SPLIT, train: ["case_0", "case_2"], validation: ["case_1"] };
    await makeRun(join(folder, "run"), join(folder, "data"), { split });
    const evaluate = (...flags: string[]) =>
      runTaskIn(folder, "evaluate", "--run", "run", ...flags);
    const own = await evaluate();
    assert.equal(own.code, 0, own.error);
    assert.match(own.out, /1\/2 {2}case_3 {2}Dice 0\.\d{4}\n.*2\/2 {2}case_4 {2}Dice 0\.\d{4}\n/);
    assert.match(own.out, /2 cases of the test part\n +mean +sd .*\n +volume Dice /);
    assert.deepEqual(await ids(join(folder, "run")), ["case_3", "case_4"]);

    const strange = await evaluate("--data", "other");
    assert.equal(strange.code, 1);
    assert.match(strange.error, /Cannot find any of 2 cases: case_3 .*, case_4 .*: other\n/);
    assert.match(strange.error, /Score every case of another data set with --cases all/);

    const all = await evaluate(
      "--data",
      "other",
      "--cases",
      "all",
      "--uncertainty",
      "--samples",
      "2",
    );
    assert.equal(all.code, 0, all.error);
    assert.match(all.error, /warning: 1 case took part in training: case_1\./);
    assert.deepEqual(await ids(join(folder, "run", "evaluation-other")), ["case_1", "new"]);
    assert.match(all.out, /2 cases of other\n/);
    assert.match(
      all.out,
      /NCA quality metric of 2 samples .*\n {2}0\.\d{4} {2}case_1 {2}0\.\d{4}\n/,
    );
    assert.deepEqual(await ids(join(folder, "run")), ["case_3", "case_4"], "the run's own stay");

    const once = await evaluate("--uncertainty", "--samples", "1");
    assert.equal(once.code, 2);
    assert.match(once.error, /there is only one sample/);
  }));

Deno.test("folds are an ensemble: predicted together, scored where that is honest", () =>
  inFolder(async (folder) => {
    await writeStudy(folder);
    const data = join(folder, "data");
    const other = { train: SPLIT.test, validation: ["case_2"], test: SPLIT.train };
    await makeRun(join(folder, "cv", "fold_1"), data, { split: SPLIT, seed: 2 });
    await makeRun(join(folder, "cv", "fold_2"), data, { split: other, seed: 3 });
    const own = await runTaskIn(folder, "evaluate", "--run", "cv");
    assert.equal(own.code, 1);
    assert.match(own.error, /every patient was used to train some of the folds: cv/);
    const all = await runTaskIn(
      folder,
      "evaluate",
      ...["--run", "cv", "--data", "other", "--cases", "all"],
    );
    assert.equal(all.code, 0, all.error);
    assert.match(all.error, /warning: 1 case took part in training: case_1\./);
    assert.deepEqual(await ids(join(folder, "cv", "evaluation-other")), ["case_1", "new"]);
    const predict = await runTaskIn(
      folder,
      "predict",
      ...["--run", "cv", "--image", "other/images", "--out", "masks"],
    );
    assert.equal(predict.code, 0, predict.error);
    assert.match(predict.out, /Models {3}the mean of 2 folds\n/);
    const masks = join(folder, "cv", "evaluation-other", "predictions");
    assert.deepEqual(
      await Deno.readFile(join(folder, "masks", "new.nii.gz")),
      await Deno.readFile(join(masks, "new.nii.gz")),
    );
  }));
