import assert from "node:assert/strict";
import { join } from "@std/path";
import { initBackend } from "../../lib/backend.ts";
import { extractSlices } from "../../lib/slices/extract_slices.ts";
import { SliceDataset } from "../../lib/slices/slice_dataset.ts";
import { SLICE_KEYS } from "../../lib/slices/slice_settings.ts";
import { chooseSplit } from "../../lib/slices/split/choose_split.ts";
import { SPLIT_KEYS } from "../../lib/slices/split/split_keys.ts";
import {
  CONFIG_KEYS,
  type ConfigKey,
  type ConfigOverrides,
  resolveConfig,
} from "../../lib/training/config.ts";
import { modelConfig } from "../../lib/training/model_config.ts";
import { trainMedNca } from "../../lib/training/train_med_nca.ts";
import { createVolume, readVolume, writeVolume } from "../../lib/volume/mod.ts";
import { inFolder } from "../support/in_folder.ts";
import { TINY, writeTinyVolumes } from "./support/tiny_data.ts";

await initBackend({ backend: "wasm", channels: 8, hidden: 8, threads: 1 });

/** Settings that must differ in what they make: each differs from all above it in its list. */
type Chain = readonly ConfigOverrides[];

/** What the weights of a training depend on. */
const TRAINING: Partial<Record<ConfigKey, Chain>> = {
  seed: [{}, { seed: 6 }],
  kernels: [{}, { kernels: [5, 3] }, { kernels: [3, 5] }],
  steps: [{}, { steps: [2, 2] }, { steps: [3, 1] }],
  fireRate: [{}, { fireRate: 0.9 }],
  stats: [{}, { stats: "batch" }],
  neighbours: [{}, { neighbours: 1 }],
  epochs: [{}, { epochs: 3 }],
  batchSize: [{}, { batchSize: 3 }],
  learningRate: [{}, { learningRate: 2e-2 }],
  betas: [{}, { betas: [0.5, 0.999] }, { betas: [0.9, 0.9] }],
  eps: [{}, { eps: 1e-2 }],
  augment: [{}, { augment: "affine" }, { augment: "affine-no-mirror" }],
  schedule: [{}, { schedule: "step" }, { schedule: "cosine-batch" }],
  warmup: [{}, { warmup: 0.5 }],
  lrStep: [{ schedule: "step" }, { schedule: "step", lrStep: 1 }],
  lrGamma: [{ schedule: "step", lrStep: 1 }, { schedule: "step", lrStep: 1, lrGamma: 0.1 }],
  clipNorm: [{}, { clipNorm: 0.01 }],
  ema: [{}, { ema: 0.9 }, { ema: 0.1 }],
  emptySlices: [{}, { emptySlices: 0.5 }, { emptySlices: 0 }],
};

/** What slices depend on. */
const SLICES: Record<keyof typeof SLICE_KEYS, Chain> = {
  orientation: [{}, { orientation: "stored" }],
  axis: [{}, { axis: 0 }, { axis: 1 }],
  channel: [{}, { channel: [0] }, { channel: [1] }, { channel: [1, 0] }],
  labels: [{}, { labels: "1" }, { labels: "2" }, { labels: "1;2" }],
  threshold: [{ threshold: 0.5 }, { threshold: 1.5 }],
  spacing: [{}, { spacing: [2, 1] }, { spacing: [1, 2] }, { spacing: "median" }],
  crop: [{}, { crop: "nonzero" }],
  size: [{}, { size: [8, 12] }, { size: [12, 8] }],
  fit: [{ size: [8, 12] }, { size: [8, 12], fit: "pad-or-crop" }],
  normalize: [{}, { normalize: "percentile" }, { normalize: "zscore" }, { normalize: "ct" }],
  clip: [[0.5, 99.5], [0.5, 90], [90, 99.5]].map((clip) => ({
    ...{ normalize: "percentile", clip: clip as [number, number] },
  })),
  fill: [{ fill: 7 }, { fill: "lowest" }, { fill: "zero" }],
  format: [{}, { format: "png" }],
};

/** What a split depends on, beside its seed. */
const SPLITS: Record<keyof typeof SPLIT_KEYS, Chain> = {
  test: [{}, { test: 0.5 }],
  validation: [{}, { validation: 0.5 }],
  folds: [{ fold: 1, folds: 2 }, { fold: 1, folds: 3 }],
  fold: [{ folds: 3 }, { folds: 3, fold: 1 }],
  splits: [{}, { splits: "splits.json" }],
  patients: [{}, { patients: "case" }],
};

/** Settings that say where and how, and the tests that hold what they do. */
const ELSEWHERE: Partial<Record<ConfigKey, string>> = {
  preset: "tests/training/config_test.ts",
  channels: "below",
  hidden: "below",
  data: "tests/tasks/train_test.ts",
  out: "tests/tasks/train_test.ts",
  init: "tests/tasks/train_test.ts",
  prepared: "tests/training/prepare_data_test.ts",
  leaveOut: "tests/tasks/train_test.ts",
  postprocess: "tests/tasks/train_test.ts",
  backend: "tests/tasks/train_test.ts",
  threads: "tests/reliability/kill_harness.ts",
  logEvery: "tests/training/train_med_nca_test.ts",
  checkpointMinutes: "tests/tasks/train_folds_test.ts",
};

async function requireAllDifferent(
  table: Partial<Record<ConfigKey, Chain>>,
  make: (settings: ConfigOverrides) => Promise<string>,
): Promise<void> {
  for (const [key, chain] of Object.entries(table)) {
    const made: string[] = [];
    for (const settings of chain) made.push(await make(settings));
    assert.equal(new Set(made).size, chain.length, key);
  }
}

Deno.test("every setting is in one of the tables of what it changes, or of the model's shape", () => {
  const tables = [TRAINING, SLICES, SPLITS, ELSEWHERE].flatMap((table) => Object.keys(table));
  assert.deepEqual(tables.sort(), [...CONFIG_KEYS].sort());
  const shape = { channels: 24, hidden: 40, kernels: [5, 3], steps: [9, 4] } as const;
  const run = { fireRate: 0.25, stats: "batch", neighbours: 1 } as const;
  const { imageChannels, classes, ...model } = modelConfig(
    resolveConfig({ ...shape, ...run } as unknown as ConfigOverrides),
    { channels: 2, targets: { kind: "classes", classes: [1, 2, 3].map(String) } as never },
  );
  assert.deepEqual([imageChannels, classes], [2 * 3, 3]);
  assert.deepEqual(model, { ...shape, ...run });
});

Deno.test("trainMedNca: every setting of a training changes the weights", () =>
  inFolder(async (folder) => {
    const data = join(folder, "data");
    await writeTinyVolumes(data, { cases: 2, size: 8, slices: 4 });
    const path = join(data, "labels", "case_0.nii.gz");
    const like = await readVolume(path);
    // Two slices without an object
    await writeVolume(path, { data: like.data.map((code, i) => i < 128 ? 0 : code), like });
    await extractSlices({ data, out: join(folder, "prepared") });
    const train = await SliceDataset.open(join(folder, "prepared"));
    await requireAllDifferent(TRAINING, async (changes) => {
      const config = { ...TINY, preset: "general", epochs: 2, ...changes } as const;
      const { model } = await trainMedNca({ train, config });
      const text = model.variables.map((variable) => variable.dataSync().join()).join();
      model.dispose();
      return text;
    });
  }));

Deno.test("extractSlices: every setting of slices changes them", () =>
  inFolder(async (folder) => {
    const data = join(folder, "data");
    const shape = [16, 12, 8, 2];
    const affine = [[-1, 0, 0, 0], [0, -1.5, 0, 0], [0, 0, 1, 0], [0, 0, 0, 1]];
    for (const [k, kind] of ["images", "labels"].entries()) {
      for (const id of [0, 1]) {
        const spacing = [1 + id, 1.5, 1];
        const length = 16 * 12 * 8 * (2 - k);
        const values = Float32Array.from({ length }, (_, i) => {
          const [x, y, z] = [i % 16, Math.floor(i / 16) % 12, Math.floor(i / 192) % 8];
          const inside = x > 3 && x < 11 && y > 2 && y < 9 && z > 1;
          if (k === 1) return inside ? 1 + Number(y > 5) : 0;
          if (i === 700) return NaN;
          if (i === 900) return -5;
          return inside ? 10 + (i * 37 + 11 * id + (i % 7) ** 3) % 90 : 0;
        });
        const own = affine.map((row, r) => r === 0 ? [-1 - id, ...row.slice(1)] : row);
        const like = createVolume({
          ...{ data: values, shape: shape.slice(0, 4 - k), affine: own },
          spacing: spacing as [number, number, number],
        });
        await writeVolume(join(data, kind, `c${id}.nii.gz`), { data: values, like });
      }
    }
    let count = 0;
    await requireAllDifferent(SLICES, async (settings) => {
      const out = join(folder, String(count++));
      const { slices } = (await extractSlices({ data, out, fill: "lowest", ...settings })).manifest;
      const files = await Promise.all(slices.flatMap(({ image, label }) =>
        [image, label].map(async (name) => name + await Deno.readFile(join(out, name)))
      ));
      return files.join();
    });
  }));

Deno.test("chooseSplit: every setting of a split changes it", () =>
  inFolder(async (folder) => {
    const ids = Array.from({ length: 12 }, (_, i) => `p${Math.floor(i / 2)}_frame0${i % 2}`);
    const file = join(folder, "splits.json");
    const [held, ...train] = ids;
    await Deno.writeTextFile(file, JSON.stringify({ train, test: [held] }));
    await requireAllDifferent({ ...SPLITS, seed: [{}, { seed: 1 }] }, async (settings) => {
      const given = {
        preset: "general" as const,
        ...settings,
        ...(settings.splits && { splits: file }),
      };
      const { split } = await chooseSplit(resolveConfig(given), ids, []);
      const { train, validation, test } = split;
      return JSON.stringify([train, validation, test]);
    });
  }));
