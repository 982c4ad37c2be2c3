/**
 * Everything that reads files from others, with hostile inputs and checks of the results.
 *
 * @module
 */

import * as tf from "@tensorflow/tfjs";
import { Option } from "commander";
import assert from "node:assert/strict";
import { isAbsolute, join, relative, resolve } from "@std/path";
import fc from "fast-check";
import { decodeSafetensors } from "../../lib/nca/safetensors.ts";
import { loadWeights, saveWeights } from "../../lib/nca/weights.ts";
import { MedNca } from "../../lib/nca/med_nca.ts";
import { discoverCases } from "../../lib/slices/discovery/discover_cases.ts";
import { extractSlices } from "../../lib/slices/extract_slices.ts";
import { readManifest } from "../../lib/slices/manifest.ts";
import { loadLabel, loadSlice } from "../../lib/slices/save_slice.ts";
import { modelInputs } from "../../lib/slices/model_inputs.ts";
import { Adam } from "../../lib/training/adam.ts";
import {
  captureModel,
  firstCounters,
  readCheckpoint,
  writeCheckpoint,
} from "../../lib/training/checkpoint.ts";
import { unpackTar } from "../../lib/download/unpack_tar.ts";
import { readSplitsFile } from "../../lib/slices/split/splits_file.ts";
import { resolveConfig } from "../../lib/training/config.ts";
import { readRun } from "../../lib/training/run_folder.ts";
import { InputError } from "../../lib/support/errors.ts";
import {
  createVolume,
  orientation,
  readLabelVolume,
  readVolume,
  readVolumeHeader,
  writeVolume,
} from "../../lib/volume/mod.ts";
import { addConfigFlags } from "../support/flags.ts";
import { createTask, numberListFlag, parseTask } from "../support/cli.ts";
import { type Bytes, damagedBytes, damagedJson, encode } from "./damage.ts";
import { niftiInputs } from "./nifti_inputs.ts";
import { safetensorsInputs } from "./safetensors_inputs.ts";
import { npyInputs, pngInputs } from "./slice_inputs.ts";
import { tarInputs } from "./tar_inputs.ts";

/** A reader, and files to give it. */
export interface Reader {
  /** For the report. */
  readonly name: string;
  /** Its weight. */
  readonly weight: number;
  readonly inputs: fc.Arbitrary<Bytes>;
  /** The name that the file gets. */
  readonly file: string;
  /** Reads the file in its folder, and checks the result. */
  readonly read: (folder: string) => Promise<void>;
}

const ROOT = new URL("../../", import.meta.url).pathname;
const product = (shape: readonly number[]) => shape.reduce((a, b) => a * b, 1);

/** Makes all readers, with their files in one folder. */
export async function makeReaders(folder: string): Promise<Reader[]> {
  tf.enableProdMode(); // otherwise tfjs advertises its native package
  await tf.setBackend("cpu");
  const weights = await weightFiles(folder);
  await Deno.mkdir(join(folder, "unpacked"), { recursive: true });
  return [
    {
      name: "NIfTI",
      weight: 5,
      inputs: await niftiInputs(),
      file: "a.nii.gz",
      read: readNifti,
    },
    { name: "npy", weight: 3, inputs: await npyInputs(), file: "a.npy", read: readSlice("a.npy") },
    { name: "PNG", weight: 4, inputs: await pngInputs(), file: "a.png", read: readSlice("a.png") },
    {
      name: "safetensors",
      weight: 3,
      inputs: safetensorsInputs(
        await Deno.readFile(join(ROOT, "models/hippocampus/model1.safetensors")),
      ),
      file: "a.safetensors",
      read: async (folder) => {
        const path = join(folder, "a.safetensors");
        const { tensors, metadata } = decodeSafetensors(await Deno.readFile(path), path);
        for (const { shape, data } of tensors.values()) assert.equal(data.length, product(shape));
        for (const text of Object.values(metadata)) assert.equal(typeof text, "string");
      },
    },
    {
      name: "weights",
      weight: 2,
      inputs: safetensorsInputs(weights.model),
      file: "model1.safetensors",
      read: async (folder) => (await loadWeights(folder)).dispose(),
    },
    {
      name: "checkpoint",
      weight: 1,
      inputs: safetensorsInputs(weights.checkpoint),
      file: "checkpoint.safetensors",
      read: async (folder) => {
        const { counters } = await readCheckpoint(join(folder, "checkpoint.safetensors"));
        for (const name of ["step", "epoch", "batch"] as const) {
          assert.ok(Number.isSafeInteger(counters[name]) && counters[name] >= 0, name);
        }
      },
    },
    {
      name: "tar",
      weight: 1,
      inputs: await tarInputs(),
      file: "a.tar",
      read: async (folder) => {
        const inside = join(folder, "unpacked");
        const before = await namesIn(folder);
        try {
          await unpackTar(join(folder, "a.tar"), join(inside, "set"), { bytes: 10_000 });
        } finally {
          assert.deepEqual(await namesIn(inside), ["set"]);
          await Deno.remove(join(inside, "set"), { recursive: true });
          assert.deepEqual(await namesIn(folder), before);
        }
      },
    },
    ...await jsonReaders(folder),
  ];
}

async function namesIn(folder: string): Promise<string[]> {
  return (await Array.fromAsync(Deno.readDir(folder))).map(({ name }) => name).sort();
}

async function readNifti(folder: string): Promise<void> {
  const path = join(folder, "a.nii.gz");
  await readVolumeHeader(path);
  await readLabelVolume(path).catch((error) => {
    if (!(error instanceof InputError)) throw error; // numbers that no label can be
  });
  const { data, shape, spacing, affine } = await readVolume(path);
  assert.equal(data.length, product(shape));
  assert.ok(spacing.every((size) => size > 0 && Number.isFinite(size)), `spacing ${spacing}`);
  assert.ok(affine.flat().every(Number.isFinite));
  assert.match(orientation(affine), /^[LRPAIS]{3}$/);
}

function readSlice(name: string): Reader["read"] {
  return async (folder) => {
    const path = join(folder, name);
    await loadLabel(path, []);
    const { data, height, width, channels } = await loadSlice(path);
    assert.equal(data.length, height * width * channels);
    if (!name.endsWith(".png")) return;
    assert.ok(data.every((value) => value >= 0 && value <= 65535), "a pixel is not a number");
  };
}

/** A run's weights and its checkpoint. The fine model stays good beside a damaged coarse one. */
async function weightFiles(folder: string): Promise<{ model: Bytes; checkpoint: Bytes }> {
  const config = resolveConfig({ channels: 4, hidden: 4, kernels: [3, 3], steps: [2, 2] });
  const { channels, hidden, kernels, steps, fireRate, stats } = config;
  const model = new MedNca({ channels, hidden, kernels, steps, fireRate, stats }, { seed: 1 });
  const adam = new Adam(model.variables, config);
  await saveWeights(model, folder);
  const path = join(folder, "checkpoint.safetensors");
  await writeCheckpoint(path, {
    counters: firstCounters(),
    config,
    split: { seed: 0, train: ["a"], validation: ["b"], test: [] },
    ...await captureModel(model, adam, null),
  });
  adam.dispose();
  model.dispose();
  return {
    model: await Deno.readFile(join(folder, "model1.safetensors")),
    checkpoint: await Deno.readFile(path),
  };
}

async function jsonReaders(folder: string): Promise<Reader[]> {
  const data = join(folder, "data");
  for (const id of ["a", "b"]) await writeCase(data, id);
  const list = JSON.stringify({
    name: "Prostate",
    training: ["a", "b", "c"].map((id) => ({
      image: `./imagesTr/${id}.nii`,
      label: `./labelsTr/${id}.nii`,
    })),
    test: ["./imagesTs/d.nii"],
  });
  const real = await Deno.readTextFile(join(ROOT, "data.example/dataset.json"));
  const { manifest } = await extractSlices({ data, out: join(folder, "prepared"), size: [8, 8] });
  const config = resolveConfig({ preset: "tutorial" });
  const run = {
    config,
    split: { seed: 0, train: ["a"], validation: ["b"], test: [] },
    slices: modelInputs(manifest, ["a"]),
  };
  for (const [name, content] of Object.entries(run)) {
    await Deno.writeTextFile(join(folder, `${name}.json`), JSON.stringify(content));
  }
  const json = (text: string) =>
    fc.oneof(
      { weight: 5, arbitrary: damagedJson(text).map(encode) },
      { weight: 1, arbitrary: damagedBytes(encode(text)) },
    );
  const runFile = (name: "config" | "split" | "slices"): Reader => ({
    name: `run's ${name}`,
    weight: 1,
    inputs: json(JSON.stringify(run[name])),
    file: `${name}.json`,
    read: async (folder) => {
      const found = await readRun(folder);
      assert.ok(found.split.train.every((id) => typeof id === "string"));
      assert.deepEqual(Object.keys(found.config), Object.keys(config));
      await Deno.writeTextFile(join(folder, `${name}.json`), JSON.stringify(run[name]));
    },
  });
  return [
    {
      name: "manifest",
      weight: 2,
      inputs: json(await Deno.readTextFile(join(folder, "prepared/manifest.json"))),
      file: "manifest.json",
      read: async (folder) => {
        const { slices, height, width } = await readManifest(folder);
        for (const { image, label } of slices) {
          assertInside(folder, image);
          assertInside(folder, label);
        }
        assert.ok(height * width > 0 && height * width < 2 ** 32, `${height}×${width}`);
      },
    },
    {
      name: "dataset.json",
      weight: 2,
      inputs: fc.oneof(json(list), json(real)),
      file: "data/dataset.json",
      read: async (folder) => {
        for (const { id, files } of (await discoverCases(join(folder, "data"))).cases) {
          for (const { images, label } of files) {
            for (const path of [...images, label ?? ""]) assertInside(folder, path);
          }
          assertInside(folder, `${id}.nii.gz`);
        }
      },
    },
    {
      name: "splits file",
      weight: 1,
      inputs: fc.oneof(
        json(JSON.stringify(run.split)),
        json(JSON.stringify([{ train: ["a", "b"], val: ["c"] }])),
      ),
      file: "splits.json",
      read: async (folder) => {
        const cases = ["a", "b", "c"];
        const split = await readSplitsFile(join(folder, "splits.json"), {
          cases,
          unusable: [],
          fold: 0,
          validation: 0.2,
          seed: 0,
          patientOf: (id) => id,
        });
        for (const id of [...split.train, ...split.validation, ...split.test]) {
          assert.ok(cases.includes(id), id);
        }
      },
    },
    {
      name: "config file",
      weight: 2,
      inputs: json(JSON.stringify({ ...config, clipping: [1, 2], size: "80,80" })),
      file: "flags.json",
      read: async (folder) => {
        const task = addConfigFlags(createTask("train", "Train"))
          .addOption(new Option("--clipping <a,b>", "…").argParser(numberListFlag({ length: 2 })))
          .exitOverride();
        const flags = await parseTask<object>(task, ["--config", join(folder, "flags.json")]);
        assert.equal(Object.getPrototypeOf(flags), Object.prototype);
      },
    },
    runFile("config"),
    runFile("split"),
    runFile("slices"),
  ];
}

/** A small volume and its label. */
async function writeCase(folder: string, id: string): Promise<void> {
  const shape = [6, 5, 3] as const;
  const data = Float32Array.from({ length: 90 }, (_, i) => i * 7 % 31);
  const like = createVolume({ data, shape, spacing: [1, 1, 2] });
  await writeVolume(join(folder, "imagesTr", `${id}.nii`), { data, like });
  await writeVolume(join(folder, "labelsTr", `${id}.nii`), { data: data.map((v) => v % 3), like });
}

function assertInside(folder: string, path: string): void {
  const way = relative(folder, resolve(folder, path));
  assert.ok(!isAbsolute(way) && way.split(/[\\/]/)[0] !== "..", `${path} leads out`);
}
