/**
 * A cross-validation: the folder of a run whose folds are runs themselves.
 *
 * @module
 */

import { join } from "@std/path";
import * as v from "valibot";
import { InputError } from "../support/errors.ts";
import { writeJsonAtomic } from "../support/files.ts";
import { type Config, type ConfigOverrides, resolveConfig } from "./config.ts";
import { FOLDS_FILE } from "./run_folder.ts";

/** How far a cross-validation is. */
export interface FoldsState {
  /** That of all folds; `out` is the folder of all. */
  readonly config: Config;
  /** The folds that are trained, scored and drawn. */
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
 * Reads how far a cross-validation is.
 *
 * @param folder Of all folds.
 * @returns Null if the folder is none.
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

/** Notes how far a cross-validation is. */
export async function writeFolds(folder: string, state: FoldsState): Promise<void> {
  await writeJsonAtomic(join(folder, FOLDS_FILE), state);
}
