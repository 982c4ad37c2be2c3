/**
 * The note that a job is done, in its own folder.
 *
 * @module
 */

import { join } from "@std/path";
import * as v from "valibot";
import { InputError } from "../support/errors.ts";
import { writeJsonAtomic } from "../support/files.ts";
import { ifThere, readJson } from "../support/read_text.ts";

/** The name of a job's note; it is written last. */
const JOB_FILE = "job.json";

const recordSchema = v.object({
  /** How long its last start took. */
  seconds: v.number(),
  /** Images without a mask, for predictions. */
  failed: v.exactOptional(v.number()),
});

/** What the note says. */
export type JobRecord = v.InferOutput<typeof recordSchema>;

/** Notes that a job is done. */
export async function writeJobRecord(folder: string, record: JobRecord): Promise<void> {
  await writeJsonAtomic(join(folder, JOB_FILE), record);
}

/**
 * The note of a job.
 *
 * @returns Undefined if the job is not done.
 * @throws {InputError} If the note is damaged.
 */
export async function readJobRecord(folder: string): Promise<JobRecord | undefined> {
  const path = join(folder, JOB_FILE);
  const content = await ifThere(readJson(path, { what: "note of a job", code: "bad-run" }));
  if (content === undefined) return undefined;
  const { success, output } = v.safeParse(recordSchema, content);
  if (success) return output;
  throw new InputError("Cannot read note of a job: it is not one", {
    ...{ code: "bad-run", path, hint: "Remove it; the job is then done again" },
  });
}
