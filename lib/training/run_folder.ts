/**
 * The folder of a run: its files, and who may write to it.
 *
 * @module
 */

import { basename, join } from "@std/path";
import * as v from "valibot";
import { InputError } from "../support/errors.ts";
import { type ModelInputs, ModelInputsSchema } from "../slices/model_inputs.ts";
import { WEIGHT_FILES } from "../nca/weights.ts";
import type { Split } from "../slices/split/split_cases.ts";
import { requireUnlocked, requireWritable } from "../support/output_folder.ts";
import { exists, writeJsonAtomic } from "../support/files.ts";
import { ifThere, readJson } from "../support/read_text.ts";
import { type Config, type ConfigOverrides, resolveConfig } from "./config.ts";
import { upgradeConfig } from "./stored_config.ts";

/** The file that marks a cross-validation, see `folds.ts`. */
export const FOLDS_FILE = "folds.json";

/** The paths of the files in a run's folder. */
export function runPaths(folder: string) {
  return {
    /** The resolved configuration. */
    config: join(folder, "config.json"),
    /** The patients of the training, validation and test part. */
    split: join(folder, "split.json"),
    /** How slices were cut and put on the model's grid, for predictions. */
    slices: join(folder, "slices.json"),
    /** The images and labels that the slices were made from. */
    sources: join(folder, "sources.json"),
    /** The programs that the run was trained with. */
    versions: join(folder, "versions.json"),
    /** One row per epoch. */
    metrics: join(folder, "metrics.csv"),
    /** Everything needed to continue: see `checkpoint.ts`. */
    checkpoint: join(folder, "checkpoint.safetensors"),
    /** Folder of the best weights: the run's own. */
    best: folder,
    /** Folder of the weights of the last epoch. */
    last: join(folder, "last"),
    /** Folder of TensorBoard's event files. */
    events: join(folder, "events"),
  };
}

/** The result of {@linkcode runPaths}. */
export type RunPaths = ReturnType<typeof runPaths>;

/** The description of a run, without weights. */
export interface RunContents {
  config: Config;
  /** The patients of each part. */
  split: Split;
  /** How slices were made; predictions need the same. */
  slices: ModelInputs;
}

/** A split in its file's form. */
export const splitSchema = v.object({
  seed: v.number(),
  train: v.array(v.string()),
  validation: v.array(v.string()),
  test: v.array(v.string()),
  folds: v.exactOptional(v.number()),
  fold: v.exactOptional(v.number()),
  file: v.exactOptional(v.string()),
  patients: v.exactOptional(v.record(v.string(), v.string())),
});

/**
 * Creates a run's folder.
 *
 * @throws {InputError} If the folder already holds a run.
 */
export async function createRun(folder: string, contents: RunContents): Promise<void> {
  await requireNoRun(folder);
  const paths = runPaths(folder);
  await writeJsonAtomic(paths.split, contents.split);
  await writeJsonAtomic(paths.slices, contents.slices);
  await writeJsonAtomic(paths.config, contents.config); // last: a folder with a config is a run
}

/**
 * Checks that a folder holds no run yet. A run killed before its first checkpoint does not count:
 * it has nothing to continue from, and nothing to lose.
 *
 * @throws {InputError} If it does.
 */
export async function requireNoRun(folder: string): Promise<void> {
  const { checkpoint } = runPaths(folder);
  const folds = join(folder, FOLDS_FILE);
  const kept = [checkpoint, folds, ...WEIGHT_FILES.map((name) => join(folder, name))];
  if (!(await Promise.all(kept.map(exists))).includes(true)) return;
  throw new InputError("Cannot start a run: the folder already holds one", {
    code: "folder-in-use",
    path: folder,
    hint: await exists(checkpoint) || await exists(folds)
      ? `Continue it with deno task train --out ${folder} --resume, or ` +
        "choose another folder with --out"
      : "It has weights but no checkpoint to continue from: choose another folder with --out",
  });
}

/** About the largest size of a run's scores, masks and pictures; its weights are small. */
const RUN_BYTES = 32e6;

/**
 * Checks that a run can be written to its folder, before there is work to lose.
 *
 * @throws {InputError} If the folder is read-only, forbidden, on a full disk, or in use by another
 * training.
 */
export async function requireRunnable(folder: string): Promise<void> {
  await requireUnlocked(folder, "train");
  await requireWritable(folder, { bytes: RUN_BYTES });
}

/**
 * Reads the description of a run.
 *
 * @throws {InputError} If the folder is not a run, or its files are damaged.
 */
export async function readRun(folder: string): Promise<RunContents> {
  const paths = runPaths(folder);
  return {
    ...await readModelSettings(folder),
    split: await readPart(paths.split, folder, splitSchema),
  };
}

/**
 * Reads what predictions need: `config.json` and `slices.json`. Together with the two weight files
 * they are all that a model consists of.
 *
 * @throws {InputError} If one of them is missing or damaged.
 */
export async function readModelSettings(folder: string): Promise<Omit<RunContents, "split">> {
  const paths = runPaths(folder);
  const config = await readPart(paths.config, folder, v.record(v.string(), v.unknown()));
  return {
    config: resolveConfig(upgradeConfig(config) as ConfigOverrides, paths.config),
    slices: await readPart(paths.slices, folder, ModelInputsSchema),
  };
}

async function readPart<Schema extends v.GenericSchema>(
  path: string,
  folder: string,
  schema: Schema,
): Promise<v.InferOutput<Schema>> {
  const content = await ifThere(readJson(path, { what: "run", code: "bad-run" }));
  if (content !== undefined) {
    const { success, output, issues = [] } = v.safeParse(schema, content);
    if (success) return output;
    const why = issues.map(({ message }) => message).join("; ");
    throw new InputError(`Cannot read run: ${why}`, { code: "bad-run", path });
  }
  if (await exists(join(folder, WEIGHT_FILES[0]))) {
    throw new InputError(`Cannot read run: it has weights, but ${basename(path)} is missing`, {
      code: "bad-run",
      path: folder,
      hint: `Copy ${basename(path)} from the weights' run`,
    });
  }
  throw new InputError("Cannot read run: the folder is not a run", {
    code: "bad-run",
    path: folder,
    hint: "Give the folder of a training, such as runs/NAME",
  });
}
