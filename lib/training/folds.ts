/**
 * A cross-validation: a folder with a run for each fold.
 *
 * @module
 */

import { join } from "@std/path";
import * as v from "valibot";
import { InputError } from "../support/errors.ts";
import { writeJsonAtomic } from "../support/files.ts";
import { ifThere, readJson } from "../support/read_text.ts";
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
  const content = await ifThere(readJson(path, { what: "cross-validation", code: "bad-run" }));
  if (content === undefined) return null;
  const state = v.safeParse(StateSchema, content);
  if (!state.success) {
    const [{ message }] = state.issues;
    throw new InputError(`Cannot read cross-validation: ${message}`, { code: "bad-run", path });
  }
  const { config, done } = state.output;
  return { config: resolveConfig(config as ConfigOverrides, path), done };
}

/** Stores the progress of a cross-validation. */
export async function writeFolds(folder: string, state: FoldsState): Promise<void> {
  await writeJsonAtomic(join(folder, FOLDS_FILE), state);
}
