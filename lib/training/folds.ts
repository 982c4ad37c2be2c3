/**
 * A cross-validation: the folder of a run whose folds are runs themselves.
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

/** Notes how far a cross-validation is. */
export async function writeFolds(folder: string, state: FoldsState): Promise<void> {
  await writeJsonAtomic(join(folder, FOLDS_FILE), state);
}
