import assert from "node:assert/strict";
import { join } from "@std/path";
import type { CaseMetrics } from "../../lib/evaluation/case_metrics.ts";
import { summarize } from "../../lib/evaluation/summary.ts";
import { writeSummary } from "../../lib/evaluation/summary_files.ts";
import { plotTrainingCurves } from "../../lib/plots/training_curves.ts";
import { PROGRAM } from "../../lib/support/program.ts";
import { runReport } from "../../lib/exchange/run_report.ts";
import { type EpochMetrics, writeMetrics } from "../../lib/training/metrics.ts";
import { hashFile } from "../../lib/support/hash.ts";
import { initBackend } from "../../lib/backend.ts";
import { inFolder } from "../support/in_folder.ts";
import { makeRun } from "../tasks/support/make_run.ts";
import { writeTinyVolumes } from "../training/support/tiny_data.ts";

await initBackend({ backend: "ops" });

const epoch = (number: number, valVolumeDice: number): EpochMetrics => ({
  ...{ epoch: number, loss: 1, dice: 0.5, bce: 0.5, lr: 1e-3, seconds: 1, classes: [] },
  ...{ valLoss: 1, valDice: 0.5, valBce: 0.5, valScore: 0.5, valVolumeDice },
});

const metrics = (Dice: number): CaseMetrics => ({
  ...{
    Dice,
    IoU: Dice,
    Precision: 1,
    Recall: 1,
    HD95: 8 * Dice,
    ASSD: 1,
    VolumeDifference: 1 - Dice,
  },
  ...{ RelativeVolumeDifference: 0.1, TP: 5, FP: 1, FN: 1, TN: 9, n_pred: 6, n_ref: 6 },
  ...{ SoftDice: Dice, SliceDice: Dice },
});

/** The cells of a page's tables, row by row. */
function cells(html: string): string[][] {
  return [...html.matchAll(/<tr>(.*?)<\/tr>/g)].map(([, row]) =>
    [...row!.matchAll(/<t[hd][^>]*>(.*?)<\/t[hd]>/g)].map(([, cell]) => cell!)
  );
}

Deno.test("runReport: one page with scores, the worst case first, split, settings and sums", () =>
  inFolder(async (folder) => {
    await writeTinyVolumes(join(folder, "data"));
    const run = join(folder, "a<b>");
    const split = { train: ["case_0", "case_1"], validation: ["case_2"], test: ["case_3"] };
    await makeRun(run, join(folder, "data"), { split });
    const empty = await runReport(run);
    assert.deepEqual(empty.missing.map((what) => what.split(":")[0]), ["scores", "pictures"]);
    assert.match(empty.html, /It was not scored yet/);

    const history = [0.25, 0.875, 0.5, 0.875].map((dice, i) => epoch(i + 1, dice));
    await writeMetrics(join(run, "metrics.csv"), history);
    await plotTrainingCurves(history).save(join(run, "plots", "training_curves.svg"));
    const scored = [["good", 0.95], ["bad", 0.125], ["fair", 0.6], ["void", NaN]] as const;
    await writeSummary(
      run,
      summarize(
        scored.map(([id, dice]) => ({
          ...{
            case: id,
            reference_file: id,
            prediction_file: null,
            metrics: { "1": metrics(dice) },
          },
        })),
        { names: { "1": "" }, problems: ["gone: no label", "fair: its label is empty"], seed: 0 },
      ),
    );
    const versions = [{ program: "0.0.9", deno: "2.8.0", platform: "darwin aarch64" }];
    await Deno.writeTextFile(join(run, "versions.json"), JSON.stringify(versions));
    const { html, missing } = await runReport(run);
    assert.deepEqual(missing, []);
    assert.match(html, /<h1>Training a&lt;b&gt;<\/h1>/);
    assert.match(html, /best in epoch 2: 0\.875/);
    // A case may have a problem and a score
    assert.match(html, /Problems of cases: gone: no label; fair: its label is empty</);
    assert.doesNotMatch(html, /[Nn]ot scored/);
    const rows = cells(html);
    const at = rows.findIndex(([name]) => name === "Case");
    assert.deepEqual(rows.slice(at + 1, at + 5), [
      ["void", "–", "–", "–"],
      ["bad", "0.125", "1.0", "0.88"],
      ["fair", "0.600", "4.8", "0.40"],
      ["good", "0.950", "7.6", "0.05"],
    ]);
    const row = (name: string) => rows.find(([cell]) => cell === name);
    assert.deepEqual(row("trained on"), ["trained on", "2", "case_0, case_1"]);
    assert.deepEqual(row("held out"), ["held out", "1", "case_3"]);
    assert.match(html, /, for 4 of \d+ epochs\./);
    assert.deepEqual(row("steps"), ["steps", "2,1", "40,20"]);
    assert.deepEqual(row("fireRate"), ["fireRate", "0.5", "the same"]);
    assert.equal(row("Trained with")![1], "Med-NCA 0.0.9, Deno 2.8.0, darwin aarch64");
    assert.deepEqual(row("Med-NCA, which wrote this page")![1], PROGRAM.version);
    assert.deepEqual(
      row("SHA-256 of model2.safetensors")![1],
      await hashFile(join(run, "model2.safetensors"), "sha256"),
    );
    // It stands by itself
    assert.equal(html.match(/<img /g)!.length, 1);
    assert.match(html, /<img alt="Losses and scores over the epochs" src="data:image\/svg\+xml;/);
    assert.doesNotMatch(html, /<script|(src|href)="(?!data:)/);
  }));
