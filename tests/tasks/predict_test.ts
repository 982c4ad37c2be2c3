import assert from "node:assert/strict";
import { join } from "@std/path";
import { writeTinyVolumes } from "../training/support/tiny_data.ts";
import { discoverCases } from "../../lib/slices/discovery/discover_cases.ts";
import type { SliceSettings } from "../../lib/slices/mod.ts";
import { findPython, runPython } from "../../tasks/support/python.ts";
import { readVolume, writeVolume } from "../../lib/volume/mod.ts";
import { makeRun } from "./support/make_run.ts";
import { inFolder, runTaskIn, startTask } from "./support/run_task.ts";

/** What `with_nibabel.py compare` says of a case. */
interface Overlay {
  shapes: number[][];
  sameAffine: boolean;
  oblique: boolean;
  otherSpace: string[];
  types: string[];
  values: number[];
  sameMask: boolean;
  dice: number;
}

const SCRIPT = join(import.meta.dirname!, "with_nibabel.py");
const nibabel = await findPython("import nibabel, numpy");

/** Makes a run in a folder with data, and of it what can be handed on: a model's folder. */
async function makeModel(folder: string, settings: Partial<SliceSettings> = {}): Promise<void> {
  const data = join(folder, "data");
  const { cases } = await discoverCases(data);
  const [test, validation, ...train] = cases.map(({ id }) => id) as [string, string];
  const split = { train, validation: [validation], test: [test] };
  await makeRun(join(folder, "run"), data, { split, settings });
  await Deno.mkdir(join(folder, "model"));
  for (const name of ["model1.safetensors", "model2.safetensors", "config.json", "slices.json"]) {
    await Deno.copyFile(join(folder, "run", name), join(folder, "model", name));
  }
}

for (
  const [how, settings] of [
    ["padded", {}],
    ["resized along axis 0", { axis: 0, size: [12, 16] }],
    ["cropped along axis 1", { axis: 1, size: [16, 12], fit: "pad-or-crop" }],
  ] as const
) {
  Deno.test({
    name: `masks of oblique volumes, their slices ${how}, overlay in nibabel (needs nibabel)`,
    ignore: nibabel === undefined,
    fn: () =>
      inFolder(async (folder) => {
        const data = join(folder, "data");
        await runPython(nibabel!, [SCRIPT, "write", data]);
        await makeModel(folder, settings);
        const evaluate = await runTaskIn(
          folder,
          "evaluate",
          ...["--run", "run", "--split", "train", "--out", "scores"],
        );
        assert.equal(evaluate.code, 0, evaluate.error);
        const predict = await runTaskIn(
          folder,
          "predict",
          ...["--run", "model", "--image", "data/images", "--out", "masks", "--probabilities"],
        );
        assert.equal(predict.code, 0, predict.error);

        const [images, labels] = [join(data, "images"), join(data, "labels")];
        const cases: Record<string, Overlay> = JSON.parse(
          await runPython(nibabel!, [SCRIPT, "compare", images, labels, join(folder, "masks")]),
        );
        assert.equal(Object.keys(cases).length, 4);
        for (const [id, overlay] of Object.entries(cases)) {
          const [image, mask, probability] = overlay.shapes;
          assert.deepEqual([mask, probability], [image, image], id);
          assert.ok(overlay.oblique && overlay.sameAffine && overlay.sameMask, id);
          assert.deepEqual(overlay.otherSpace, [], id);
          assert.deepEqual(overlay.types, ["uint8", "float32"]);
          assert.deepEqual(overlay.values, [0, 1], `${id}: the mask is empty or full`);
        }
        const { metric_per_case } = JSON.parse(
          await Deno.readTextFile(join(folder, "scores", "summary.json")),
        );
        assert.equal(metric_per_case.length, 2);
        for (const { case: id, metrics } of metric_per_case) {
          assert.ok(Math.abs(cases[id]!.dice - metrics["1"].Dice) < 1e-12, id);
        }
      }),
  });
}

Deno.test("predict shares a folder, goes on where it was stopped and names what is broken", () =>
  inFolder(async (folder) => {
    await writeTinyVolumes(join(folder, "data"), { slices: 4 });
    await makeModel(folder);
    const predict = (
      ...flags: string[]
    ) => ["--run", "model", "--image", "data/images", "--out", "masks", ...flags];
    const run = (...flags: string[]) => runTaskIn(folder, "predict", ...predict(...flags));

    const [one, two] = await Promise.all([run("--shard", "1/2"), run("--shard", "2/2")]);
    assert.equal(one.code + two.code, 0, one.error + two.error);
    assert.match(
      one.out,
      /1 of 2: 2 of 4 images\n1\/2 {2}case_0\.nii\.gz {2}[\d.]+ ml\n2\/2 {2}case_2/,
    );
    assert.match(two.out, /2 of 2: 2 of 4 images\n1\/2 {2}case_1\.nii\.gz .*\n2\/2 {2}case_3/);

    const images = join(folder, "data", "images");
    await Deno.writeTextFile(join(images, "a.nii.gz"), "broken");
    await Deno.writeTextFile(join(images, "b.nii"), "broken");
    await Deno.remove(join(folder, "masks", "case_2.nii.gz"));
    const rest = await run();
    assert.equal(rest.code, 1);
    assert.match(rest.out, /Skipped 3 that were done .*: case_0\.nii\.gz, case_1\.nii\.gz, case_3/);
    assert.match(rest.out, /5\/6 {2}case_2\.nii\.gz {2}[\d.]+ ml\n/);
    assert.match(
      rest.error,
      /error: Cannot predict 2 of 6 images:\n {2}a\.nii\.gz: .*\n {2}b\.nii: .*\nAll others are done/,
    );

    // Stopped in the midst, with many samples so that there is time for it.
    await Deno.remove(join(images, "a.nii.gz"));
    await Deno.remove(join(images, "b.nii"));
    const samples = ["--samples", "60"];
    const child = startTask(folder, "predict", predict(...samples));
    const reader = child.stdout.pipeThrough(new TextDecoderStream()).getReader();
    const errors = new Response(child.stderr).text();
    let out = "";
    while (!out.includes("1/4")) out += (await reader.read()).value ?? assert.fail(await errors);
    child.kill("SIGINT");
    for (let part = await reader.read(); !part.done; part = await reader.read()) out += part.value;
    assert.equal((await child.status).code, 130, await errors);
    const done = Number(
      /(\d) of 4 images are done; run the same command to continue/.exec(out)?.[1],
    );
    assert.ok(done >= 1 && done < 4, out);
    // A run of an old version does not say what it was trained on, nor has it a threshold of doubt
    assert.doesNotMatch(rest.error, /does not say what it was trained on/);
    const inputs = join(folder, "model", "slices.json");
    const { trained: _, ...old } = JSON.parse(await Deno.readTextFile(inputs));
    await Deno.writeTextFile(inputs, JSON.stringify(old));
    const again = await run(...samples);
    assert.equal(again.code, 0, again.error);
    assert.match(
      again.error,
      /warning: this run does not say what it was trained on, so images are/,
    );
    assert.match(
      again.out,
      /review\.csv: 4 masks by NCA quality metric\n +none is flagged: .* no thr/,
    );
    assert.match(again.out, /deno task evaluate --run model --split validation --uncertainty/);
    assert.match(again.out, new RegExp(`Skipped ${done} that were done`));
    assert.match(again.out, /case_3\.nii\.gz .*\(made again: changed: samples, doubt\)/);
  }));

Deno.test("predict tells what is wrong with its flags and folders", () =>
  inFolder(async (folder) => {
    await writeTinyVolumes(join(folder, "data"));
    await makeModel(folder);
    const run = (model: string, out: string, ...flags: string[]) =>
      runTaskIn(
        folder,
        "predict",
        ...["--run", model, "--image", "data/images", "--out", out, ...flags],
      );
    const rejects = async (done: ReturnType<typeof run>, pattern: RegExp, status = 1) => {
      const { code, error } = await done;
      assert.equal(code, status);
      assert.match(error, pattern);
      assert.ok(!/\n\s+at /.test(error), error);
    };
    await rejects(run("model", "masks", "--shard", "3/2"), /Expected a part .* as 1\/4/, 2);
    await rejects(run("model", "data/images"), /would overwrite the image/);
    await Deno.remove(join(folder, "model", "slices.json"));
    await rejects(run("model", "masks"), /slices\.json is missing: model\nCopy slices\.json/);
  }));

Deno.test("predict says what cannot be read or written, and names no flag that it has not", () =>
  inFolder(async (folder) => {
    await writeTinyVolumes(join(folder, "data"));
    await makeModel(folder);
    const path = join(folder, "data", "images", "case_0.nii.gz");
    const like = await readVolume(path);
    const data = like.data.map((value, i) => i < 50 ? NaN : value);
    await writeVolume(path, { data, like });
    const images = ["--image", "data/images", "--out", "masks"];
    const some = await runTaskIn(folder, "predict", "--run", "model", ...images);
    assert.equal(some.code, 1);
    assert.match(
      some.error,
      /case_0\.nii\.gz: image has 50 values that are NaN or infinite \(The model's own settings apply here; in training: .*--fill lowest/,
    );
    const file = await runTaskIn(folder, "predict", "--run", "model/config.json", ...images);
    assert.equal(file.code, 1);
    assert.match(
      file.error,
      /^error: Cannot read run: the folder is not a run: model\/config\.json\n/,
    );
    if (Deno.build.os === "windows") return;
    await Deno.symlink("loop", join(folder, "loop"));
    const loop = ["--run", "model", "--image", "data/images", "--out", "loop"];
    const { code, error } = await runTaskIn(folder, "predict", ...loop);
    assert.equal(code, 1);
    assert.match(error, /^error: Cannot write: it is a link that leads back to itself: loop\n/);
  }));
