/**
 * The folder of a run: what lies where, and who may write into it.
 *
 * @module
 */

import { join } from "@std/path";
import * as v from "valibot";
import { InputError } from "../support/errors.ts";
import type { Split } from "../slices/split_cases.ts";
import { writeJsonAtomic } from "../support/files.ts";
import { type Config, type ConfigOverrides, resolveConfig } from "./config.ts";

/** Where the parts of a run lie. */
export interface RunPaths {
  /** The resolved configuration. */
  config: string;
  /** The patients of the training, validation and test part. */
  split: string;
  /** One row an epoch. */
  metrics: string;
  /** All that is needed to go on: see `checkpoint.ts`. */
  checkpoint: string;
  /** Folder of the best weights: the run's own. */
  best: string;
  /** Folder of the weights of the last epoch. */
  last: string;
  /** Folder of TensorBoard's event files. */
  events: string;
}

/** The paths of a run's folder. */
export function runPaths(folder: string): RunPaths {
  return {
    config: join(folder, "config.json"),
    split: join(folder, "split.json"),
    metrics: join(folder, "metrics.csv"),
    checkpoint: join(folder, "checkpoint.safetensors"),
    best: folder,
    last: join(folder, "last"),
    events: join(folder, "events"),
  };
}

/** A split as its file holds it. */
export const splitSchema = v.object({
  seed: v.number(),
  train: v.array(v.string()),
  validation: v.array(v.string()),
  test: v.array(v.string()),
  folds: v.exactOptional(v.number()),
  fold: v.exactOptional(v.number()),
});

/**
 * Starts a run's folder with its configuration and split.
 *
 * @throws {InputError} If the folder holds a run already.
 */
export async function createRun(folder: string, config: Config, split: Split): Promise<void> {
  const paths = runPaths(folder);
  if (await exists(paths.config) || await exists(paths.checkpoint)) {
    throw new InputError("Cannot start a run: the folder holds one already", {
      path: folder,
      hint: `Go on with it by adding --resume, or choose another folder with --out`,
    });
  }
  await writeJsonAtomic(paths.split, split);
  await writeJsonAtomic(paths.config, config); // last: a folder with a config is a run
}

/**
 * Reads the configuration and the split of a run.
 *
 * @throws {InputError} If the folder is no run, or its files are broken.
 */
export async function readRun(folder: string): Promise<{ config: Config; split: Split }> {
  const paths = runPaths(folder);
  const config = resolveConfig(await readJson(paths.config, folder) as ConfigOverrides);
  const split = v.safeParse(splitSchema, await readJson(paths.split, folder));
  if (!split.success) {
    throw new InputError("Cannot read run: not a split of patients", { path: paths.split });
  }
  return { config, split: split.output };
}

async function readJson(path: string, folder: string): Promise<unknown> {
  try {
    return JSON.parse(await Deno.readTextFile(path));
  } catch (cause) {
    if (cause instanceof Deno.errors.NotFound) {
      throw new InputError("Cannot read run: the folder holds none", {
        path: folder,
        hint: "Give the folder of a training, as runs/NAME",
        cause,
      });
    }
    throw new InputError(`Cannot read run: ${(cause as Error).message}`, { path, cause });
  }
}

async function exists(path: string): Promise<boolean> {
  try {
    await Deno.stat(path);
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}
