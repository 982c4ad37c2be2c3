import * as tf from "@tensorflow/tfjs";
import { Option } from "commander";
import assert from "node:assert/strict";
import { join } from "@std/path";
import { unzipSync } from "fflate";
import { unpackTar } from "../../lib/download/unpack_tar.ts";
import { readStateDict } from "../../lib/exchange/read_state_dict.ts";
import { MedNca } from "../../lib/nca/med_nca.ts";
import { decodeSafetensors } from "../../lib/nca/safetensors.ts";
import { loadWeights, saveWeights } from "../../lib/nca/weights.ts";
import { extractSlices } from "../../lib/slices/extract_slices.ts";
import { readManifest } from "../../lib/slices/manifest.ts";
import { loadLabel, loadSlice } from "../../lib/slices/save_slice.ts";
import { InputError } from "../../lib/support/errors.ts";
import { listedJson } from "../../lib/support/listed_json.ts";
import { Adam } from "../../lib/training/adam.ts";
import {
  captureModel,
  firstCounters,
  readCheckpoint,
  writeCheckpoint,
} from "../../lib/training/checkpoint.ts";
import { resolveConfig } from "../../lib/training/config.ts";
import { EventLog, type EventPosition } from "../../lib/training/event_log.ts";
import { affineOfSlices, findDicomSeries } from "../../lib/volume/dicom/dicom_series.ts";
import {
  orientation,
  readLabelVolume,
  readVolume,
  readVolumeHeader,
} from "../../lib/volume/mod.ts";
import { createTask, numberListFlag, parseTask } from "../support/cli.ts";
import { addConfigFlags } from "../support/flags.ts";
import { caseReaders } from "./case_readers.ts";
import { type Bytes, damagedBytes, encode } from "./damage.ts";
import { niftiInputs } from "./nifti_inputs.ts";
import { assertInside, jsonInputs, type Reader } from "./reader.ts";
import { runReaders } from "./run_readers.ts";
import { safetensorsInputs } from "./safetensors_inputs.ts";
import { npyInputs, pngInputs } from "./slice_inputs.ts";
import { tarInputs } from "./tar_inputs.ts";

const FIXTURES = "tests/fixtures";
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
      name: "PyTorch",
      weight: 2,
      inputs: damagedBytes(await Deno.readFile(join(ROOT, FIXTURES, "state_dicts/model1.pth"))),
      file: "a.pth",
      read: async (folder) => {
        const tensors = await readStateDict(join(folder, "a.pth"));
        for (const { shape, data } of tensors.values()) assert.equal(data.length, product(shape));
      },
    },
    {
      name: "DICOM",
      weight: 2,
      inputs: damagedBytes(await someDicom()),
      file: "a.dcm",
      read: async (folder) => {
        const path = join(folder, "a.dcm");
        const [series] = await findDicomSeries(path);
        if (series === undefined || series.problems.length > 0) {
          throw new InputError("No series of which a volume can be made", {
            code: "bad-dicom",
            path,
          });
        }
        assert.ok(affineOfSlices(series.slices).flat().every(Number.isFinite));
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
        await goOn(join(folder, "events"), counters.events);
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
    ...await caseReaders(folder),
    ...await settingsReaders(folder),
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

/** Goes on with a log where a checkpoint says that it ends. */
async function goOn(events: string, position: EventPosition | null): Promise<void> {
  await Deno.mkdir(events);
  try {
    await Deno.writeFile(join(events, EVENTS.file), new Uint8Array(40));
    const log = await EventLog.open(events, position, () => undefined);
    log.scalars(1, { loss: 1 });
    const end = await log.flush();
    log.close();
    const files = await namesIn(events);
    assert.deepEqual(files.at(-1), end?.file, "it goes on in the newest file");
    const old = await Deno.stat(join(events, EVENTS.file)).catch(() => ({ size: 0 }));
    const isKept = position?.file === EVENTS.file;
    assert.ok(!isKept || old.size === Math.min(40, position.length), "cut where it was");
  } finally {
    await Deno.remove(events, { recursive: true });
  }
}

const EVENTS = { file: "events.out.tfevents.0000000009.001", length: 20 };

/** A run's weights and its checkpoint. The fine model stays good beside a damaged coarse one. */
async function weightFiles(folder: string): Promise<{ model: Bytes; checkpoint: Bytes }> {
  const config = resolveConfig({ channels: 4, hidden: 4, kernels: [3, 3], steps: [2, 2] });
  const { channels, hidden, kernels, steps, fireRate, stats } = config;
  const model = new MedNca({ channels, hidden, kernels, steps, fireRate, stats }, { seed: 1 });
  const adam = new Adam(model.variables, config);
  await saveWeights(model, folder);
  const path = join(folder, "checkpoint.safetensors");
  await writeCheckpoint(path, {
    counters: { ...firstCounters(), events: EVENTS },
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

/** JSON as manifests are written; what is none stays as it is. */
function oneItemALine(bytes: Bytes): Bytes {
  try {
    return encode([...listedJson(JSON.parse(new TextDecoder().decode(bytes)))].join(""));
  } catch {
    return bytes;
  }
}

/** Prepared slices and flags in a file. */
async function settingsReaders(folder: string): Promise<Reader[]> {
  const { manifest } = await extractSlices({
    ...{ data: join(folder, "data"), out: join(folder, "prepared"), size: [8, 8] },
  });
  const config = resolveConfig({ preset: "tutorial" });
  return [
    {
      name: "manifest",
      weight: 2,
      inputs: jsonInputs(manifest).map(oneItemALine),
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
      name: "config file",
      weight: 2,
      inputs: jsonInputs({ ...config, clipping: [1, 2], size: "80,80" }),
      file: "flags.json",
      read: async (folder) => {
        const task = addConfigFlags(createTask("train", "Train"))
          .addOption(new Option("--clipping <a,b>", "…").argParser(numberListFlag({ length: 2 })))
          .exitOverride();
        const flags = await parseTask<object>(task, ["--config", join(folder, "flags.json")]);
        assert.equal(Object.getPrototypeOf(flags), Object.prototype);
      },
    },
    ...await runReaders(folder, manifest),
  ];
}

/** One slice of a series. */
async function someDicom(): Promise<Bytes> {
  const archive = unzipSync(await Deno.readFile(join(ROOT, FIXTURES, "dicom/axial.zip")));
  return Object.values(archive)[0]!.slice();
}
