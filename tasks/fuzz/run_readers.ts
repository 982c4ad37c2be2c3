/**
 * The files of runs, which are handed on: settings, scores, metrics, splits, checkpoints' events.
 *
 * @module
 */

import assert from "node:assert/strict";
import { join } from "@std/path";
import fc from "fast-check";
import { readPostprocess } from "../../lib/evaluation/choose_postprocess.ts";
import { compareRuns, comparisonMarkdown } from "../../lib/evaluation/compare_runs.ts";
import { formatScores } from "../../lib/evaluation/format_scores.ts";
import { meanRobustness } from "../../lib/evaluation/robustness/mean_robustness.ts";
import { readRobustness } from "../../lib/evaluation/robustness/robustness_csv.ts";
import { labelNames, METRICS, summarize } from "../../lib/evaluation/summary.ts";
import { readSummary } from "../../lib/evaluation/summary_files.ts";
import { readMetrics } from "../../lib/plots/training_curves.ts";
import { modelInputs } from "../../lib/slices/model_inputs.ts";
import type { Manifest } from "../../lib/slices/manifest.ts";
import { readSplitsFile } from "../../lib/slices/split/splits_file.ts";
import { resolveConfig } from "../../lib/training/config.ts";
import { readFolds } from "../../lib/training/folds.ts";
import { readRun } from "../../lib/training/run_folder.ts";
import { requireSameSources } from "../../lib/training/run_sources.ts";
import { damagedBytes, encode } from "./damage.ts";
import { jsonInputs, type Reader } from "./reader.ts";

/** Makes the readers of a run that was trained on some slices. */
export async function runReaders(folder: string, manifest: Manifest): Promise<Reader[]> {
  const config = resolveConfig({ preset: "tutorial" });
  const run = {
    config,
    split: { seed: 0, train: ["a"], validation: ["b"], test: [] },
    slices: modelInputs(manifest, ["a"]),
  };
  for (const [name, content] of Object.entries(run)) {
    await Deno.writeTextFile(join(folder, `${name}.json`), JSON.stringify(content));
  }
  const runFile = (name: keyof typeof run): Reader => ({
    name: `run's ${name}`,
    weight: 1,
    inputs: jsonInputs(run[name]),
    file: `${name}.json`,
    read: async (folder) => {
      const found = await readRun(folder);
      assert.ok(found.split.train.every((id) => typeof id === "string"));
      assert.deepEqual(Object.keys(found.config), Object.keys(config));
      await Deno.writeTextFile(join(folder, `${name}.json`), JSON.stringify(run[name]));
    },
  });
  const small = (name: string, file: string, inputs: Reader["inputs"], read: Reader["read"]) => ({
    ...{ name, weight: 1, inputs, file, read },
  });
  const { targets } = run.slices;
  return [
    runFile("config"),
    runFile("split"),
    runFile("slices"),
    small(
      "splits file",
      "splits.json",
      jsonInputs(run.split, [{ train: ["a", "b"], val: ["c"] }]),
      readSplits,
    ),
    small("summary.json", "summary.json", jsonInputs(summary()), async (folder) => {
      const found = await readSummary(folder);
      formatScores(found!);
      const rows = compareRuns(["x", "y"].map((name) => ({ name, summary: found! })), 0);
      comparisonMarkdown(rows, labelNames(found!));
    }),
    small("metrics.csv", "metrics.csv", tables(METRICS_CSV), async (folder) => {
      const rows = await readMetrics(join(folder, "metrics.csv"));
      assert.ok(rows.every(({ epoch }) => epoch === undefined || typeof epoch === "number"));
    }),
    small("robustness.csv", "robustness.csv", tables(ROBUSTNESS_CSV), async (folder) => {
      meanRobustness((await readRobustness(join(folder, "robustness.csv")))!);
    }),
    small(
      "postprocess",
      "postprocess.json",
      jsonInputs(targets.classes.map(({ name }) => ({
        ...{ name, choice: "largest" },
        dice: { "none": 0.5, "largest": 0.6, "fill-holes": null, "largest+fill-holes": 0.6 },
      }))),
      async (folder) => {
        const steps = await readPostprocess(folder, targets);
        assert.equal(steps.length, targets.classes.length);
      },
    ),
    small("folds.json", "folds.json", jsonInputs({ config, done: [0, 1] }), async (folder) => {
      await readFolds(folder);
    }),
    small(
      "sources.json",
      "sources.json",
      jsonInputs(manifest.files),
      (folder) => requireSameSources(folder, join(folder, "data")),
    ),
  ];
}

async function readSplits(folder: string): Promise<void> {
  const cases = ["a", "b", "c"];
  const split = await readSplitsFile(join(folder, "splits.json"), {
    ...{ cases, unusable: [], fold: 0, validation: 0.2, seed: 0 },
    patientOf: (id) => id,
  });
  for (const id of [...split.train, ...split.validation, ...split.test]) {
    assert.ok(cases.includes(id), id);
  }
}

function summary() {
  const cases = ["a", "b"].map((id, i) => ({
    ...{ case: id, reference_file: `${id}.nii`, prediction_file: null },
    metrics: { "1": Object.fromEntries(METRICS.map((name) => [name, i])) as never },
  }));
  return summarize(cases, { names: { "1": "" }, problems: [], seed: 0 });
}

const METRICS_CSV = "epoch,loss,dice,bce,val_loss,val_volume_dice,lr,seconds\n" +
  "1,1.5,0.8,0.7,1.4,0.1,0.001,3\n2,1.2,0.7,0.5,,,0.001,3\n";
const ROBUSTNESS_CSV = "perturbation,strength,unit,case,dice,dice_if_unhealed\n" +
  "noise,0.1,,a,0.5,\nnoise,0.2,,a,0.4,\n";

/** Tables with other cells, lines and bytes. */
function tables(good: string): Reader["inputs"] {
  const cells = good.split(/(?<=[,\n])/);
  const cell = fc.constantFrom(",", "\n", '"', '",', "1e999,", "-1,", "NaN,", "é,", "\r\n", "x\n");
  return fc.oneof(
    {
      weight: 2,
      arbitrary: fc.array(fc.record({ at: fc.nat(), cell }), { minLength: 1, maxLength: 3 })
        .map((changes) => {
          const changed = [...cells];
          for (const { at, cell } of changes) changed[at % changed.length] = cell;
          return encode(changed.join(""));
        }),
    },
    { weight: 1, arbitrary: damagedBytes(encode(good)) },
  );
}
