import assert from "node:assert/strict";
import { join } from "@std/path";
import { initBackend } from "../../lib/backend.ts";
import { evaluateCases } from "../../lib/evaluation/evaluate_cases.ts";
import { loadWeights } from "../../lib/nca/weights.ts";
import { discoverCases } from "../../lib/slices/discovery/discover_cases.ts";
import { parseCsv } from "../../lib/support/csv.ts";
import { modelConfig } from "../../lib/training/model_config.ts";
import { readRun } from "../../lib/training/run_folder.ts";
import { readVolume } from "../../lib/volume/mod.ts";
import { inFolder } from "../support/in_folder.ts";
import { HIPPOCAMPUS, NEEDS_HIPPOCAMPUS } from "../support/data_sets.ts";

const folder = new URL("../../models/hippocampus_parts", import.meta.url).pathname;

/** The stored scores: a row's value in a column. */
async function storedScores(): Promise<(row: string, column: string) => number> {
  const [head, ...rows] = parseCsv(await Deno.readTextFile(join(folder, "summary.csv")));
  return (row, column) => Number(rows.find(([name]) => name === row)![head!.indexOf(column)]);
}

Deno.test("the card of the hippocampus's parts says what its stored scores say", async () => {
  const { split, slices } = await readRun(folder);
  const card = await Deno.readTextFile(join(folder, "README.md"));
  const score = await storedScores();
  const parts = [["anterior", " (Anterior)"], ["posterior", " (Posterior)"], ["mean of both", ""]];
  for (const [name, suffix] of parts) {
    const at = (row: string, column = "Dice", digits = 3) =>
      score(row, column + suffix).toFixed(digits);
    const cells = [
      new RegExp(`^\\**${at("mean")} ± ${at("sd")}\\**$`),
      new RegExp(`^${at("median")}$`),
      new RegExp(`^${at("ci95_low")} to ${at("ci95_high")}$`),
      new RegExp(`^${at("mean", "HD95", 2)} ± ${at("sd", "HD95", 2)}$`),
      new RegExp(`^${at("mean", "ASSD", 2)} ± ${at("sd", "ASSD", 2)}$`),
    ];
    const row = card.split("\n").find((line) => line.startsWith(`| ${name} |`))!;
    const found = row.split("|").slice(2, -1).map((cell) => cell.trim());
    for (const [i, expected] of cells.entries()) assert.match(found[i]!, expected, name);
    // The stored mean is that of the stored cases
    const values = split.test.map((id) => score(id, `Dice${suffix}`));
    const mean = values.reduce((a, b) => a + b) / values.length;
    assert.ok(Math.abs(mean - score("mean", `Dice${suffix}`)) < 1e-9, name);
  }
  assert.deepEqual(slices.targets.classes.map(({ values }) => values), [[1], [2]]);
});

Deno.test({
  name:
    `the model of the hippocampus's parts reaches its Dice, in masks of 1 and 2 ${NEEDS_HIPPOCAMPUS}`,
  ignore: HIPPOCAMPUS === undefined,
  fn: () =>
    inFolder(async (out) => {
      const backend = await initBackend({ backend: "wasm" });
      const { config, slices, split } = await readRun(folder);
      const model = await loadWeights(folder, modelConfig(config, slices));
      try {
        const ids = split.test.slice(0, 3);
        const { cases } = await discoverCases(HIPPOCAMPUS!);
        const { metric_per_case } = await evaluateCases({
          ...{ models: [{ model, inputs: slices }], seed: config.seed, batchSize: 8, samples: 1 },
          ...{ postprocess: ["none", "none"], out: null, variances: null, predictions: out },
          sources: cases.filter(({ id }) => ids.includes(id)),
        });
        const score = await storedScores();
        for (const { case: id, metrics } of metric_per_case) {
          for (const [value, name] of [["1", "Anterior"], ["2", "Posterior"]] as const) {
            // A processor that rounds differently may move a voxel or two at the border
            const difference = metrics[value]!.Dice - score(id, `Dice (${name})`);
            assert.ok(Math.abs(difference) < 0.005, `${id} ${name}: ${difference}`);
          }
          const mask = await readVolume(join(out, `${id}.nii.gz`));
          assert.deepEqual([...new Set(mask.data)].sort(), [0, 1, 2]);
        }
      } finally {
        model.dispose();
        backend.dispose();
      }
    }),
});
