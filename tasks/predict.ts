/**
 * `deno task predict`: masks for images.
 *
 * @module
 */

import { basename, join, resolve } from "@std/path";
import { initBackend } from "../lib/backend.ts";
import type { PredictionSettings } from "../lib/evaluation/evaluate_cases.ts";
import { maskOf, type PredictOptions, predictSlices } from "../lib/evaluation/predict_slices.ts";
import { predictVolume } from "../lib/evaluation/predict_volume.ts";
import { loadWeights } from "../lib/nca/weights.ts";
import type { MedNca } from "../lib/nca/med_nca.ts";
import { loadSlice, normalize, saveSlice } from "../lib/slices/mod.ts";
import { InputError } from "../lib/support/errors.ts";
import { requireWritable } from "../lib/support/output_folder.ts";
import { readRun, runPaths } from "../lib/training/run_folder.ts";
import { readVolume, writeVolume } from "../lib/volume/mod.ts";
import { createTask, numberFlag, parseTask, runTask } from "./support/cli.ts";
import { configFlag } from "./support/flags.ts";
import { INTERRUPTED, interruptSignal } from "./support/interrupt.ts";
import { backendOptions, requireFlag, showCount } from "./support/run.ts";

interface Flags {
  run?: string;
  image?: string;
  out?: string;
  probabilities?: boolean;
  samples: number;
  resume?: boolean;
  backend?: string;
  threads?: number;
}

/** Room that there must be before work starts. */
const MASK_BYTES = 1e6;

const IMAGE = /\.(nii(\.gz)?|png)$/i;

const command = createTask(
  "predict",
  "Segment images with a trained run. A volume (.nii, .nii.gz) gives a NIfTI mask with its " +
    "header and affine, a picture (.png) a black and white picture.",
)
  .option("--run <folder>", "the run, as runs/NAME")
  .option("--image <path>", "a volume, a picture, or a folder of them")
  .option("--out <folder>", "where the masks go, under the names of the images")
  .option("--probabilities", "write the probability of each voxel too, as NAME_probability")
  .option(
    "--samples <n>",
    "runs with other masks to average over; from 2 on, --probabilities writes NAME_deviation too",
    numberFlag({ integer: true, min: 1 }),
    1,
  )
  .option("--resume", "leave out the images whose masks are in --out already")
  .addOption(configFlag("backend"))
  .addOption(configFlag("threads"));

await runTask(async () => {
  const flags = await parseTask<Flags>(command);
  const folder = requireFlag(flags.run, "run", "Give the folder of a training, as runs/NAME");
  const image = requireFlag(flags.image, "image", "Give a volume, a picture, or a folder of them");
  const out = requireFlag(flags.out, "out", "Give a folder for the masks");
  const { config, slices } = await readRun(folder);
  const groups = await listImages(image);
  const taken = groups.flat().find((path) => resolve(out, basename(path)) === resolve(path));
  if (taken !== undefined) {
    throw new InputError("Cannot predict: the mask would overwrite the image", {
      code: "bad-folder",
      path: taken,
      hint: "Give another folder with --out",
    });
  }
  await requireWritable(out, { bytes: MASK_BYTES });
  const backend = await initBackend(backendOptions(flags, config));
  const signal = interruptSignal(() => console.error("\nStopping …"));
  console.log(`Backend  ${backend.describe()}`);
  const model = await loadWeights(runPaths(folder).best);
  const problems: string[] = [];
  try {
    for (const [i, paths] of groups.entries()) {
      const name = basename(paths[0]!);
      if (
        flags.resume &&
        await allThere(paths.map((path) => join(out, withSuffix(basename(path), ""))))
      ) {
        console.log(`${i + 1}/${groups.length}  ${name}  done before`);
        continue;
      }
      const job: Job = {
        model,
        out,
        slices,
        all: flags.probabilities ?? false,
        options: {
          ...slices,
          batchSize: config.batchSize,
          seed: config.seed,
          samples: flags.samples,
          signal,
          onProgress: (done, total) => showCount(name, done, total),
        },
      };
      try {
        const found = isPicture(name)
          ? await predictPictures(paths, job)
          : await predictImageVolume(paths[0]!, job);
        console.log(`${i + 1}/${groups.length}  ${name}  ${found}`);
      } catch (error) { // the others can still be done
        if (!(error instanceof InputError)) throw error;
        problems.push(error.message);
        console.error(`${i + 1}/${groups.length}  ${name}  ${error.message}`);
      }
    }
  } catch (error) {
    if (!signal.aborted) throw error;
    return INTERRUPTED;
  } finally {
    model.dispose();
    backend.dispose();
  }
  console.log(`The masks are in ${out}`);
  if (problems.length === 0) return 0;
  throw new InputError(`Cannot predict ${problems.length} of ${groups.length} images`, {
    code: "bad-image",
    hint: "See above for each of them",
  });
});

/** What is the same for all images. */
interface Job {
  model: MedNca;
  out: string;
  slices: PredictionSettings;
  /** Probabilities too. */
  all: boolean;
  options: PredictOptions & Pick<PredictionSettings, "axis" | "channel" | "clip">;
}

async function predictImageVolume(path: string, job: Job): Promise<string> {
  const { model, out, slices, all, options } = job;
  const volume = await readVolume(path);
  const channels = volume.shape[3] ?? 1;
  if (slices.channel >= channels) {
    throw new InputError(`Cannot predict: no channel ${slices.channel}, there are ${channels}`, {
      code: "bad-image",
      path,
      hint: "The run was trained on that channel",
    });
  }
  const { mask, probability, deviation } = await predictVolume(model, volume, options);
  const name = basename(path);
  const write = (suffix: string, data: Uint8Array | Float32Array) =>
    writeVolume(join(out, withSuffix(name, suffix)), { data, like: volume });
  if (all) await write("_probability", probability);
  if (all && options.samples! > 1) await write("_deviation", deviation);
  await write("", mask); // last: an image that has it is done
  const voxel = volume.spacing.reduce((a, b) => a * b);
  return `${(count(mask) * voxel / 1000).toFixed(1)} ml`;
}

/** The pictures of one series, normalised together as in training. */
async function predictPictures(paths: readonly string[], job: Job): Promise<string> {
  const { model, out, slices, all, options } = job;
  const pictures = await Promise.all(paths.map((path) => loadSlice(path)));
  const values = new Float32Array(pictures.reduce((sum, { data }) => sum + data.length, 0));
  let start = 0;
  const parts = pictures.map(({ data }) => {
    values.set(data, start);
    return [start, start += data.length] as const;
  });
  const normal = normalize(values, slices.clip === null ? {} : { clip: slices.clip });
  const images = pictures.map((picture, i) => ({
    ...picture,
    data: normal.subarray(...parts[i]!),
  }));
  const predictions = await predictSlices(model, images, options);
  let pixels = 0;
  for (const [i, { probability, deviation, height, width }] of predictions.entries()) {
    const name = basename(paths[i]!);
    const write = (suffix: string, data: Uint8Array | Float32Array) =>
      saveSlice(join(out, withSuffix(name, suffix)), { data, height, width });
    const mask = maskOf(probability);
    pixels += count(mask);
    if (all) await write("_probability", probability);
    if (all && options.samples! > 1) await write("_deviation", deviation);
    await write("", mask);
  }
  return `${pixels} pixels${paths.length > 1 ? ` in ${paths.length} slices` : ""}`;
}

/** The images at a path: each volume by itself, the pictures of a series together. */
async function listImages(path: string): Promise<string[][]> {
  const stat = await Deno.stat(path).catch((cause) => {
    throw new InputError("Cannot read image: no such file or folder", {
      code: "bad-image",
      path,
      cause,
    });
  });
  const names = stat.isFile
    ? [path]
    : (await Array.fromAsync(Deno.readDir(path))).map(({ name }) => join(path, name)).sort();
  const images = names.filter((name) => IMAGE.test(name) && !basename(name).startsWith("."));
  if (images.length === 0) {
    throw new InputError("Cannot find images: no .nii, .nii.gz or .png file", {
      code: "bad-image",
      path,
    });
  }
  const series = (name: string) => name.replace(/_slice_\d+\.png$/i, "");
  return [...Map.groupBy(images, series).values()];
}

/** Whether all of these files are there; each is written whole or not at all. */
async function allThere(paths: readonly string[]): Promise<boolean> {
  const found = await Promise.all(
    paths.map((path) => Deno.stat(path).then(() => true, () => false)),
  );
  return !found.includes(false);
}

function isPicture(name: string): boolean {
  return /\.png$/i.test(name);
}

function withSuffix(name: string, suffix: string): string {
  return name.replace(IMAGE, (ending) => suffix + ending.toLowerCase());
}

function count(mask: Uint8Array): number {
  return mask.reduce((sum, value) => sum + value, 0);
}
