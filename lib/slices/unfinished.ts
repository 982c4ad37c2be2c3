/**
 * What is done of a preparation that is not finished: one file a case, so that the next start goes
 * on after the last whole one.
 *
 * @module
 */

import { join } from "@std/path";
import * as v from "valibot";
import { writeFileAtomic } from "../support/files.ts";
import { RecordsSchema } from "./manifest.ts";

/** The folder for it, in the prepared folder; it goes when the manifest comes. */
export const UNFINISHED = "unfinished";

const PLAN = "plan.json";

/** What a case adds to the manifest. */
export type CaseRecords = v.InferOutput<typeof RecordsSchema>;

/**
 * Whether a folder holds the beginning of just this preparation.
 *
 * @param plan Kind, settings and files, as text.
 */
export async function isUnfinished(out: string, plan: string): Promise<boolean> {
  return await Deno.readTextFile(join(out, UNFINISHED, PLAN)).catch(() => undefined) === plan;
}

/** Begins a preparation. */
export async function beginUnfinished(out: string, plan: string): Promise<void> {
  await writeFileAtomic(join(out, UNFINISHED, PLAN), plan);
}

/** Notes that a case is done: all its slices are written. */
export async function noteDone(out: string, id: string, records: CaseRecords): Promise<void> {
  // No need to wait for the disk: the slices do not, either, and what is broken is made again.
  await writeFileAtomic(notePath(out, id), JSON.stringify(records), { sync: false });
}

/** What a case that was done before added; `undefined` for one that must be done, or again. */
export async function readDone(out: string, id: string): Promise<CaseRecords | undefined> {
  try {
    const records = v.parse(RecordsSchema, JSON.parse(await Deno.readTextFile(notePath(out, id))));
    // Slices are not flushed to disk one by one: a power cut can leave an empty file
    for (const { image, label } of records.slices) {
      for (const name of [image, label]) {
        if ((await Deno.stat(join(out, name))).size === 0) return undefined;
      }
    }
    return records;
  } catch {
    return undefined;
  }
}

function notePath(out: string, id: string): string {
  return join(out, UNFINISHED, `case_${id}.json`); // a prefix: no case is called plan
}
