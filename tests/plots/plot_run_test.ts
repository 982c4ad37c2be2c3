import assert from "node:assert/strict";
import { basename, join } from "@std/path";
import * as tf from "@tensorflow/tfjs";
import { initBackend } from "../../lib/backend.ts";
import { evaluateCases, predictionSettings } from "../../lib/evaluation/evaluate_cases.ts";
import { MedNca } from "../../lib/nca/med_nca.ts";
import { saveWeights } from "../../lib/nca/weights.ts";
import { plotRun } from "../../lib/plots/plot_run.ts";
import { extractSlices, splitCases } from "../../lib/slices/mod.ts";
import { resolveConfig } from "../../lib/training/config.ts";
import { createRun } from "../../lib/training/run_folder.ts";
import { inFolder, writeData } from "../evaluation/support.ts";

await initBackend({ backend: "ops" });

Deno.test("plotRun draws every picture of a run, and tells what it cannot draw", () =>
  inFolder(async (folder) => {
    const data = await writeData(folder, [[12, 12, 3], [12, 12, 3], [12, 12, 3]]);
    const prepared = join(folder, "prepared");
    const { manifest } = await extractSlices({ data, out: prepared });
    const run = join(folder, "run");
    const split = splitCases(manifest.cases.map(({ id }) => id));
    const config = resolveConfig({ data, prepared, steps: [2, 1] });
    await createRun(run, { config, split, slices: predictionSettings(manifest) });
    const model = new MedNca({ steps: [2, 1] });
    await saveWeights(model, run);

    const bare = await plotRun(run);
    assert.deepEqual(bare.files.map((file) => basename(file)), [
      "predictions.png",
      "settling.gif",
      "channels.png",
    ]);
    assert.match(
      bare.skipped.join("\n"),
      /training_curves: .*\ncase_scores: .*not scored.*\nevaluation: .*not scored/,
    );

    await Deno.writeTextFile(join(run, "metrics.csv"), "epoch,loss\n1,1.5\n2,1.2\n");
    await evaluateCases({
      model,
      data,
      cases: split.test,
      settings: predictionSettings(manifest),
      out: run,
      predictions: join(run, "predictions"),
    });
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
      "predictions.png",
      "settling.gif",
      "channels.png",
    ]);
    const figure = await Deno.readTextFile(join(run, "plots", "evaluation.svg"));
    assert.match(figure, /worst: case_\d[^]*prediction, Dice/);
    for (const file of files) assert.ok((await Deno.stat(file)).size > 1000, file);

    const elsewhere = await plotRun(run, { prepared: join(folder, "nowhere") });
    assert.match(elsewhere.skipped.join(), /Cannot open prepared slices/);
    await Deno.remove(join(run, "predictions"), { recursive: true });
    const again = await plotRun(run);
    assert.match(again.skipped.join(), /^evaluation: slices of the worst .*predictions/);
    assert.ok(again.files.includes(join(run, "plots", "evaluation.png")));
    await assert.rejects(plotRun(join(folder, "no run")), { name: "InputError" });
    model.dispose();
  }));
