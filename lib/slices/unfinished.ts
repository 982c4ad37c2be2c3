/**
 * The progress of an unfinished preparation: one file per case, so that the next start continues
 * after the last complete one.
 *
 * @module
 */

import { join } from "@std/path";
import * as v from "valibot";
import { writeFileAtomic } from "../support/files.ts";
import { readJson } from "../support/read_text.ts";
import { RecordsSchema } from "./manifest.ts";

/** Its folder, in the prepared folder; removed once the manifest is written. */
export const UNFINISHED = "unfinished";

/** The file that describes the preparation. */
export const PLAN_NAME = "plan.json";

const PlanSchema = v.object({
  identity: v.string(),
  format: v.picklist(["npy", "png"]),
  cases: v.array(v.string()),
});

/** The plan: a hash of settings and sources, the files' extension, and the cases' ids. */
export type Plan = v.InferOutput<typeof PlanSchema>;

/** A case's part of the manifest. */
export type CaseRecords = v.InferOutput<typeof RecordsSchema>;

/** The plan of a folder's unfinished preparation; null if there is none. */
export async function readPlan(out: string): Promise<Plan | null> {
  try {
    return v.parse(PlanSchema, await readNote(join(out, UNFINISHED, PLAN_NAME)));
  } catch {
    return null;
  }
}

/** Begins a preparation. */
export async function beginUnfinished(out: string, plan: Plan): Promise<void> {
  await writeFileAtomic(join(out, UNFINISHED, PLAN_NAME), JSON.stringify(plan));
}

/** Ends a preparation whose manifest is written. */
export async function endUnfinished(out: string, { cases }: Plan): Promise<void> {
  const folder = join(out, UNFINISHED);
  for (const name of [...cases.map(noteName), PLAN_NAME]) {
    await Deno.remove(join(folder, name)).catch(() => {}); // a case without labels has none
  }
  await Deno.remove(folder).catch(() => {}); // it holds other files
}

/** Records that a case is done: all its slices are written. */
export async function noteDone(out: string, id: string, records: CaseRecords): Promise<void> {
  // No flush is needed: slices are not flushed either, and broken ones are made again.
  await writeFileAtomic(join(out, UNFINISHED, noteName(id)), JSON.stringify(records), {
    sync: false,
  });
}

/** The part of a case that was done before; `undefined` if it must be done (again). */
export async function readDone(out: string, id: string): Promise<CaseRecords | undefined> {
  try {
    const records = v.parse(RecordsSchema, await readNote(join(out, UNFINISHED, noteName(id))));
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

/** Reads what this module or the manifest noted. */
async function readNote(path: string): Promise<unknown> {
  return await readJson(path, { what: "prepared slices", code: "bad-prepared" });
}

/** The name of a case's file. */
export function noteName(id: string): string {
  return `case_${id}.json`; // the prefix avoids a clash with the plan
}
