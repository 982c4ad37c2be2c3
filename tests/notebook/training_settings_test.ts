import assert from "node:assert/strict";
import { join } from "@std/path";
import { initBackend } from "../../lib/backend.ts";
import {
  checkAnswer,
  discardRun,
  estimateTraining,
  holdsRun,
  limitCases,
  NOTEBOOK_SETTINGS,
  notebookConfig,
} from "../../lib/notebook/mod.ts";
import { MedNca } from "../../lib/nca/med_nca.ts";
import { verdictOf } from "../../lib/notebook/check_answer.ts";
import { limitSplit } from "../../lib/notebook/limit_cases.ts";
import { runPaths } from "../../lib/training/run_folder.ts";
import { prepareData } from "../../lib/training/prepare_data.ts";
import { inFolder } from "../support/in_folder.ts";

Deno.test("notebookConfig names a run by the data and the changed settings, and keeps the others", () => {
  const plain = notebookConfig("some/data.example");
  assert.equal(plain.out, join("runs", "notebook-data.example"));
  assert.equal(notebookConfig("data.example", NOTEBOOK_SETTINGS).out, plain.out);
  const other = notebookConfig("mine", { fireRate: 0.3, epochs: 7, cases: 20, batchSize: 2 });
  assert.equal(other.out, join("runs", "notebook-mine-epochs7-fireRate0.3-cases20"));
  assert.deepEqual([other.fireRate, other.epochs, other.learningRate], [0.3, 7, 3e-3]);
  assert.deepEqual([other.steps, other.channel, other.augment], [[40, 20], [0], "affine"]);
  assert.throws(() => notebookConfig("mine", { fireRate: 2 }), /fireRate/);
});

const split = (train: number, validation: number, test: number) => ({
  seed: 0,
  ...Object.fromEntries(
    Object.entries({ train, validation, test }).map((
      [part, count],
    ) => [part, Array.from({ length: count }, (_, i) => `${part}${i}`)]),
  ) as Record<"train" | "validation" | "test", string[]>,
});

Deno.test("limitSplit keeps the parts' proportions, no part empty, and no more than allowed", () => {
  const counts = (limited: ReturnType<typeof limitSplit>) =>
    [limited.train, limited.validation, limited.test].map((ids) => ids.length);
  const large = split(60, 20, 20);
  assert.deepEqual(counts(limitSplit(large, 20)), [12, 4, 4]);
  assert.deepEqual(counts(limitSplit(large, 3)), [1, 1, 1]);
  assert.deepEqual(counts(limitSplit(split(60, 0, 20), 8)), [6, 0, 2]);
  assert.deepEqual(limitSplit(large, 20).train, large.train.slice(0, 12));
  assert.deepEqual(limitSplit(large, 20).test, large.test.slice(0, 4));
  assert.equal(limitSplit(large, 100), large);
});

Deno.test("limitCases opens the slices of the kept cases; estimateTraining counts them", async () => {
  await inFolder(async (folder) => {
    const config = {
      ...notebookConfig("data.example", { epochs: 10, batchSize: 2, steps: [2, 1] }),
      prepared: join(folder, "slices"),
      size: [16, 16] as [number, number],
      neighbours: 1,
    };
    const data = await prepareData(config);
    const few = await limitCases(data, 6); // of 7 + 2 + 3 cases with 7 slices each
    assert.deepEqual([few.split.train, few.split.validation, few.split.test].map((p) => p.length), [
      ...[4, 1, 1],
    ]);
    assert.deepEqual([few.train.length, few.validation?.length], [28, 7]);
    assert.equal(await limitCases(data, 12), data);

    const backend = await initBackend({ backend: "wasm", threads: 1 });
    // A clock on which the three measured steps of two slices each take 6 seconds: 1 s a slice
    const times = [500, 6500];
    const steps: number[] = [];
    const { forward } = MedNca.prototype;
    let done = 0;
    MedNca.prototype.forward = function (...args) {
      done++;
      return forward.apply(this, args);
    };
    const seconds = await estimateTraining(few, config, () => {
      steps.push(done);
      return times.shift()!;
    });
    MedNca.prototype.forward = forward;
    assert.deepEqual(steps, [1, 4]); // the first step of all, which takes longer, is not measured
    assert.ok(Math.abs(seconds - 10 * (28 + 0.4 * 7)) < 1e-9);
    assert.equal(times.length, 0);
    backend.dispose();
  });
});

Deno.test("discardRun removes the files of a training, and no others", async () => {
  await inFolder(async (folder) => {
    await discardRun(folder); // nothing there
    const paths = runPaths(folder);
    await Deno.mkdir(join(paths.events, "deep"), { recursive: true });
    for (const path of [paths.checkpoint, paths.metrics, join(folder, "model2.safetensors")]) {
      await Deno.writeTextFile(path, "");
    }
    await Deno.writeTextFile(join(folder, "notes.txt"), "mine");
    assert.ok(await holdsRun(folder));
    await discardRun(folder);
    assert.ok(!await holdsRun(folder));
    assert.deepEqual((await Array.fromAsync(Deno.readDir(folder))).map(({ name }) => name), [
      "notes.txt",
    ]);
  });
});

Deno.test("checkAnswer tells right, wrong with a hint, and missing answers", async () => {
  const right = { value: 0.97, tolerance: 0.005, hint: "Count." };
  assert.match(verdictOf("2.3", 0.974, right), /Exercise 2\.3: \*\*right/);
  assert.match(verdictOf("2.3", 0.976, right), /not yet.*0\.976.*Count\./);
  assert.match(verdictOf("2.3", 0.964, right), /not yet/);
  assert.match(verdictOf("2.3", undefined, right), /no answer yet/);
  const text = { value: "BCE", hint: "" };
  assert.match(verdictOf("3.1", "BCE", text), /right/);
  assert.match(verdictOf("3.1", "Dice", text), /not yet/);
  assert.match(verdictOf("1.1", 7135, { value: 7135, hint: "" }), /right/);
  assert.match(verdictOf("5.1", false, { value: true, hint: "" }), /not yet/);
  await assert.rejects(checkAnswer("9.9", 1), /no exercise 9\.9/);
});

Deno.test("checkAnswer compares with what the student's own run gave, where it depends on that", async () => {
  const shown: string[] = [];
  Object.assign(Deno, {
    jupyter: {
      display: (bundle: Record<string, string>) =>
        Promise.resolve(void shown.push(bundle["text/markdown"]!)),
    },
  });
  await checkAnswer("5.1", false, false);
  await checkAnswer("5.1", false); // on data.example it is true
  assert.match(shown.join("\n"), /right.*\n.*not yet/);
});
