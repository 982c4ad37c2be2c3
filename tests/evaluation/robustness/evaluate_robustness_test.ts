import assert from "node:assert/strict";
import { join } from "@std/path";
import * as tf from "@tensorflow/tfjs";
import { initBackend } from "../../../lib/backend.ts";
import { evaluateCases } from "../../../lib/evaluation/evaluate_cases.ts";
import { openViews } from "../../../lib/evaluation/open_views.ts";
import { predictCase, type TrainedModel } from "../../../lib/evaluation/predict_case.ts";
import type { CaseImages } from "../../../lib/evaluation/robustness/perturbation.ts";
import {
  choosePerturbations,
  evaluateRobustness,
  meanRobustness,
  PERTURBATIONS,
  readRobustness,
  writeRobustness,
} from "../../../lib/evaluation/robustness/mod.ts";
import { createVolume, readVolume, writeVolume } from "../../../lib/volume/mod.ts";
import { inFolder, quickModel, writeData } from "../support.ts";

await initBackend({ backend: "wasm" });

/** An untrained model, its weights larger, so that every perturbation moves its outline. */
function untrained(): TrainedModel {
  const trained = quickModel({}, { steps: [8, 2] });
  for (const variable of trained.model.variables) {
    const louder = variable.mul<tf.Tensor>(2);
    variable.assign(louder);
    louder.dispose();
  }
  return trained;
}

async function prepare(folder: string) {
  const affines = ["RAS", "LPS"];
  const sources = await writeData(folder, [[16, 12, 4], [12, 12, 4]], { radius: 4, affines });
  return { sources, seed: 5, batchSize: 4, quick: true, perturbations: PERTURBATIONS };
}

Deno.test("evaluateRobustness scores every case under everything, unperturbed as evaluateCases", () =>
  inFolder(async (folder) => {
    const model = untrained();
    const options = { model, ...await prepare(folder) };
    const before = tf.memory().numTensors;
    const told: string[] = [];
    const { scores, examples, shown, aborted, problems } = await evaluateRobustness({
      ...options,
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

    const { metric_per_case } = await evaluateCases({
      ...options,
      ...{ models: [model], samples: 1, postprocess: ["none"] },
      ...{ out: null, predictions: null, variances: null },
    });
    for (const { case: id, metrics } of metric_per_case) {
      for (const { name, none } of PERTURBATIONS) {
        const found = scores.find((row) =>
          row.case === id && row.perturbation === name && row.strength === none
        );
        assert.equal(found!.dice, metrics["1"]!.Dice, `${id} ${name}`);
      }
    }
    for (const { name } of PERTURBATIONS) {
      const dices = scores.filter((row) => row.perturbation === name).map(({ dice }) => dice);
      assert.ok(new Set(dices).size > 2, `${name} changes no score`);
    }
    // One and the same slice of the first case
    assert.equal(examples.length, strengths.length);
    assert.ok(examples.every(({ image }) => image.height === 16 && image.width === 12));
    // Perturbed images are brought to 0..1 again: noise alone would leave values beyond
    for (const { perturbation, image } of examples) {
      assert.ok(image.data.every((value) => value >= 0 && value <= 1), perturbation);
    }
    assert.deepEqual([shown!.id, shown!.orientation], ["case_0", "RAS"]);
    assert.ok(examples[0]!.truth.includes(1) && examples[0]!.prediction.includes(1));

    // What else is tried does not matter.
    const some = choosePerturbations(["translation", "noise"]);
    const again = await evaluateRobustness({ ...options, perturbations: some });
    const names = some.map(({ name }) => name);
    assert.deepEqual(again.scores, scores.filter((row) => names.includes(row.perturbation)));
    const other = await evaluateRobustness({ ...options, seed: 6, perturbations: some });
    assert.notDeepEqual(other.scores, again.scores);
    model.model.dispose();
  }));

Deno.test("a wound at the very end stays as it was made; earlier ones are listed beside it", () =>
  inFolder(async (folder) => {
    const model = untrained();
    const options = { model, ...await prepare(folder) };
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
    model.model.dispose();
  }));

Deno.test("evaluateRobustness shows the slice with most of the object", () =>
  inFolder(async (folder) => {
    const { sources, ...options } = await prepare(folder);
    const model = quickModel({}, { steps: [1, 1] });
    const { examples } = await evaluateRobustness({
      ...{ ...options, model, sources: sources.slice(0, 1) },
      perturbations: choosePerturbations(["steps"]),
    });
    const { data } = await readVolume(join(folder, "labels", "case_0.nii.gz"));
    const areas = [0, 1, 2, 3].map((z) =>
      data.subarray(z * 16 * 12, (z + 1) * 16 * 12).reduce((sum, value) => sum + value, 0)
    );
    assert.ok(Math.min(...areas) < Math.max(...areas));
    const shown = examples.map(({ truth }) => truth.reduce((sum, code) => sum + code, 0));
    assert.deepEqual(new Set(shown), new Set([Math.max(...areas)]));
    const { views, opened } = await openViews([model], sources[0]!, true);
    const place = areas.indexOf(Math.max(...areas));
    const { masks } = await predictCase(views, { seed: 5 });
    const { none } = choosePerturbations(["steps"])[0]!;
    const plain = examples.find(({ strength }) => strength === none)!;
    assert.deepEqual(plain.prediction, masks[place]);
    assert.notDeepEqual(plain.prediction, masks[0]);
    const unchanged = opened.slice(place);
    for (const { image } of examples) assert.deepEqual(image.data, unchanged.data);
    model.model.dispose();
  }));

Deno.test("evaluateRobustness normalises each channel of a slice by itself", () =>
  inFolder(async (folder) => {
    const { sources: [source], ...options } = await prepare(folder);
    const path = join(folder, source!.files[0]!.images[0]!);
    const { data, affine, spacing } = await readVolume(path);
    const both = new Float32Array(2 * data.length);
    both.set(data);
    both.set(data.map((value, i) => i % 13 - value / 50), data.length);
    const like = createVolume({ data: both, shape: [16, 12, 4, 2], spacing, affine });
    await writeVolume(path, { data: both, like });
    const { model, inputs } = quickModel({}, { imageChannels: 2 });
    const [noise] = choosePerturbations(["noise"]);
    // Brighter, and then as before: what is normalised already stays as it is
    const brighter = {
      ...noise!,
      apply: ({ images }: CaseImages) => ({
        images: images.map((image) => ({ ...image, data: image.data.map((v) => 0.5 + 0.25 * v) })),
      }),
    };
    const { examples, scores } = await evaluateRobustness({
      ...{ ...options, model: { model, inputs }, sources: [source!], perturbations: [brighter] },
    });
    assert.equal(new Set(scores.map(({ dice }) => dice)).size, 1);
    const [plain, ...others] = examples.map(({ image }) => image);
    assert.deepEqual([plain!.channels, plain!.data.length], [2, 2 * 16 * 12]);
    for (const { data } of others) {
      assert.ok(data.every((value, i) => Math.abs(value - plain!.data[i]!) < 1e-6));
    }
    model.dispose();
  }));

Deno.test("a signal stops evaluateRobustness, and the cases that are done are kept", () =>
  inFolder(async (folder) => {
    const model = untrained();
    const options = { model, ...await prepare(folder) };
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
    await Deno.remove(join(folder, "labels"), { recursive: true });
    await assert.rejects(evaluateRobustness(options), {
      name: "InputError",
      message: /none of 2 cases can be used: case_0: /,
    });
    model.model.dispose();
  }));

Deno.test("robustness is read back as written", () =>
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
    assert.equal(await readRobustness(join(folder, "none.csv")), undefined);
    await Deno.writeTextFile(path, "case,dice\n");
    await assert.rejects(readRobustness(path), { name: "InputError" });
  }));

Deno.test("meanRobustness is the mean over the cases in which a score is defined", () => {
  const row = (strength: number, dice: number, unhealed?: number) => ({
    perturbation: "erased-fine",
    strength,
    case: "",
    dice,
    ...(unhealed === undefined ? {} : { unhealed }),
  });
  const scores = [row(0, 0.5), row(1, 0.25, 0.125), row(0, 1), row(1, NaN, 0.375), row(2, NaN)];
  assert.deepEqual(meanRobustness(scores).map(({ perturbation: _, ...means }) => means), [
    { strength: 0, dice: 0.75, unhealed: NaN },
    { strength: 1, dice: 0.25, unhealed: 0.25 },
    { strength: 2, dice: NaN, unhealed: NaN },
  ]);
});
