import * as v from "valibot";
import { type SourceFile, SourceFileSchema } from "../slices/manifest.ts";
import type { ModelInputs } from "../slices/model_inputs.ts";
import { checkSources } from "../slices/prepare_slices.ts";
import { InputError } from "../support/errors.ts";
import { writeJsonAtomic } from "../support/files.ts";
import { namesOf } from "../support/names_of.ts";
import { ifThere, readJson } from "../support/read_text.ts";
import { readModelSettings, runPaths } from "./run_folder.ts";

/** Stores the files that a run's slices were made from. */
export async function writeSources(folder: string, files: readonly SourceFile[]): Promise<void> {
  await writeJsonAtomic(runPaths(folder).sources, files);
}

const FilesSchema = v.array(SourceFileSchema);

/**
 * Compares the files of a data set with those that a run started with, as {@linkcode checkSources}
 * does. Runs of older versions did not store them; then nothing is compared.
 *
 * @throws {InputError} If files have changed or are missing; the error lists them.
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
      hint: "Restore the files, start another run, or continue with the current ones: " +
        `deno task train --resume --out ${folder} --accept-changes`,
    },
  );
}

/** What follows from the data, beyond the configuration. */
const DERIVED = ["targets", "channels", "spacing", "foreground", "smallest"] as const;

/**
 * Checks that a run's slices are still made in the same way: an added case can change their size,
 * and an added label the classes.
 *
 * @throws {InputError} If they differ; the error lists the differences.
 */
export async function requireSameInputs(folder: string, inputs: ModelInputs): Promise<void> {
  const { slices: stored } = await readModelSettings(folder);
  const text = (value: unknown) => JSON.stringify(value);
  const differences = DERIVED.filter((key) => text(stored[key]) !== text(inputs[key]))
    .map((key) => `${NAMES[key]} was ${text(stored[key])}, now ${text(inputs[key])}`);
  if (differences.length === 0) return;
  throw new InputError(
    `Cannot resume: the slices have changed: ${differences.join("; ")}`,
    {
      code: "bad-data-set",
      path: folder,
      hint: "Go on with the data that the run was started with, or start another run",
    },
  );
}

const NAMES: Record<(typeof DERIVED)[number], string> = {
  targets: "the classes",
  channels: "the number of image channels",
  spacing: "the spacing",
  foreground: "the intensities of the foreground",
  smallest: "the size",
};
