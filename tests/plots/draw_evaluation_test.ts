import assert from "node:assert/strict";
import { join } from "@std/path";
import type { EvaluationSummary } from "../../lib/evaluation/summary.ts";
import { extremeSlices } from "../../lib/plots/draw_evaluation.ts";
import { parseTargets } from "../../lib/slices/targets.ts";
import { createVolume, writeVolume } from "../../lib/volume/mod.ts";
import { inFolder, inputsOf } from "../evaluation/support.ts";

/** Cases a, b, … of two slices: two ignored pixels in the first one, one of class 1 in the second. */
async function writeCases(folder: string, ids: string): Promise<void> {
  const data = Float32Array.from({ length: 32 }, (_, i) => i % 7);
  const like = createVolume({ data, shape: [4, 4, 2], spacing: [1, 1, 1] });
  const label = new Uint8Array(32).fill(9, 0, 2).fill(1, 20, 21);
  for (const [i, id] of [...ids].entries()) {
    const name = `${id}.nii`;
    await writeVolume(join(folder, "images", name), { data: data.map((v) => v * i + v), like });
    await writeVolume(join(folder, "labels", name), { data: label, like });
    await writeVolume(join(folder, "predictions", name), { data: new Uint8Array(32), like });
  }
}

Deno.test("extremeSlices are of the two worst and the two best cases, where most is not ignored", () =>
  inFolder(async (folder) => {
    await writeCases(folder, "abcde");
    const targets = parseTargets("1", { labels: null, ignore: [9] }, []);
    const settings = { ...inputsOf(), targets };
    const shown = async (dices: Record<string, number>) => {
      const summary = {
        metric_per_case: Object.entries(dices)
          .map(([id, Dice]) => ({ case: id, metrics: { "1": { Dice } } })),
      } as unknown as EvaluationSummary;
      return await extremeSlices(folder, summary, { data: folder, settings });
    };
    const samples = await shown({ a: 0.5, b: 0.9, c: 0.7, d: NaN, e: 0.6 });
    assert.deepEqual(samples.map((sample) => sample.case), ["a", "e", "c", "b"]);
    assert.deepEqual(samples.map(({ volumeDice }) => volumeDice), [0.5, 0.6, 0.7, 0.9]);
    assert.deepEqual(samples.map(({ slice }) => slice), [1, 1, 1, 1]);
    assert.deepEqual(samples.map(({ sliceDice }) => sliceDice), [0, 0, 0, 0]);
    const five = await shown({ a: 0.5, b: 0.9, c: 0.7, d: 0.65, e: 0.6 });
    assert.deepEqual(five.map((sample) => sample.case), ["a", "e", "c", "b"]);
    const three = await shown({ a: 0.5, b: 0.9, c: 0.7 });
    assert.deepEqual(three.map((sample) => sample.case), ["a", "c", "b"]);
  }));
