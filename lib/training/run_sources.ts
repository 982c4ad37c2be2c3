/**
 * Whether the data of a run is still what it started with.
 *
 * @module
 */

import * as v from "valibot";
import type { SourceFile } from "../slices/manifest.ts";
import type { ModelInputs } from "../slices/model_inputs.ts";
import { checkSources } from "../slices/prepare_slices.ts";
import { InputError } from "../support/errors.ts";
import { writeJsonAtomic } from "../support/files.ts";
import { namesOf } from "../support/names_of.ts";
import { ifThere, readJson } from "../support/read_text.ts";
import { readModelSettings, runPaths } from "./run_folder.ts";

/** Notes the files that a run's slices were made from. */
export async function writeSources(folder: string, files: readonly SourceFile[]): Promise<void> {
  await writeJsonAtomic(runPaths(folder).sources, files);
}

const FilesSchema = v.array(
  v.object({ path: v.string(), size: v.number(), modified: v.nullable(v.number()) }),
);

/**
 * Compares the files of a data set with those that a run started with, by size and time of change.
 * Runs of older versions did not note them; nothing is compared then.
 *
 * @param folder The run.
 * @param data The data folder.
 * @throws {InputError} Naming those that were changed or are missing.
 */
export async function requireSameSources(folder: string, data: string): Promise<void> {
  const path = runPaths(folder).sources;
  const content = await ifThere(readJson(path, { what: "run", code: "bad-run" }));
  if (content === undefined) return;
  const files = v.safeParse(FilesSchema, content);
  if (!files.success) {
    const [{ message }] = files.issues;
    throw new InputError(`Cannot resume: ${message}`, { code: "bad-run", path });
  }
  const changes = await checkSources(data, files.output);
  if (changes.length === 0) return;
  throw new InputError(
    `Cannot resume: the data set is not what the run started with: ${namesOf(changes)}`,
    {
      code: "bad-data-set",
      path: data,
      hint: "Put the files back, start another run, or go on with what is there by adding " +
        "--accept-changes",
    },
  );
}

/** What follows from the data, beside the settings that a configuration holds. */
const DERIVED = ["targets", "channels", "spacing", "foreground", "smallest"] as const;

/**
 * Checks that a run's slices are made as they were when it started: a case more can change their
 * size, and a label more the classes.
 *
 * @param folder The run.
 * @param inputs How they are made now.
 * @throws {InputError} Naming what differs.
 */
export async function requireSameInputs(folder: string, inputs: ModelInputs): Promise<void> {
  const { slices: stored } = await readModelSettings(folder);
  const text = (value: unknown) => JSON.stringify(value);
  const differences = DERIVED.filter((key) => text(stored[key]) !== text(inputs[key]))
    .map((key) => `${NAMES[key]} was ${text(stored[key])}, now ${text(inputs[key])}`);
  if (differences.length === 0) return;
  throw new InputError(
    `Cannot resume: the slices are not what they were: ${differences.join("; ")}`,
    {
      code: "bad-data-set",
      path: folder,
      hint: "Go on with the data that the run was started with, or start another run",
    },
  );
}

const NAMES: Record<(typeof DERIVED)[number], string> = {
  targets: "what is segmented",
  channels: "the number of image channels",
  spacing: "the spacing",
  foreground: "the intensities of the foreground",
  smallest: "the size",
};
