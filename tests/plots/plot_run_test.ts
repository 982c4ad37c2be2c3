import assert from "node:assert/strict";
import { basename, join } from "@std/path";
import * as tf from "@tensorflow/tfjs";
import { initBackend } from "../../lib/backend.ts";
import { evaluateCases } from "../../lib/evaluation/evaluate_cases.ts";
import { openViews } from "../../lib/evaluation/open_views.ts";
import { predictCase } from "../../lib/evaluation/predict_case.ts";
import { probabilitiesOf } from "../../lib/evaluation/probabilities.ts";
import type { EvaluationSummary } from "../../lib/evaluation/summary.ts";
import { readSummary } from "../../lib/evaluation/summary_files.ts";
import { MedNca } from "../../lib/nca/med_nca.ts";
import { loadWeights } from "../../lib/nca/weights.ts";
import { drawTrace, plotRun, shownCases, traceScored } from "../../lib/plots/plot_run.ts";
import type { Figure } from "../../lib/plots/figure.ts";
import { type ScoredSlice, scoredSlice } from "../../lib/plots/scored_slice.ts";
import type { CaseSource } from "../../lib/slices/discovery/case_source.ts";
import { labelToModelGrid, toOriginalGrid } from "../../lib/slices/geometry.ts";
import { readModelSettings } from "../../lib/training/run_folder.ts";
import { readLabelVolume } from "../../lib/volume/mod.ts";
import { inFolder, inputsOf, writeData } from "../evaluation/support.ts";
import { makeRun } from "../tasks/support/make_run.ts";

await initBackend({ backend: "ops" });

const SPLIT = { train: ["case_0"], validation: [], test: ["case_1", "case_2"] };

async function score(run: string, sources: readonly CaseSource[]): Promise<void> {
  const model = await loadWeights(run);
  await evaluateCases({
    models: [{ model, inputs: (await readModelSettings(run)).slices }],
    sources,
    out: run,
    predictions: join(run, "predictions"),
    variances: null,
    postprocess: ["none"],
    batchSize: 4,
    seed: 0,
    samples: 1,
  });
  model.dispose();
}

Deno.test("plotRun draws every picture of a run, and names what it cannot draw", () =>
  inFolder(async (folder) => {
    const sources = await writeData(folder, [[12, 12, 3], [12, 12, 3], [12, 12, 3]]);
    const run = join(folder, "run");
    await makeRun(run, folder, { split: SPLIT });

    const bare = await plotRun(run);
    assert.deepEqual(bare.files, []);
    assert.match(
      bare.skipped.join("\n"),
      /training_curves: .*\ncase_scores: .*not scored.*\nevaluation: .*not scored.*\npredictions/,
    );

    await Deno.writeTextFile(join(run, "metrics.csv"), "epoch,loss\n1,1.5\n2,1.2\n");
    await score(run, sources.slice(1));
    const before = tf.memory().numTensors;
    const { files, skipped } = await plotRun(run);
    assert.equal(tf.memory().numTensors, before);
    assert.deepEqual(skipped, []);
    assert.deepEqual(files.map((file) => basename(file)), [
      "training_curves.svg",
      "training_curves.png",
      "case_scores.svg",
      "case_scores.png",
      "evaluation.svg",
      "evaluation.png",
      "slice_scores.svg",
      "slice_scores.png",
      "predictions.png",
      "settling.gif",
      "channels.png",
    ]);
    const figure = await Deno.readTextFile(join(run, "plots", "evaluation.svg"));
    assert.match(figure, /worst: case_\d[^]*slice Dice/);
    for (const file of files) assert.ok((await Deno.stat(file)).size > 1000, file);
    const scores = await Deno.readTextFile(join(run, "plots", "case_scores.svg"));
    const { mean } = (await readSummary(run))!.statistics["1"]!.Dice;
    assert.ok(scores.includes(`2 cases, mean ${mean.toFixed(3)} `), `${mean}`);

    await Deno.remove(join(run, "predictions"), { recursive: true });
    const again = await plotRun(run);
    assert.match(again.skipped.join(), /^evaluation: slices of the worst .*predictions/);
    assert.ok(again.files.includes(join(run, "plots", "evaluation.png")));
    await assert.rejects(plotRun(join(folder, "no run")), { name: "InputError" });
  }));

Deno.test("scoredSlice shows the saved mask, the right way round whichever way it is stored", () =>
  inFolder(async (folder) => {
    const shape = [12, 10, 3] as const;
    const affines = ["RAS", "RAS", "LPS"];
    const sources = await writeData(folder, [shape, shape, shape], { affines });
    const run = join(folder, "run");
    await makeRun(run, folder, { split: SPLIT });
    await score(run, sources);
    const { slices: inputs } = await readModelSettings(run);
    const summary = (await readSummary(run))!;
    for (const [i, scored] of summary.metric_per_case.entries()) {
      const { sample, index } = await scoredSlice(run, scored, sources, inputs);
      const path = join(run, "predictions", `${scored.case}.nii.gz`);
      const { data } = await readLabelVolume(path);
      const [nx, ny] = shape;
      assert.deepEqual([sample.height, sample.width], [ny, nx]);
      // The slice with the most foreground, of the truth or of the prediction
      const truth = await readLabelVolume(join(folder, "labels", `${scored.case}.nii.gz`));
      const most = [0, 1, 2].map((z) =>
        Math.max(
          ...[data, truth.data].map((codes) =>
            codes.subarray(z * nx * ny, (z + 1) * nx * ny).filter((code) => code > 0).length
          ),
        )
      );
      assert.equal(index, most.indexOf(Math.max(...most)));
      for (let row = 0; row < ny; row++) {
        for (let column = 0; column < nx; column++) {
          // Up is anterior and left is the patient's right: of RAS both axes run backwards
          const [x, y] = affines[i] === "RAS" ? [nx - 1 - column, ny - 1 - row] : [column, row];
          assert.equal(sample.prediction[row * nx + column], data[x + nx * (y + ny * index)]);
        }
      }
      assert.deepEqual(sample.voxel, [0.75, 0.5]);
      assert.equal(sample.volumeDice, scored.metrics["1"]!.Dice);
    }
  }));

Deno.test("shownCases are at most four, from the best to the worst, those without a score left out", () => {
  const of = (...dices: number[]) =>
    shownCases({
      metric_per_case: dices.map((Dice, i) => ({ case: `${i}`, metrics: { "1": { Dice } } })),
    } as unknown as EvaluationSummary).map((scored) => scored.case).join("");
  assert.equal(of(0.1, 0.7, 0.3, NaN, 0.5, 0.2, 0.6, 0.4), "1420");
  assert.equal(of(0.5, 0.9), "10");
  assert.equal(of(NaN, NaN), "01");
});

Deno.test("traceScored: the last state says what a prediction says, of the same slice", () =>
  inFolder(async (folder) => {
    const [source] = await writeData(folder, [[12, 10, 3]]);
    const [seed, index] = [3, 2];
    const inputs = inputsOf({ size: [16, 8] });
    const seen = { neighbours: 1, imageChannels: 3 };
    const model = new MedNca({ ...seen, steps: [3, 2], fireRate: 0.5 }, { seed: 2 });
    const { views, opened } = await openViews([{ model, inputs }], source!, true);
    const { probabilities } = await predictCase(views, { seed });
    const scored = { opened, index };
    const { trace, geometry, truth, view, voxel } = traceScored(model, scored, { seed, inputs });
    const state = trace.at(-1)!.state.dataSync();
    const logits = Float32Array.from({ length: 128 }, (_, i) => state[16 * i + 3]!);
    const last = toOriginalGrid(probabilitiesOf(logits, "classes", 1), geometry, 0);
    assert.deepEqual(last, probabilities[0]![index]);
    assert.notDeepEqual(last, probabilities[0]![index - 1]);
    // Twelve rows of 0.5 mm on sixteen, ten columns of 0.75 mm on eight
    assert.deepEqual(voxel.map((mm) => Math.round(mm * 1e4)), [3750, 9375]);
    assert.deepEqual(view, { axis: 2, orientation: "RAS" });
    assert.deepEqual(truth, labelToModelGrid(opened.label(index), geometry));
    trace.forEach(({ state }) => state.dispose());
    model.dispose();
  }));

Deno.test("drawTrace: settling.gif, and channels.png with the names of several logits", () =>
  inFolder(async (folder) => {
    const [source] = await writeData(folder, [[12, 8, 3]]);
    const texts = new Map<string, string>();
    const save = (name: string, picture: object) => {
      const { svg = "" } = picture as Partial<Figure>;
      texts.set(name, [...svg.matchAll(/>([^<>]+)<\/text>/g)].map(([, text]) => text).join("|"));
      return Promise.resolve();
    };
    const draw = async (labels: string, classes: number) => {
      const inputs = inputsOf({ labels });
      const model = new MedNca({ steps: [2, 1], classes }, { seed: 2 });
      const { opened } = await openViews([{ model, inputs }], source!, true);
      const sample = { case: "case_0" };
      const scored = { opened, index: 2, sample } as unknown as ScoredSlice;
      await drawTrace(model, scored, { seed: 1, inputs, save });
      model.dispose();
      return texts.get("channels.png")!;
    };
    const one = await draw("foreground", 1);
    assert.match(one, /State after the last step: case_0, slice 2/);
    assert.match(one, /0: image\|never changes\|1: logit\|[^|]*\|2\|/);
    assert.match(
      await draw("zone=1;lesion=2", 2),
      /\|1: logit, zone\|[^|]*\|2: logit, lesion\|.*\|3\|/,
    );
    assert.deepEqual([...texts.keys()], ["settling.gif", "channels.png"]);
  }));
