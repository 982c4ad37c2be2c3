import assert from "node:assert/strict";
import { join } from "@std/path";
import { initBackend } from "../../lib/backend.ts";
import { caseMetrics } from "../../lib/evaluation/case_metrics.ts";
import {
  evaluateCases,
  type EvaluateCasesOptions,
  nothingScored,
} from "../../lib/evaluation/evaluate_cases.ts";
import { openViews } from "../../lib/evaluation/open_views.ts";
import { FOREGROUND } from "../../lib/evaluation/overlap.ts";
import { predictCase } from "../../lib/evaluation/predict_case.ts";
import { readSliceScores } from "../../lib/evaluation/slice_scores.ts";
import { readSummary } from "../../lib/evaluation/summary_files.ts";
import type { CaseSource, SourceFiles } from "../../lib/slices/discovery/case_source.ts";
import { saveSlice } from "../../lib/slices/mod.ts";
import { readVolume } from "../../lib/volume/mod.ts";
import { fixedModel, inFolder, inputsOf, quickModel, writeData } from "./support.ts";

await initBackend({ backend: "wasm" });

const OPTIONS: Omit<EvaluateCasesOptions, "models" | "sources"> = {
  batchSize: 4,
  seed: 3,
  samples: 1,
  postprocess: ["none"],
  out: null,
  predictions: null,
  variances: null,
};

Deno.test("evaluateCases scores volumes against their labels and writes masks in their space", () =>
  inFolder(async (folder) => {
    const affines = ["RAS", "LPS", "oblique"];
    const sources = await writeData(folder, [[13, 10, 4], [12, 12, 4], [9, 9, 4]], { affines });
    const trained = quickModel();
    const told: string[] = [];
    const summary = await evaluateCases({
      ...OPTIONS,
      models: [trained],
      sources,
      out: join(folder, "scores"),
      predictions: join(folder, "masks"),
      onProgress: ({ case: id, done, total }) => told.push(`${id} ${done}/${total}`),
    });
    assert.deepEqual(told, ["case_0 1/3", "case_1 2/3", "case_2 3/3"]);
    assert.deepEqual(summary.problems, []);
    assert.equal(summary.confidence_interval.seed, 3);
    assert.deepEqual(await readSummary(join(folder, "scores")), summary);
    const slices = await readSliceScores(join(folder, "scores", "slice_scores.csv"));
    assert.deepEqual([...new Set(slices!.map((row) => row.case))], ["case_0", "case_1", "case_2"]);
    for (const { case: id, metrics } of summary.metric_per_case) {
      const own = slices!.filter((row) => row.case === id).map(({ Dice }) => Dice);
      const mean = own.reduce((a, b) => a + b) / own.length;
      assert.ok(Math.abs(mean - metrics["1"]!.SliceDice) < 1e-12, id);
    }
    // The scores are those of the files that were written, in the stored grid
    for (const scored of summary.metric_per_case) {
      const prediction = await readVolume(scored.prediction_file!);
      const reference = await readVolume(scored.reference_file);
      assert.deepEqual(prediction.affine, reference.affine);
      const again = caseMetrics(
        Uint8Array.from(prediction.data),
        Uint8Array.from(reference.data),
        reference,
        FOREGROUND,
      );
      assert.ok(again.n_pred > 0 && Number.isFinite(again.HD95), "nothing is found");
      for (const [name, value] of Object.entries(again)) {
        const found = scored.metrics["1"]![name as keyof typeof again];
        assert.ok(Math.abs(found - value) < 1e-9, `${scored.case} ${name} ${found}, ${value}`);
      }
    }
    trained.model.dispose();
  }));

Deno.test("evaluateCases carries the quality of each case, and writes the variances", () =>
  inFolder(async (folder) => {
    const sources = await writeData(folder, [[13, 10, 4], [12, 12, 4]], {
      affines: ["LPS", "RAS"],
    });
    const trained = quickModel({ labels: "a=1;b=2" }, { classes: 2 });
    const options = {
      ...OPTIONS,
      models: [trained],
      postprocess: ["none", "none"] as const,
      sources,
      out: folder,
      variances: join(folder, "variances"),
    };
    const { metric_per_case } = await evaluateCases({ ...options, samples: 4 });
    for (const [i, scored] of metric_per_case.entries()) {
      const { views } = await openViews([trained], sources[i]!, false);
      const { quality, deviations } = await predictCase(views, {
        ...{ batchSize: 1, seed: 3, samples: 4 },
        keepProbabilities: true,
      });
      assert.equal(scored.quality, quality);
      const image = await readVolume(join(folder, "images", `${scored.case}.nii.gz`));
      for (const [c, name] of ["a", "b"].entries()) {
        const map = await readVolume(join(folder, "variances", `${scored.case}_${name}.nii.gz`));
        assert.deepEqual([map.shape, map.affine], [image.shape, image.affine]);
        const total = deviations[c]!.flatMap((plane) => [...plane]).reduce((a, d) => a + d * d, 0);
        assert.ok(total > 0 && Math.abs(map.data.reduce((a, b) => a + b) - total) < 1e-4);
      }
    }
    const csv = await Deno.readTextFile(join(folder, "summary.csv"));
    assert.match(csv.split("\n")[0]!, /,NQM$/);
    assert.ok(csv.includes(`,${metric_per_case[0]!.quality}\n`));

    // One run says nothing of doubt
    await Deno.remove(join(folder, "variances"), { recursive: true });
    const once = await evaluateCases(options);
    assert.ok(once.metric_per_case.every((scored) => scored.quality === undefined));
    assert.doesNotMatch(await Deno.readTextFile(join(folder, "summary.csv")), /NQM/);
    await assert.rejects(Deno.stat(join(folder, "variances")));
    trained.model.dispose();
  }));

Deno.test("evaluateCases names cases that cannot be scored, and fails where none can", () =>
  inFolder(async (folder) => {
    const sources = await writeData(folder, [[8, 8, 4], [8, 8, 4]]);
    await Deno.writeTextFile(join(folder, "labels", "case_1.nii.gz"), "no volume");
    const trained = quickModel();
    const options = { ...OPTIONS, models: [trained], sources };
    const told: (string | undefined)[] = [];
    const { metric_per_case, problems } = await evaluateCases({
      ...options,
      onProgress: ({ problem }) => told.push(problem),
    });
    assert.deepEqual(metric_per_case.map((scored) => scored.case), ["case_0"]);
    assert.equal(problems.length, 1);
    assert.match(problems[0]!, /^case_1: /);
    assert.equal(told[0], undefined);
    assert.match(told[1]!, /NIfTI|volume/);
    await assert.rejects(evaluateCases({ ...options, sources: sources.slice(1) }), {
      name: "InputError",
      message: /the case cannot be used: case_1: /,
    });
    const unlabelled: CaseSource = {
      ...sources[0]!,
      files: sources[0]!.files.map((files) => ({ ...files, label: null })),
    };
    await assert.rejects(evaluateCases({ ...options, sources: [unlabelled, unlabelled] }), {
      message: /none of 2 cases can be used: case_0: .*label is missing/,
    });
    trained.model.dispose();
  }));

Deno.test("evaluateCases scores pictures, one image one case, a series together", () =>
  inFolder(async (folder) => {
    for (const name of ["images", "masks"]) await Deno.mkdir(join(folder, name));
    const files: SourceFiles[] = [];
    for (const [i, [height, width]] of [[12, 16], [9, 8], [12, 16]].entries()) {
      const size = { height: height!, width: width! };
      const mask = Uint8Array.from({ length: height! * width! }, (_, j) => j % width! > 3 ? 1 : 0);
      const image = Float32Array.from(mask, (m, j) => (m + j % 3) / 3);
      const name = `cell_${i}.png`;
      await saveSlice(join(folder, "images", name), { data: image, ...size });
      await saveSlice(join(folder, "masks", name), { data: mask, ...size });
      files.push({ index: i, images: [`images/${name}`], label: `masks/${name}` });
    }
    const source = (id: string, part: readonly SourceFiles[]): CaseSource => ({
      id,
      kind: "pictures",
      folder,
      files: part,
    });
    const sources = [source("a", files.slice(1, 2)), source("b", [files[0]!, files[2]!])];
    const trained = quickModel({}, {}, 2);
    const { metric_per_case } = await evaluateCases({
      ...OPTIONS,
      models: [trained],
      sources,
      predictions: join(folder, "predictions"),
    });
    assert.deepEqual(metric_per_case.map((scored) => scored.case), ["a", "b"]);
    assert.deepEqual(metric_per_case.map((scored) => scored.metrics["1"]!.n_ref), [36, 288]);
    const [single, series] = metric_per_case.map((scored) => scored.metrics["1"]!);
    assert.ok(Number.isNaN(series!.HD95), "several pictures have no common grid");
    assert.ok(Number.isNaN(single!.VolumeDifference));
    for (const name of ["b_cell_0.png", "a_cell_1.png", "b_cell_2.png"]) {
      assert.ok((await Deno.stat(join(folder, "predictions", name))).size > 0);
    }
    trained.model.dispose();
  }));

Deno.test("evaluateCases does to masks what was chosen, in score and file", () =>
  inFolder(async (folder) => {
    const sources = await writeData(folder, [[8, 8, 4]]);
    // A bar of two pixels and one of three in each slice
    const logits = Array.from({ length: 64 }, (_, i) => [0, 1, 16, 17, 18].includes(i) ? 1 : -1);
    const models = [{ model: fixedModel(logits, 1), inputs: inputsOf() }];
    const options = { ...OPTIONS, models, sources, predictions: folder };
    for (const [step, voxels] of [["none", 20], ["largest", 12]] as const) {
      const { metric_per_case } = await evaluateCases({ ...options, postprocess: [step] });
      const { data } = await readVolume(join(folder, "case_0.nii.gz"));
      assert.equal(data.reduce((a, b) => a + b), voxels);
      assert.equal(metric_per_case[0]!.metrics["1"]!.n_pred, voxels);
    }
  }));

Deno.test("nothingScored gives five reasons, and how many more there are", () => {
  const folder = "data";
  const sources = ["a", "b"].map((id) => ({ id, kind: "volume", folder, files: [] }) as const);
  const problems = Array.from({ length: 7 }, (_, i) => `p${i}`);
  assert.equal(
    nothingScored(sources, problems).message,
    "Cannot score: none of 2 cases can be used: p0; p1; p2; p3; p4; and 2 more: data",
  );
  assert.equal(
    nothingScored(sources.slice(1), problems.slice(0, 5)).message,
    "Cannot score: the case cannot be used: p0; p1; p2; p3; p4: data",
  );
});
