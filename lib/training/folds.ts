/**
 * A cross-validation: a folder with a run for each fold.
 *
 * @module
 */

import { join } from "@std/path";
import * as v from "valibot";
import { InputError } from "../support/errors.ts";
import { writeJsonAtomic } from "../support/files.ts";
import { type Config, type ConfigOverrides, resolveConfig } from "./config.ts";
import { FOLDS_FILE } from "./run_folder.ts";

/** The progress of a cross-validation. */
export interface FoldsState {
  /** The common configuration; `out` is the cross-validation's folder. */
  readonly config: Config;
  /** The finished folds: trained, scored and drawn. */
  readonly done: readonly number[];
}

const StateSchema = v.object({
  config: v.record(v.string(), v.unknown()),
  done: v.array(v.pipe(v.number(), v.integer(), v.minValue(0))),
});

/** The configuration of one fold. */
export function foldConfig(config: Config, fold: number): Config {
  return { ...config, fold, out: join(config.out, `fold_${fold}`) };
}

/**
 * Reads the progress of a cross-validation.
 *
 * @param folder The cross-validation's folder.
 * @returns Null if the folder is not a cross-validation.
 * @throws {InputError} If its file is damaged.
 */
export async function readFolds(folder: string): Promise<FoldsState | null> {
  const path = join(folder, FOLDS_FILE);
  try {
    const { config, done } = v.parse(StateSchema, JSON.parse(await Deno.readTextFile(path)));
    return { config: resolveConfig(config as ConfigOverrides, path), done };
  } catch (cause) {
    if (cause instanceof InputError) throw cause;
    if (cause instanceof Deno.errors.NotFound || cause instanceof Deno.errors.NotADirectory) {
      return null;
    }
    throw new InputError(`Cannot read cross-validation: ${(cause as Error).message}`, {
      code: "bad-run",
      path,
      cause,
    });
  }
}

/** Stores the progress of a cross-validation. */
export async function writeFolds(folder: string, state: FoldsState): Promise<void> {
  await writeJsonAtomic(join(folder, FOLDS_FILE), state);
}
