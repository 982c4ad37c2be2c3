import assert from "node:assert/strict";
import { join } from "@std/path";
import * as tf from "@tensorflow/tfjs";
import { initBackend } from "../../../lib/backend.ts";
import { evaluateCases, predictionSettings } from "../../../lib/evaluation/evaluate_cases.ts";
import {
  choosePerturbations,
  evaluateRobustness,
  PERTURBATIONS,
  readRobustness,
  writeRobustness,
} from "../../../lib/evaluation/robustness/mod.ts";
import { MedNca } from "../../../lib/nca/med_nca.ts";
import { plotRobustness, plotRobustnessExamples } from "../../../lib/plots/robustness.ts";
import { extractSlices } from "../../../lib/slices/mod.ts";
import { inspectPng } from "../../plots/support.ts";
import { inFolder, writeData } from "../support.ts";

await initBackend({ backend: "ops" });

/** An untrained model, its weights larger, so that every perturbation moves its outline. */
function untrained(): MedNca {
  const model = new MedNca({ steps: [8, 2] }, { seed: 1 });
  for (const variable of model.variables) {
    const louder = variable.mul<tf.Tensor>(2);
    variable.assign(louder);
    louder.dispose();
  }
  return model;
}

async function prepare(folder: string) {
  const data = await writeData(folder, [[16, 12, 3], [12, 12, 2]], { radius: 4 });
  const { manifest } = await extractSlices({ data, out: join(folder, "prepared") });
  return { data, settings: predictionSettings(manifest), seed: 5 };
}

Deno.test("evaluateRobustness scores every case under everything, unperturbed as evaluateCases", () =>
  inFolder(async (folder) => {
    const model = untrained();
    const options = { model, ...await prepare(folder) };
    const before = tf.memory().numTensors;
    const told: string[] = [];
    const { scores, examples, aborted, problems } = await evaluateRobustness({
      ...options,
      quick: true,
      onProgress: ({ done, total }) => told.push(`${done}/${total}`),
    });
    assert.equal(tf.memory().numTensors, before);
    assert.deepEqual([aborted, problems], [false, []]);
    const strengths = PERTURBATIONS.flatMap(({ name, quick }) => quick.map((s) => `${name} ${s}`));
    for (const id of ["case_0", "case_1"]) {
      const rows = scores.filter((row) => row.case === id);
      assert.deepEqual(rows.map((row) => `${row.perturbation} ${row.strength}`), strengths);
    }
    // Of each case one prediction more than there are strengths that change something
    const total = 2 * (1 + strengths.length - PERTURBATIONS.length);
    assert.deepEqual(told, Array.from({ length: total }, (_, i) => `${i + 1}/${total}`));

    const { metric_per_case } = await evaluateCases(options);
    for (const { case: id, metrics } of metric_per_case) {
      for (const { name, none } of PERTURBATIONS) {
        const found = scores.find((row) =>
          row.case === id && row.perturbation === name && row.strength === none
        );
        assert.equal(found!.dice, metrics["1"].Dice, `${id} ${name}`);
      }
    }
    for (const { name } of PERTURBATIONS) {
      const dices = scores.filter((row) => row.perturbation === name).map(({ dice }) => dice);
      assert.ok(new Set(dices).size > 2, `${name} changes no score`);
    }
    // One and the same slice of the first case
    assert.equal(examples.length, strengths.length);
    assert.ok(examples.every(({ image }) => image.height === 16 && image.width === 12));
    assert.ok(inspectPng(plotRobustnessExamples(examples).png()).deviation > 10);

    // What else is tried does not matter.
    const some = choosePerturbations(["translation", "noise"]);
    const again = await evaluateRobustness({ ...options, quick: true, perturbations: some });
    const names = some.map(({ name }) => name);
    assert.deepEqual(again.scores, scores.filter((row) => names.includes(row.perturbation)));
    const other = await evaluateRobustness({ ...options, seed: 6, perturbations: some });
    assert.notDeepEqual(other.scores, again.scores);
    model.dispose();
  }));

Deno.test("a wound at the very end stays as it was made; earlier ones are told beside it", () =>
  inFolder(async (folder) => {
    const model = untrained();
    const options = { model, ...await prepare(folder), quick: true };
    const perturbations = choosePerturbations(["erased"]).map((each) => ({
      ...each,
      apply: (...args: Parameters<typeof each.apply>) => {
        const { predict } = each.apply(...args);
        return { predict: { wound: { ...predict!.wound!, stage: "fine" as const, step: 2 } } };
      },
    }));
    const { scores } = await evaluateRobustness({ ...options, perturbations });
    const wounded = scores.filter(({ strength }) => strength > 0);
    assert.equal(wounded.length, 8);
    for (const { dice, unhealed } of wounded) assert.equal(dice, unhealed);
    model.dispose();
  }));

Deno.test("a signal stops evaluateRobustness, and the cases that are done are kept", () =>
  inFolder(async (folder) => {
    const model = untrained();
    const options = { model, ...await prepare(folder), quick: true };
    const perturbations = choosePerturbations(["noise"]);
    const controller = new AbortController();
    const { scores, aborted } = await evaluateRobustness({
      ...options,
      perturbations,
      signal: controller.signal,
      onProgress: ({ done }) => done === 4 && controller.abort(),
    });
    assert.ok(aborted);
    assert.deepEqual(scores.map((row) => row.case), ["case_0", "case_0", "case_0"]);
    await assert.rejects(evaluateRobustness({ ...options, cases: ["case_9"] }), {
      name: "InputError",
      message: /none of 1 cases can be used: case_9: no such case/,
    });
    model.dispose();
  }));

Deno.test("robustness is read back as written, and drawn", () =>
  inFolder(async (folder) => {
    const path = join(folder, "robustness.csv");
    const scores = [
      { perturbation: "noise", strength: 0, case: 'a, "b"', dice: 0.75 },
      { perturbation: "noise", strength: 0.1, case: 'a, "b"', dice: NaN },
      { perturbation: "erased-fine", strength: 1, case: "c", dice: 0.5, unhealed: 0.125 },
    ];
    await writeRobustness(path, scores);
    assert.deepEqual(await readRobustness(path), scores);
    const text = await Deno.readTextFile(path);
    assert.match(text, /^perturbation,strength,unit,case,dice,dice_if_unhealed\n/);
    const figure = plotRobustness(scores);
    for (const title of ["Noise", "Erased in the fine stage", "if nothing healed"]) {
      assert.ok(figure.svg.includes(title), title);
    }
    assert.doesNotMatch(figure.svg, /NaN|Scale/);
    assert.ok(inspectPng(figure.png()).deviation > 10);
    assert.throws(() => plotRobustness([scores[1]!]), RangeError);

    assert.equal(await readRobustness(join(folder, "none.csv")), undefined);
    await Deno.writeTextFile(path, "case,dice\n");
    await assert.rejects(readRobustness(path), { name: "InputError" });
  }));
