/** The session with a model of two classes, on volumes whose slices have the model's own size. */

import * as tf from "@tensorflow/tfjs";
import assert from "node:assert/strict";
import { encode } from "fast-png";
import { initBackend } from "../../lib/backend.ts";
import { loadModel } from "../../lib/live/load_model.ts";
import type { Files } from "../../lib/live/model_files.ts";
import { Session } from "../../lib/live/session.ts";
import type { Scene } from "../../lib/live/situation.ts";
import { cellSeed } from "../../lib/nca/cell_seeds.ts";
import { MedNca } from "../../lib/nca/med_nca.ts";
import { InputError } from "../../lib/support/errors.ts";
import { memoryFiles } from "../../lib/support/memory_files.ts";
import { createVolume, writeVolume } from "../../lib/volume/mod.ts";
import { modelFiles, PARTS } from "./support/files.ts";

/** Coronal slices of 36 × 40. */
const SHAPE = [36, 3, 40];

/** A volume as the bytes of a file. */
async function volume(
  value: (voxel: number) => number,
  shape: readonly number[] = SHAPE,
): Promise<Uint8Array<ArrayBuffer>> {
  const data = Float32Array.from({ length: shape.reduce((a, b) => a * b) }, (_, i) => value(i));
  const like = createVolume({ data, shape, spacing: [1, 1, 1] });
  await writeVolume("memory:/made.nii", { data, like });
  return memoryFiles.get("memory:/made.nii")!;
}

/** An image of smooth waves. */
const image = (shape?: readonly number[]) =>
  volume((i) => 300 + 200 * Math.sin(i % 36 / 5) * Math.cos(Math.floor(i / 108) / 6), shape);

const signal = new AbortController().signal;

/** Runs with the model, whose data set ignored 9, and perhaps other settings. */
async function withSession(
  use: (session: Session, open: (files: Files) => ReturnType<Session["openCase"]>) => Promise<void>,
  changes: Record<string, unknown> = {},
): Promise<void> {
  const backend = await initBackend({ backend: "wasm", threads: 1 });
  try {
    const session = new Session();
    const files = await modelFiles(PARTS);
    const settings = JSON.parse(new TextDecoder().decode(files.get("slices.json")));
    settings.targets.ignore = [9];
    const changed = JSON.stringify({ ...settings, ...changes });
    files.set("slices.json", new TextEncoder().encode(changed));
    session.setModel(await loadModel(files));
    await use(session, (given) => session.openCase(given, false, null));
  } finally {
    backend.dispose();
  }
}

const SCENE: Scene = {
  ...{ slice: 1, seed: 5, steps: [12, 6], fireRate: 0.7, noise: 0.1, bias: 2, contrast: 1.5 },
  ...{ strokes: [], step: 18, show: "mask" },
};

Deno.test("Session.tenRuns() gives the spread of ten rollouts, and its share of their sum", () =>
  withSession(async (session, open) => {
    await open(new Map([["a.nii", await image()]]));
    const quality = await session.tenRuns(SCENE, signal);
    const { plane, image: seen } = await session.frame({ ...SCENE, show: "deviation" });
    const { weights } = await loadModel(await modelFiles(PARTS));
    const model = new MedNca({ ...weights.config, fireRate: SCENE.fireRate }, weights);
    const runs = Array.from({ length: 10 }, (_, run) => {
      const seeds = [cellSeed(SCENE.seed, SCENE.slice, run)];
      const logits = tf.tidy(() =>
        model.forward(tf.tensor4d(seen, [1, 36, 40, 1]), {
          ...{ seeds, stats: "slice", steps: SCENE.steps },
        }).dataSync()
      ).map(Math.exp);
      return logits.map((power, i) => power / (1 + logits[i & ~1]! + logits[i | 1]!));
    });
    model.dispose();
    const mean = (values: number[]) => values.reduce((a, b) => a + b) / 10;
    let [spread, sum] = [0, 0];
    for (const [pixel, shown] of plane.entries()) {
      const deviations = [2 * pixel, 2 * pixel + 1].map((i) => {
        const values = runs.map((run) => run[i]!);
        const middle = mean(values);
        sum += middle;
        return Math.sqrt(mean(values.map((value) => (value - middle) ** 2)));
      });
      spread += deviations[0]! + deviations[1]!;
      assert.ok(Math.abs(Math.max(...deviations) - shown) < 1e-5, `${deviations}, ${shown}`);
    }
    assert.ok(Math.abs(quality / (spread / sum) - 1) < 1e-4 && quality > 0.1, `${quality}`);
  }));

Deno.test("Session.openCase() refuses other channels, tells other sizes, and keeps what is open", () =>
  withSession(async (session, open) => {
    const two = new Map([["two.nii", await image([...SHAPE, 2])]]);
    await assert.rejects(open(two), /image has 2 channels, 1 is needed/);
    await open(new Map([["a.nii", await image()]]));
    const { warnings } = await open(new Map([["small.nii", await image([36, 3, 9])]]));
    assert.match(warnings.join(), /slices have 36×9 pixels, those of the training images 31×26/);
    // What was open before a refusal stays
    await assert.rejects(open(new Map([["broken.nii", new Uint8Array(400)]])), /Cannot read/);
    const { volume } = await session.volumes();
    assert.deepEqual([volume!.name, volume!.bytes], ["small.nii", await image([36, 3, 9])]);
  }));

Deno.test("Session.openCase() names the image whose values it cannot use", () =>
  withSession(async (_, open) => {
    const refuses = async (files: Record<string, Uint8Array<ArrayBuffer>>, message: RegExp) =>
      await assert.rejects(open(new Map(Object.entries(files))), (error) => {
        assert.ok(error instanceof InputError);
        assert.match(error.message, message);
        assert.equal(error.hint, "Correct the file, or give another one");
        return true;
      });
    await refuses(
      { "a.nii": await volume(() => 7) },
      /^Cannot open a\.nii: image is constant: every value is 7$/,
    );
    await refuses(
      { "b.nii": await volume((i) => i === 5 ? NaN : i) },
      /^Cannot open b\.nii: image has 1 value that is NaN or infinite$/,
    );
    await refuses(
      { "c.nii": await image(), "c_seg.nii": await image([36, 3, 9]) },
      /^Cannot open c\.nii: image has 36×3×40 voxels and label 36×3×9$/,
    );
  }));

Deno.test("Session.setModel() tells in which window its images are seen", async () => {
  const windows = [];
  for (const normalize of ["minmax", "percentile", "zscore", "ct"]) {
    const files = await modelFiles(PARTS);
    const settings = JSON.parse(new TextDecoder().decode(files.get("slices.json")));
    const foreground = [{ low: 0, high: 2, mean: 1, deviation: 1 }];
    const changed = JSON.stringify({ ...settings, normalize, foreground });
    files.set("slices.json", new TextEncoder().encode(changed));
    windows.push(new Session().setModel(await loadModel(files)).window);
  }
  assert.deepEqual(windows, [[0, 1], [0, 1], [-2, 3], [-2, 3]]);
});

Deno.test("Session.openCase() refuses coloured pictures for an old model, unless they are forced", () =>
  withSession(async (session, open) => {
    const data = new Uint8Array(36 * 40 * 3).map((_, i) => i);
    const files = new Map([[
      "a.png",
      new Uint8Array(encode({ width: 40, height: 36, data, channels: 3 })),
    ]]);
    await assert.rejects(open(files), /The model cannot be right .* picture has 3 channels/);
    const { warnings } = await session.openCase(files, true, null);
    assert.match(warnings.join(), /picture has 3 channels, the model was trained on 1/);
  }, { channel: [0], trained: null }));

Deno.test("Session.openCase() begins with most foreground, without what is ignored", () =>
  withSession(async (_, open) => {
    // The three slices: 9 is ignored, 1 and 2 are classes
    const label = (counts: number[][]) =>
      volume((i) => {
        const [x, y, z] = [i % 36, Math.floor(i / 36) % 3, Math.floor(i / 108)];
        return x < 3 ? 0 : [9, 1, 2].find((_, k) => z === k && x - 3 < counts[y]![k]!) ?? 0;
      });
    const start = async (counts: number[][]) => {
      const files: Files = new Map([["a.nii", await image()], ["a_seg.nii", await label(counts)]]);
      return (await open(files)).start;
    };
    assert.equal(await start([[30, 2, 2], [9, 0, 1], [0, 3, 2]]), 2);
    assert.equal(await start([[30, 0, 0], [0, 0, 0], [0, 0, 0]]), 1, "the middle one");
    const labels = ["a.nii", "b_seg.nii", "c_seg.nii"];
    const files = await Promise.all(labels.map(async (name) => [name, await image()] as const));
    await assert.rejects(open(new Map(files)), /2 labels for a/);
  }));

Deno.test("Session drops a case's masks with the case, and keeps them where only the model is new", () =>
  withSession(async (session, open) => {
    await open(new Map([["a.nii", await image()]]));
    await session.segment(signal, () => {});
    const stroke = { step: 0, tool: "erase", radius: 2, points: [7, 7] } as const;
    session.masks.correct({ slice: 1, stroke, code: 2 }, false);
    const before = await session.frame({ ...SCENE, show: "result" });
    assert.equal(before.plane[7 * 40 + 7], 2);
    session.renewModel(await loadModel(await modelFiles(PARTS)));
    assert.deepEqual((await session.frame({ ...SCENE, show: "result" })).plane, before.plane);
    assert.ok(session.masks.undo());
    await open(new Map([["b.nii", await image()]]));
    assert.throws(() => session.masks, /is not segmented/);
    assert.equal((await session.volumes()).mask, null);
  }));

Deno.test("Session.frame() shows the automaton the image with its strokes, in both stages", () =>
  withSession(async (session, open) => {
    await open(new Map([["a.nii", await image()]]));
    const plain = { ...SCENE, steps: [6, 4] } as const;
    const at = (step: number, strokes: Scene["strokes"], show: Scene["show"]) =>
      session.frame({ ...plain, step, strokes, show });
    const bright = { tool: "brighten", radius: 3, points: [20, 12] } as const;
    for (const begin of [2, 9]) {
      const strokes = [{ ...bright, step: begin }];
      const { plane, image } = await at(9, strokes, 0);
      assert.deepEqual(plane, image);
      assert.notDeepEqual(image, (await at(9, [], 0)).image);
    }
    // Cells of the coarse stage see the mean of their pixels
    const [before, after] = [await at(2, [], 0), await at(2, [{ ...bright, step: 2 }], 0)];
    const changed = [...after.plane.keys()].filter((i) => after.plane[i]! > before.plane[i]!);
    assert.deepEqual(before.planeSize, [9, 10]);
    assert.ok(changed.includes(3 * 10 + 5) && changed.length < 10, `${changed}`);
    // It changes nothing else, and an eraser in the first fine step leaves nothing
    const { plane: other } = await at(9, [{ ...bright, step: 9 }], 5);
    assert.deepEqual(other, (await at(9, [], 5)).plane);
    const { plane } = await at(7, [{ ...bright, step: 7, tool: "erase" }], 5);
    assert.ok(plane[12 * 40 + 20] === 0);
    assert.ok(plane.some((value) => value !== 0));
  }));
