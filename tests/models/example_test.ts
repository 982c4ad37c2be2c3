import assert from "node:assert/strict";
import { join } from "@std/path";
import { initBackend } from "../../lib/backend.ts";
import { readPostprocess } from "../../lib/evaluation/choose_postprocess.ts";
import { evaluateCases } from "../../lib/evaluation/evaluate_cases.ts";
import { loadWeights } from "../../lib/nca/weights.ts";
import { discoverCases } from "../../lib/slices/discovery/discover_cases.ts";
import { resolveConfig } from "../../lib/training/config.ts";
import { modelConfig } from "../../lib/training/model_config.ts";
import { readRun } from "../../lib/training/run_folder.ts";

const root = join(import.meta.dirname!, "../..");
const folder = join(root, "models/example");

/** The rows of the card's table: case and volume Dice. */
async function cardScores(): Promise<Map<string, number>> {
  const card = await Deno.readTextFile(join(folder, "README.md"));
  const rows = card.matchAll(/^\| (\w+) \| \**([\d.]+)\** \|/gm);
  return new Map(Array.from(rows, ([, id, dice]) => [id!, Number(dice)]));
}

Deno.test("the example model is what its preset trains", async () => {
  const { config } = await readRun(folder);
  assert.deepEqual(config, resolveConfig({ preset: "example", data: "data.example", out: "" }));
});

Deno.test("the example model scores what its card says", async () => {
  const { config, split, slices } = await readRun(folder);
  const backend = await initBackend({ backend: "wasm", threads: 1 });
  const model = await loadWeights(folder, modelConfig(config, slices));
  try {
    assert.equal(model.parameterCount, 7390);
    const { cases } = await discoverCases(join(root, "data.example"));
    const { metric_per_case } = await evaluateCases({
      models: [{ model, inputs: slices }],
      ...{ seed: config.seed, batchSize: 4, samples: 1 },
      postprocess: await readPostprocess(folder, slices.targets),
      sources: cases.filter(({ id }) => split.test.includes(id)),
      ...{ out: null, predictions: null, variances: null },
    });
    const scores = new Map(metric_per_case.map((each) => [each.case, each.metrics["1"]!.Dice]));
    const mean = [...scores.values()].reduce((a, b) => a + b) / scores.size;
    const card = await cardScores();
    assert.deepEqual([...card.keys()], [...split.test, "mean"]);
    for (const [id, dice] of [...scores, ["mean", mean] as const]) {
      // The card is rounded, and another processor may move a pixel or two at the border
      assert.ok(Math.abs(dice - card.get(id)!) < 0.002, `${id}: ${dice}, not ${card.get(id)}`);
    }
  } finally {
    model.dispose();
    backend.dispose();
  }
});
