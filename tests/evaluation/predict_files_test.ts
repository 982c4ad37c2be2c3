import assert from "node:assert/strict";
import { join } from "@std/path";
import * as tf from "@tensorflow/tfjs";
import { initBackend } from "../../lib/backend.ts";
import { predictFiles, type PredictFilesOptions } from "../../lib/evaluation/predict_files.ts";
import type { TrainedModel } from "../../lib/evaluation/predict_case.ts";
import { saveWeights } from "../../lib/nca/weights.ts";
import { listImages, takeShard } from "../../lib/slices/discovery/list_images.ts";
import { loadSlice, saveSlice, type SliceSettings } from "../../lib/slices/mod.ts";
import { readVolume, writeVolume } from "../../lib/volume/mod.ts";
import { ball, fixedModel, inFolder, inputsOf, quickModel, writeData } from "./support.ts";

await initBackend({ backend: "wasm" });

/** Three volumes `case_0` to `case_2`, a model, and what predicts them. */
function inStudy(
  use: (study: {
    folder: string;
    images: string;
    out: string;
    trained: (settings?: Partial<SliceSettings>, seed?: number) => Promise<Given>;
    predict: (changes?: Partial<PredictFilesOptions>) => Promise<string[]>;
  }) => Promise<void>,
): Promise<void> {
  return inFolder(async (folder) => {
    await writeData(folder, [[13, 10, 4], [12, 12, 4], [9, 9, 4]]);
    const [images, out] = [join(folder, "images"), join(folder, "out")];
    const models: TrainedModel[] = [];
    const trained = async (settings: Partial<SliceSettings> = {}, seed = 3): Promise<Given> => {
      const made = quickModel(settings, {}, seed);
      models.push(made);
      const weights = join(folder, "models", String(seed));
      await saveWeights(made.model, weights);
      return { models: [made], weights: [weights] };
    };
    const usual = await trained();
    await use({
      folder,
      images,
      out,
      trained,
      predict: async (changes = {}) => {
        const results = await predictFiles({
          ...usual,
          sources: (await listImages(images, [])).cases,
          out,
          postprocess: ["none"],
          probabilities: false,
          overwrite: false,
          doubt: "entropy_one_run",
          temperatures: null,
          force: false,
          batchSize: 4,
          seed: 0,
          samples: 1,
          ...changes,
        });
        return results.map(({ name, status, why }) =>
          [name.replace(/\..*/, ""), status, why].filter(Boolean).join(" ")
        );
      },
    });
    for (const { model } of models) model.dispose();
  });
}

type Given = Pick<PredictFilesOptions, "models" | "weights">;

async function tree(folder: string): Promise<Record<string, string>> {
  const files: Record<string, string> = {};
  for await (const { name, isFile } of Deno.readDir(folder)) {
    if (isFile) files[name] = (await Deno.readFile(join(folder, name))).toString();
  }
  return files;
}

Deno.test("a restart skips what is done, and only that", () =>
  inStudy(async ({ images, out, predict, trained }) => {
    assert.deepEqual(await predict(), ["case_0 done", "case_1 done", "case_2 done"]);
    const first = await tree(out);
    assert.deepEqual(Object.keys(first).sort(), [0, 1, 2].map((i) => `case_${i}.nii.gz`));
    assert.deepEqual(await predict(), ["case_0 skipped", "case_1 skipped", "case_2 skipped"]);

    // Probabilities are not there yet; then they are, and the masks alone are done too.
    const [missing] = await predict({ probabilities: true });
    assert.equal(missing, "case_0 again case_0_probability.nii.gz is missing");
    assert.deepEqual(await predict(), ["case_0 skipped", "case_1 skipped", "case_2 skipped"]);

    // A torn mask, a missing one, and an image that is another now.
    const torn = join(out, "case_0.nii.gz");
    await Deno.truncate(torn, 60);
    await Deno.remove(join(out, "case_1.nii.gz"));
    const image = ball([9, 9, 4], { radius: 2 }).image;
    await writeVolume(join(images, "case_2.nii.gz"), { data: image.data, like: image });
    assert.deepEqual(await predict(), [
      "case_0 again case_0.nii.gz is incomplete",
      "case_1 done",
      "case_2 again changed: the image",
    ]);
    const again = await tree(out);
    for (const name of ["case_0.nii.gz", "case_1.nii.gz"]) assert.equal(again[name], first[name]);

    // Other settings, other weights.
    assert.match((await predict({ seed: 1 }))[0]!, /^case_0 again changed: seed$/);
    const sized = await trained({ size: [8, 8] });
    assert.match((await predict({ ...sized, seed: 1 }))[0]!, /^case_0 again changed: inputs$/);
    const other = await trained({}, 4);
    assert.match((await predict(other))[0]!, /^case_0 again changed: weights, seed, inputs$/);
    assert.match(
      (await predict({ ...other, postprocess: ["largest"] }))[0]!,
      /^case_0 again changed: postprocess$/,
    );

    // The batch size changes nothing.
    await predict();
    assert.match((await predict({ batchSize: 1 }))[0]!, /skipped$/);
    assert.match((await predict({ overwrite: true }))[0]!, /^case_0 again as asked for$/);
  }));

Deno.test("a mask that somebody has worked on, or that is not ours, is not written over", () =>
  inStudy(async ({ out, predict }) => {
    await predict();
    const path = join(out, "case_1.nii.gz");
    const mask = await readVolume(path);
    const corrected = Uint8Array.from(mask.data, (value) => 1 - value);
    await writeVolume(path, { data: corrected, like: mask });
    await Deno.remove(join(out, "records", "case_2.nii.gz.json"));
    const files = await tree(out);
    const [zero, one, two] = await predict({ seed: 9 });
    assert.equal(zero, "case_0 again changed: seed");
    assert.match(
      one!,
      /^case_1 failed Cannot write mask: the file was changed since, or is not from this program: .*case_1/,
    );
    assert.match(two!, /^case_2 failed Cannot write mask: /);
    const now = await tree(out);
    for (const name of ["case_1.nii.gz", "case_2.nii.gz"]) assert.equal(now[name], files[name]);
    assert.match((await predict({ overwrite: true }))[1]!, /^case_1 again/);
  }));

Deno.test("a process that ended between the files of an image leaves them to the next one", () =>
  inStudy(async ({ out, predict }) => {
    await predict({ probabilities: true });
    const path = join(out, "records", "case_0.nii.gz.json");
    const record = JSON.parse(await Deno.readTextFile(path));
    for (const name of Object.keys(record.outputs)) record.outputs[name] = null;
    await Deno.writeTextFile(path, JSON.stringify(record));
    await Deno.remove(join(out, "case_0_probability.nii.gz"));
    const results = await predict({ probabilities: true });
    assert.match(results[0]!, /^case_0 again/);
    assert.match(results[1]!, /skipped/);
  }));

Deno.test("shards have each image once, and predict what the whole would", () =>
  inStudy(async ({ folder, images, out, predict }) => {
    await predict();
    const { cases: all } = await listImages(images, []);
    const parts = [1, 2].map((index) => takeShard(all, { index, count: 2 }));
    assert.deepEqual(parts.map((part) => part.map(({ id }) => id)), [
      ["case_0", "case_2"],
      ["case_1"],
    ]);
    const shared = join(folder, "shared");
    for (const part of parts) await predict({ sources: part, out: shared });
    assert.deepEqual(await tree(shared), await tree(out));
    assert.ok((await predict({ out: shared })).every((result) => result.endsWith("skipped")));
    for (const count of [1, 2, 3, 5, 8]) {
      const shards = Array.from(
        { length: count },
        (_, i) => takeShard(all, { index: i + 1, count }),
      );
      assert.deepEqual(shards.flat().sort((a, b) => all.indexOf(a) - all.indexOf(b)), all);
    }
  }));

Deno.test("images that cannot be used are named with what is wrong, and the others are done", () =>
  inStudy(async ({ images, out, predict, trained }) => {
    const { image } = ball([9, 9, 4]);
    const write = (name: string, data: Float32Array, like = image) =>
      writeVolume(join(images, `${name}.nii.gz`), { data, like });
    await write("a_nan", image.data.map((value, i) => i === 5 ? NaN : value));
    await write("b_constant", image.data.map(() => 7));
    const thin = ball([3, 9, 3]).image;
    await write("d_thin", thin.data, thin);
    await Deno.writeTextFile(join(images, "e_text.nii.gz"), "no volume");
    await Deno.writeTextFile(join(images, "._case_0.nii.gz"), "macOS");
    const results = await predict();
    const patterns = [
      /^a_nan failed .*1 value that is NaN/,
      /^b_constant failed .*constant/,
      /^case_0 done$/,
      /^case_1 done$/,
      /^case_2 done$/,
      /^d_thin failed .*smaller than/,
      /^e_text failed .*NIfTI header/,
    ];
    assert.equal(results.length, patterns.length);
    for (const [i, pattern] of patterns.entries()) assert.match(results[i]!, pattern);
    assert.deepEqual(
      Object.keys(await tree(out)).sort(),
      ["case_0.nii.gz", "case_1.nii.gz", "case_2.nii.gz"],
    );
    const channel = await predict({ ...await trained({ channel: [1] }), overwrite: true });
    assert.match(channel[2]!, /^case_0 failed .*no channel 1: it has one/);
  }));

Deno.test("progress goes from 0 to 1 over all images, a signal stops in the midst", () =>
  inStudy(async ({ out, predict }) => {
    const shares: number[] = [];
    const before = tf.memory().numTensors;
    await predict({
      batchSize: 1,
      doubt: "stability", // which needs another run, without a progress of its own
      onProgress: ({ share, secondsLeft }) => {
        shares.push(share);
        assert.ok(secondsLeft >= 0 && Number.isFinite(secondsLeft));
      },
    });
    assert.equal(tf.memory().numTensors, before);
    assert.equal(shares.length, 4 + 4 + 4);
    assert.deepEqual([...shares].sort((a, b) => a - b), shares);
    assert.ok(Math.abs(shares.at(-1)! - 1) < 1e-9);

    await Deno.remove(out, { recursive: true });
    const controller = new AbortController();
    const stopped = predict({
      batchSize: 1,
      signal: controller.signal,
      onProgress: ({ name }) => name.startsWith("case_1") && controller.abort(),
    });
    await assert.rejects(stopped, { name: "AbortError" });
    assert.deepEqual(Object.keys(await tree(out)), ["case_0.nii.gz"]);
    assert.deepEqual(await predict(), ["case_0 skipped", "case_1 done", "case_2 done"]);
  }));

Deno.test("pictures of a series are predicted together", () =>
  inStudy(async ({ folder, predict }) => {
    const series = join(folder, "series");
    await Deno.mkdir(series);
    const [height, width] = [9, 14];
    for (let i = 0; i < 3; i++) {
      const data = Float32Array.from({ length: height * width }, (_, p) => (p + i) % 9 / 10);
      await saveSlice(join(series, `p_slice_00${i}.png`), { data, height, width });
    }
    const { cases: sources } = await listImages(series, []);
    assert.deepEqual(sources.map(({ files }) => files.length), [3]);
    const out = join(folder, "masks");
    await Deno.mkdir(out);
    const results = await predict({ sources, out, probabilities: true });
    assert.deepEqual(results, ["p_slice_000 done"]);
    assert.equal(Object.keys(await tree(out)).length, 6);
    const probability = await loadSlice(join(out, "p_slice_002_probability.png"));
    assert.deepEqual([probability.height, probability.width], [height, width]);
    assert.deepEqual(await predict({ sources, out }), ["p_slice_000 skipped"]);
  }));

Deno.test("a mask by an older version of the program is made again", () =>
  inStudy(async ({ out, predict }) => {
    await predict();
    const path = join(out, "records", "case_0.nii.gz.json");
    const record = JSON.parse(await Deno.readTextFile(path));
    // What version 0.1 wrote: settings one by one
    const { weights, steps, fireRate, seed, samples } = record.made;
    record.made = { weights, steps, fireRate, axis: 2, channel: 0, size: "pad", seed, samples };
    await Deno.writeTextFile(path, JSON.stringify(record));
    const results = await predict();
    assert.equal(results[0], "case_0 again made by an older version of this program");
    assert.equal(results[1], "case_1 skipped");
  }));

Deno.test("one bad name or file is one failed image with a hint, and the others are done", () =>
  inStudy(async ({ images, out, predict }) => {
    const long = "x".repeat(240);
    await Deno.copyFile(join(images, "case_0.nii.gz"), join(images, `${long}.nii.gz`));
    await Deno.symlink("nowhere", join(images, "dangling.nii.gz"));
    await Deno.symlink("loop.nii.gz", join(images, "loop.nii.gz"));
    await Deno.mkdir(join(images, "folder.nii.gz"));
    await Deno.writeTextFile(join(images, "empty.nii.gz"), "");
    const { cases, problems } = await listImages(images, []);
    const named = problems.map(({ case: name, severity, hint }) => [name, severity, hint !== ""]);
    for (const name of [`${long}.nii.gz`, "dangling.nii.gz", "loop.nii.gz", "folder.nii.gz"]) {
      assert.ok(named.some((entry) => entry.join() === `${name},error,true`), name);
    }
    const results = await predict({ sources: cases });
    assert.deepEqual(results.slice(0, 3), ["case_0 done", "case_1 done", "case_2 done"]);
    assert.equal(results.length, 4);
    assert.match(results[3]!, /^empty failed /);
    assert.deepEqual(Object.keys(await tree(out)).length, 3);
  }));

Deno.test("an image of another kind than the training's is refused, unless it is forced", () =>
  inStudy(async ({ folder, images, predict }) => {
    const made = quickModel();
    const [weights, out] = [[join(folder, "models", "3")], join(folder, "strict")];
    const trained = {
      kind: "volume" as const,
      channelNames: [],
      orientations: ["LPS"],
      spacing: [0.5, 0.75] as const,
      slices: { smallest: [9, 9] as const, largest: [13, 12] as const },
      intensities: [{ low: 0, high: 106, spans: { low: 106, high: 106 } }],
    };
    const withInputs = (changes: object) => ({
      ...{
        models: [{ ...made, inputs: { ...made.inputs, channels: 1, ...changes } }],
        weights,
        out,
      },
    });
    // Canonical: turned as all others are. Stored: the model would see it the wrong way round
    assert.equal((await predict(withInputs({ trained })))[0], "case_0 done");
    const stored = withInputs({ orientation: "stored", trained });
    const refused = await predict({ ...stored, overwrite: true });
    assert.match(refused[0]!, /^case_0 failed .*cannot be right.*RAS.*LPS/);
    assert.match((await predict({ ...stored, overwrite: true, force: true }))[0]!, /^case_0 again/);
    const pictures = withInputs({ trained: { ...trained, kind: "pictures" } });
    assert.match(
      (await predict({ ...pictures, overwrite: true }))[0]!,
      /^case_0 failed .*trained on PNG pictures, not on volumes/,
    );
    const results = await predictFiles({
      ...withInputs({ trained: { ...trained, spacing: [2, 2] as const } }),
      sources: (await listImages(images, [])).cases.slice(0, 1),
      ...{ postprocess: ["none"], probabilities: false, overwrite: true, force: false },
      ...{ doubt: "entropy_one_run", temperatures: null, batchSize: 4, seed: 0, samples: 1 },
    });
    assert.match(
      results[0]!.warnings!.join(),
      /pixels are .*0\.5.* mm, those of the training images 2×2 mm/,
    );
    made.model.dispose();
  }));

Deno.test("masks and probabilities of several classes carry the data set's values and names", () =>
  inStudy(async ({ images, out, predict }) => {
    // Six pixels of the 12 × 12 grid that case_1 fills: the third class is nowhere
    const logits = Array.from(
      { length: 144 },
      (_, i) => i < 4 ? [3, 1, -9] : [-3, i < 6 ? 2 : -2, -9],
    );
    const inputs = { ...inputsOf({ labels: "left zone=7;right=2;none=5" }) };
    const models = [{ model: fixedModel(logits.flat(), 3), inputs }];
    const sources = (await listImages(images, [])).cases.filter(({ id }) => id === "case_1");
    const changes = { models, sources, probabilities: true, samples: 2 };
    assert.deepEqual(await predict({ ...changes, postprocess: ["none", "none", "none"] }), [
      "case_1 done",
    ]);
    assert.deepEqual(
      Object.keys(await tree(out)).sort(),
      [
        ...["case_1.nii.gz", "case_1_deviation_left-zone.nii.gz"],
        ...["case_1_deviation_none.nii.gz", "case_1_deviation_right.nii.gz"],
        ...["case_1_probability_left-zone.nii.gz", "case_1_probability_none.nii.gz"],
        "case_1_probability_right.nii.gz",
      ],
    );
    const mask = await readVolume(join(out, "case_1.nii.gz"));
    // Rows run along x of a volume that is stored RAS: pixel i lies at x = ⌊i / 12⌋, y = i mod 12
    const plane = Array.from({ length: 12 }, (_, y) => mask.data[12 * y]);
    assert.deepEqual(plane, [7, 7, 7, 7, 2, 2, 0, 0, 0, 0, 0, 0]);
    const left = await readVolume(join(out, "case_1_probability_left-zone.nii.gz"));
    const expected = Math.exp(3) / (1 + Math.exp(3) + Math.exp(1) + Math.exp(-9));
    assert.ok(Math.abs(left.data[0]! - expected) < 1e-6);
  }));

Deno.test("predictFiles measures the doubt that it is given, and writes calibrated probabilities", () =>
  inStudy(async ({ out }) => {
    // On the 12 × 12 grid that case_1 fills: two columns apart, of which one is at the border
    const logits = Array.from({ length: 144 }, (_, i) => i % 12 === 0 || i % 12 === 4 ? 2 : -2);
    const made = { model: fixedModel(logits, 1), inputs: inputsOf() };
    const { cases } = await listImages(join(out, "../images"), []);
    const given = {
      ...{ models: [made], sources: cases.filter(({ id }) => id === "case_1"), overwrite: false },
      ...{ weights: [join(out, "../models/3")], out, postprocess: ["none"] as const, force: false },
      ...{ probabilities: true, batchSize: 4, seed: 0, samples: 2, temperatures: [4] },
    };
    const [result] = await predictFiles({ ...given, doubt: "agreement" });
    assert.deepEqual([result!.doubt, result!.pieces, result!.touchesBorder], [0, [2], true]);
    // Two columns of twelve pixels in four slices; 0.5 × 0.75 × 3 mm are 1.125 µl
    assert.deepEqual([result!.counts, result!.voxelMillilitres], [[96], 0.001125]);
    const { data } = await readVolume(join(out, "case_1_probability.nii.gz"));
    const said = [2, -2].map((logit) => 1 / (1 + Math.exp(-logit / 4)));
    assert.ok(data.every((p) => said.some((expected) => Math.abs(p - expected) < 1e-6)));
    const { data: mask } = await readVolume(join(out, "case_1.nii.gz"));
    assert.deepEqual(Array.from(mask, Boolean), Array.from(data, (p) => p > 0.5));

    const entropy = (changes: Partial<PredictFilesOptions>) =>
      predictFiles({ ...given, doubt: "entropy", ...changes });
    const [again] = await entropy({});
    assert.equal(again!.why, "changed: doubt");
    const p = 1 / (1 + Math.exp(-2));
    const bits = -p * Math.log2(p) - (1 - p) * Math.log2(1 - p);
    // 24 pixels of p and 120 of 1 − p in each of four slices
    assert.ok(Math.abs(again!.doubt! - 144 * bits / (24 * p + 120 * (1 - p))) < 1e-5);
    assert.equal((await entropy({ temperatures: null }))[0]!.why, "changed: temperatures");
    const none = { model: fixedModel(logits.map(() => -2), 1), inputs: inputsOf() };
    const [empty] = await entropy({ models: [none], overwrite: true, doubt: "agreement" });
    assert.deepEqual([empty!.doubt, empty!.pieces, empty!.touchesBorder], [null, [0], false]);
  }));
