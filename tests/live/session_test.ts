import * as tf from "@tensorflow/tfjs";
import assert from "node:assert/strict";
import { join } from "@std/path";
import { unzipSync } from "fflate";
import { initBackend } from "../../lib/backend.ts";
import { predictFiles } from "../../lib/evaluation/predict_files.ts";
import { loadModel } from "../../lib/live/load_model.ts";
import type { SavedFile } from "../../lib/live/case_masks.ts";
import { Session } from "../../lib/live/session.ts";
import type { Files } from "../../lib/live/model_files.ts";
import type { Scene, Stroke } from "../../lib/live/situation.ts";
import { cellSeed } from "../../lib/nca/cell_seeds.ts";
import { listInputs } from "../../lib/slices/discovery/dicom_case.ts";
import { listImages } from "../../lib/slices/discovery/list_images.ts";
import { decodePng } from "../../lib/slices/png.ts";
import { saveSlice } from "../../lib/slices/save_slice.ts";
import { InputError } from "../../lib/support/errors.ts";
import { memoryFiles } from "../../lib/support/memory_files.ts";
import { readVolume } from "../../lib/volume/mod.ts";
import { runPython } from "../../tasks/support/python.ts";
import { inFolder } from "../support/in_folder.ts";
import { DICOM, dicom, EXAMPLE, modelFiles, readFiles, ROOT } from "./support/files.ts";
import { nibabel, WITH_NIBABEL } from "./support/nibabel.ts";

const CASE = { image: "imagesTr/prostate_07.nii.gz", label: "labelsTr/prostate_07.nii.gz" };

/** Runs with the example model and a held-out case of data.example. */
async function withSession(use: (session: Session, start: Scene) => Promise<void>): Promise<void> {
  const backend = await initBackend({ backend: "wasm", threads: 1 });
  const session = new Session();
  const { steps, fireRate, seed } = session.setModel(await loadModel(await modelFiles()));
  const [image, label] = await readFiles([CASE.image, CASE.label]);
  const files = new Map([["prostate_07.nii.gz", image!], ["prostate_07_seg.nii.gz", label!]]);
  const { start } = await session.openCase(files, false, null);
  try {
    await use(session, {
      ...{ slice: start, seed, steps, fireRate, noise: 0, bias: 1, contrast: 1, strokes: [] },
      ...{ step: 60, show: "mask" },
    });
  } finally {
    backend.dispose();
  }
}

const none = () => {};
const signal = new AbortController().signal;

Deno.test("Session.segment() gives the bytes of predict, from files in memory", () =>
  withSession((session, start) =>
    inFolder(async (out) => {
      const { model, inputs, postprocess, config } = await loadModel(await modelFiles());
      const { cases } = await listImages(join(ROOT, "data.example", CASE.image), []);
      await predictFiles({
        ...{ models: [{ model, inputs }], weights: [EXAMPLE], sources: cases, out, postprocess },
        ...{ probabilities: false, overwrite: false, force: false },
        ...{ doubt: "entropy_one_run", temperatures: null },
        ...{ batchSize: 4, seed: config.seed, samples: 1 },
      });
      model.dispose();
      const { counts, dice } = await session.segment(signal, none);
      const [mask] = await session.masks.save();
      assert.equal(mask!.name, "prostate_07.nii.gz");
      assert.deepEqual(mask!.bytes, await Deno.readFile(join(out, "prostate_07.nii.gz")));
      assert.ok(counts[0]! > 10_000);
      assert.ok(Math.abs(dice![0]! - 0.8919) < 0.002, `${dice}, not that of the card`);
      const { plane, truth } = await session.frame({ ...start, step: 0, show: "result" });
      assert.deepEqual([plane.length, truth!.length], [320 * 320, 320 * 320]);
      const differ = [...truth!].filter((code, i) => code !== plane[i]).length;
      assert.ok(plane.includes(1) && differ < 1300, `${differ} pixels differ`);
    })
  ));

Deno.test("CaseMasks.correct() changes the voxels of its stroke, in the volume's own grid", () =>
  withSession((session) =>
    inFolder(async (out) => {
      await session.segment(signal, none);
      const read = async () => {
        const [{ name, bytes }] = await session.masks.save() as [SavedFile];
        await Deno.writeFile(join(out, name), bytes);
        return await readVolume(join(out, name));
      };
      const before = await read();
      const { counts: [count], voxelMillilitres } = session.masks.measure();
      const [dx, dy, dz] = before.spacing;
      assert.ok(Math.abs(1000 * voxelMillilitres! - dx * dy * dz) < 1e-9);
      // The first row of the fifth slice's picture is x = 0, its column y: the volume is stored RAS
      const stroke = { step: 0, tool: "erase", radius: 0, points: [7, 0, 9, 0] } as const;
      session.masks.correct({ slice: 4, stroke: { ...stroke, points: [7, 0] }, code: 1 }, false);
      session.masks.correct({ slice: 4, stroke, code: 1 }, true);
      const after = await read();
      const changed = [...after.data.keys()].filter((i) => after.data[i] !== before.data[i]);
      assert.deepEqual(changed, [7, 8, 9].map((y) => y * 320 + 4 * 320 * 320));
      assert.ok(changed.every((i) => after.data[i] === 1));
      assert.deepEqual(after.affine, before.affine);
      assert.deepEqual(session.masks.measure().counts, [count! + 3]);
      session.masks.correct({ slice: 4, stroke: { ...stroke, points: [20, 20] }, code: 1 }, false);
      session.masks.correct({ slice: 2, stroke: { ...stroke, points: [0, 0] }, code: 1 }, false);
      assert.ok(session.masks.undo() && session.masks.undo());
      assert.deepEqual((await read()).data, after.data, "the last goes first");
      assert.ok(session.masks.undo() && !session.masks.undo());
      assert.deepEqual((await read()).data, before.data);
    })
  ));

for (const name of ["ras", "lps", "oblique"]) {
  Deno.test({
    name: `CaseMasks.correct() draws where the picture shows it, ${name} (needs nibabel)`,
    ignore: nibabel === undefined,
    fn: () =>
      withSession((session) =>
        inFolder(async (folder) => {
          await runPython(nibabel!, [WITH_NIBABEL, "write", folder]);
          const image = join(folder, `${name}.nii.gz`);
          const files = new Map([[`${name}.nii.gz`, await Deno.readFile(image)]]);
          await session.openCase(files, true, null);
          await session.segment(signal, none);
          const save = async (path: string) => {
            const [mask] = await session.masks.save() as [SavedFile];
            await Deno.writeFile(join(folder, path), mask.bytes);
            return join(folder, path);
          };
          // Slices are canonical: rows go to the right, columns to the front
          const stroke = { step: 0, tool: "erase", radius: 0, points: [7, 3, 9, 3] } as const;
          session.masks.correct({ slice: 2, stroke, code: 0 }, false);
          const before = await save("before.nii.gz");
          session.masks.correct({ slice: 2, stroke, code: 1 }, false);
          const after = await save("after.nii.gz");
          const told = await runPython(nibabel!, [WITH_NIBABEL, "compare", image, before, after]);
          assert.deepEqual(JSON.parse(told), {
            ...{ sameAffine: true, sameShape: true },
            changed: [[3, 7, 2], [3, 8, 2], [3, 9, 2]],
            values: [1],
          });
        })
      ),
  });
}

Deno.test("Session.frame() goes step by step to where Dice is that of the card", () =>
  withSession(async (session, scene) => {
    const { dice, change, plane, truth, stage, stageStep, planeSize } = await session.frame(scene);
    assert.deepEqual([stage, stageStep, planeSize], ["fine", 20, [80, 80]]);
    assert.equal(dice.length, 61);
    assert.equal(change[0], 0);
    assert.ok(change[1]! > change[60]!, "it settles");
    assert.ok(dice[60]! > 0.9, `${dice[60]}`);
    let [both, all] = [0, 0];
    for (const [i, code] of truth!.entries()) {
      both += code & plane[i]!;
      all += code + plane[i]!;
    }
    assert.equal(dice[60], 2 * both / all);
    // Back, on beyond the last step, and to the same state again
    const early = await session.frame({ ...scene, step: 10 });
    assert.deepEqual([early.stage, early.planeSize, early.dice.length], ["coarse", [20, 20], 11]);
    assert.equal((await session.frame({ ...scene, step: 80 })).stageStep, 40);
    assert.deepEqual((await session.frame(scene)).plane, plane);
  }));

Deno.test("Session.frame() ends with the bits of the model's own rollout", () =>
  withSession(async (session, scene) => {
    const { image, plane } = await session.frame({ ...scene, show: 1 });
    const { model } = await loadModel(await modelFiles());
    const logits = tf.tidy(() =>
      model.forward(tf.tensor4d(image, [1, 80, 80, 1]), {
        ...{ seeds: [cellSeed(scene.seed, scene.slice)], stats: "slice" },
      }).dataSync()
    );
    model.dispose();
    assert.deepEqual(plane, logits);
  }));

Deno.test("Session.frame() erases cells, which heal, and takes it back", () =>
  withSession(async (session, scene) => {
    const before = await session.frame(scene);
    // The right half of the gland, in the middle of the coarse stage
    const columns = [...before.truth!.keys()].filter((i) => before.truth![i] === 1)
      .map((i) => i % 80);
    const x = Math.round((Math.min(...columns) + Math.max(...columns)) / 2) + 14;
    const stroke = { step: 20, tool: "erase", radius: 14, points: [x, 20, x, 60] } as const;
    const { dice } = await session.frame({ ...scene, strokes: [stroke] });
    assert.deepEqual(dice.slice(0, 20), before.dice.slice(0, 20));
    assert.ok(dice[20]! < before.dice[20]! - 0.15, `${dice[20]} after ${before.dice[20]}`);
    assert.ok(dice[60]! > 0.9, `healed to ${dice[60]}`);
    assert.deepEqual((await session.frame(scene)).plane, before.plane);
  }));

Deno.test("Session.frame() gives the same state whichever way leads there", () =>
  withSession(async (session, scene) => {
    const erase = { tool: "erase", radius: 9, points: [30, 40, 50, 40] } as const;
    const strokes: Stroke[] = [{ step: 0, ...erase, tool: "darken" }, { step: 7, ...erase }];
    const more: Stroke[] = [...strokes, { step: 40, ...erase }, { step: 47, ...erase, radius: 4 }];
    const visited = [[60, []], [33, []], [48, more], [61, more], [47, more], [59, more]] as const;
    for (const [step, drawn] of visited) await session.frame({ ...scene, step, strokes: drawn });
    let changes: number[] = [];
    for (const [step, drawn] of [[60, strokes], [46, strokes], [58, more], [40, more]] as const) {
      const asked = { ...scene, step, strokes: drawn, show: 2 } as const;
      const here = await session.frame(asked);
      assert.ok(here.dice.every(Number.isFinite) && here.change.every(Number.isFinite));
      assert.deepEqual([here.dice.length, here.change.length], [step + 1, step + 1]);
      if (step === 60) [, ...changes] = here.change;
      // A step's change is that of the automaton, without the stroke behind it
      if (step === 40) assert.deepEqual(here.change.slice(1), changes.slice(0, 40));
      await session.frame({ ...asked, seed: 1 }); // nothing is known of it any more
      assert.deepEqual(await session.frame(asked), here);
    }
  }));

Deno.test("Session.frame() erases with a later stroke only what that stroke covers", () =>
  withSession(async (session, scene) => {
    const first = { step: 5, tool: "erase", radius: 9, points: [30, 40, 50, 40] } as const;
    const later = { step: 25, tool: "erase", radius: 3, points: [40, 66] } as const;
    const asked = { ...scene, step: 25, show: 2 } as const;
    const { plane: alone } = await session.frame({ ...asked, strokes: [first] });
    const { plane: both } = await session.frame({ ...asked, strokes: [first, later] });
    // Of the 20 × 20 coarse cells some around row 16; the first stroke was in rows 7 to 12
    const changed = [...both.keys()].filter((i) => both[i] !== alone[i]);
    assert.deepEqual([alone.length, changed.length > 0], [400, true]);
    assert.ok(changed.every((i) => both[i] === 0 && Math.abs(Math.floor(i / 20) - 16) <= 1));
  }));

Deno.test("Session.frame() shows the image as sliders and brushes leave it", () =>
  withSession(async (session, scene) => {
    const plain = await session.frame({ ...scene, step: 5 });
    const stroke = { step: 5, tool: "brighten", radius: 0, points: [3, 2] } as const;
    const { image } = await session.frame({ ...scene, step: 5, strokes: [stroke] });
    const changed = [...image.keys()].filter((i) => image[i] !== plain.image[i]);
    assert.deepEqual(changed, [2 * 80 + 3]);
    assert.equal(image[163], Math.fround(plain.image[163]! + 0.3));
    const before = await session.frame({ ...scene, step: 4, strokes: [stroke] });
    assert.deepEqual(before.image, plain.image);
    const noisy = await session.frame({ ...scene, step: 5, noise: 0.1 });
    assert.notDeepEqual(noisy.image, plain.image);
    assert.notDeepEqual(noisy.dice, plain.dice);
  }));

Deno.test("Session.tenRuns() tells how far the answers of one slice differ", () =>
  withSession(async (session, scene) => {
    const quality = await session.tenRuns(scene, signal);
    const { plane, planeSize } = await session.frame({ ...scene, show: "deviation" });
    assert.deepEqual([...planeSize, plane.length], [80, 80, 6400]);
    assert.ok(plane.some((value) => value > 0.1) && plane.every((value) => value <= 0.5));
    assert.ok(quality > 0 && quality < 1, `${quality}`);
    // Where every cell fires nothing is left to chance
    const certain = await session.tenRuns({ ...scene, fireRate: 1 }, signal);
    assert.equal(certain, 0);
  }));

Deno.test("Session leaves no tensor behind, however long it runs", () =>
  withSession(async (session, scene) => {
    await session.frame(scene);
    const before = tf.memory().numTensors;
    for (let seed = 0; seed < 3; seed++) {
      const stroke = { step: 3, tool: "erase", radius: 9, points: [40, 40] } as const;
      await session.frame({ ...scene, seed, strokes: [stroke], step: 45 });
      await session.tenRuns({ ...scene, seed, steps: [2, 1] }, signal);
    }
    assert.equal(tf.memory().numTensors, before);
  }));

Deno.test("Session segments a picture if asked to", () =>
  withSession(async (session) => {
    const data = Float32Array.from({ length: 30 * 50 }, (_, i) => i % 50 / 50);
    await saveSlice("memory:/a.png", { data, height: 30, width: 50 });
    const files = new Map([["a.png", memoryFiles.get("memory:/a.png")!]]);
    await assert.rejects(session.openCase(files, false, null), /trained on volumes/);
    const { slices, warnings, view } = await session.openCase(files, true, null);
    assert.deepEqual([slices, view], [1, "raw"]);
    assert.match(warnings.join(), /trained on volumes/);
    await session.segment(signal, none);
    const [{ name, bytes }] = await session.masks.save() as [SavedFile];
    const { width, height } = decodePng(bytes);
    assert.deepEqual([name, width, height], ["a.png", 50, 30]);
  }));

Deno.test("Session.openCase() says what is wrong with files", () =>
  withSession(async (session) => {
    const rejects = (names: string[], message: RegExp) =>
      assert.rejects(
        session.openCase(new Map(names.map((name) => [name, new Uint8Array(9)])), false, null),
        (error) => error instanceof InputError && message.test(error.message),
      );
    await rejects(["a.txt"], /a\.txt is neither/);
    await rejects(["a.nii", "b.nii"], /2 cases: a, b/);
    await rejects(["a.png"], /trained on volumes, not on PNG pictures/);
    await rejects(["a.nii"], /does not start with a NIfTI header/);
  }));

Deno.test("Session.openCase() converts DICOM, one of its series, as predict does", () =>
  withSession((session) =>
    inFolder(async (out) => {
      const two = await dicom("two_series");
      const archive = new Map([["scan.zip", two]]);
      const { "3": first, "4": second, ...others } = Object.fromEntries(
        (await session.listSeries(archive)).map((series) => [series.key, series]),
      );
      assert.deepEqual([first, second, others], [
        { key: "3", text: "3: 5 slices, MR T2", isUsable: true },
        { key: "4", text: "4: 3 slices, MR DWI", isUsable: true },
        {},
      ]);
      await assert.rejects(session.openCase(archive, true, null), /there are several series/);
      // The files of the archive in folders give the same
      const folder = new Map(
        Object.entries(unzipSync(two)).map(([name, bytes]) => [`a/${name}`, bytes]),
      ) as Files;
      const masks = [];
      for (const files of [archive, folder]) {
        const { id, slices } = await session.openCase(files, true, "4");
        assert.match(id, /^series_4_[0-9a-f]{8}$/);
        assert.equal(slices, 3);
        await session.segment(signal, none);
        masks.push(...await session.masks.save());
      }
      const { model, inputs, postprocess, config } = await loadModel(await modelFiles());
      const { cases } = await listInputs(join(DICOM, "two_series.zip"), [], "4");
      await predictFiles({
        ...{ models: [{ model, inputs }], weights: [EXAMPLE], sources: cases, out, postprocess },
        ...{ probabilities: false, overwrite: false, force: true },
        ...{ doubt: "entropy_one_run", temperatures: null },
        ...{ batchSize: 4, seed: config.seed, samples: 1 },
      });
      model.dispose();
      for (const { name, bytes } of masks) {
        assert.deepEqual(bytes, await Deno.readFile(join(out, name)));
      }
    })
  ));

Deno.test("Session.openCase() refuses DICOM as predict does", () =>
  withSession(async (session) => {
    for (const name of ["missing", "double", "tilt", "colour", "mixed", "several_frames"]) {
      const path = join(DICOM, `${name}.zip`);
      const message = await listInputs(path, [], null).then(
        () => assert.fail(`${name} should not be read`),
        (error: InputError) => error.message.replace(`: ${path}`, ""),
      );
      const files = new Map([["a.zip", await dicom(name)]]);
      const [series] = await session.listSeries(files);
      assert.equal(series!.isUsable, false);
      await assert.rejects(
        session.openCase(files, false, null),
        (error: InputError) => error.message.includes(message.split("\n")[0]!),
      );
    }
    assert.deepEqual(await session.listSeries(new Map([["a.txt", new Uint8Array(9)]])), []);
    const [image] = await readFiles([CASE.image]);
    assert.deepEqual(await session.listSeries(new Map([["a.nii.gz", image!]])), []);
  }));

Deno.test("loadModel() names the files that are missing", async () => {
  const files = await modelFiles();
  files.delete("slices.json");
  await assert.rejects(loadModel(files), /slices\.json missing/);
});

Deno.test("loadModel() refuses a model that sees neighbouring slices", async () => {
  const files = await modelFiles();
  const config = JSON.parse(new TextDecoder().decode(files.get("config.json")));
  files.set("config.json", new TextEncoder().encode(JSON.stringify({ ...config, neighbours: 1 })));
  await assert.rejects(loadModel(files), {
    name: "InputError",
    message: /it sees 3 slices at once, this page shows models of one/,
  });
});
