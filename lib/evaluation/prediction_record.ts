/**
 * Records what a prediction was made from, so that a restart knows what is done.
 *
 * @module
 */

import { join } from "@std/path";
import * as v from "valibot";
import { loadLabel } from "../slices/save_slice.ts";
import { InputError } from "../support/errors.ts";
import { exists, writeJsonAtomic } from "../support/files.ts";
import { hashFile } from "../support/hash.ts";
import { readJson } from "../support/read_text.ts";
import { readVolume } from "../volume/mod.ts";
import { isPicture } from "../slices/discovery/file_names.ts";

/** The folder of the records, beside the masks. */
const RECORDS = "records";

const foundSchema = v.object({
  /** Voxels, or pixels, of each class. */
  counts: v.array(v.number()),
  /** The volume of a voxel in millilitres, for volumes. */
  voxelMillilitres: v.exactOptional(v.number()),
  /** The NCA quality metric, see `CasePrediction`; for several runs. */
  quality: v.exactOptional(v.nullable(v.number())),
  /** The doubt, measured as the record's `doubt` says; null if nothing was found. */
  doubt: v.exactOptional(v.nullable(v.number())),
  /** The number of connected pieces of each class. */
  pieces: v.exactOptional(v.array(v.number())),
  /** Whether any class reaches the border of the image. */
  touchesBorder: v.exactOptional(v.boolean()),
  /** Differences from the training images. */
  warnings: v.array(v.string()),
});

/** The findings in an image. */
export type Found = v.InferOutput<typeof foundSchema>;

const recordSchema = v.object({
  /** The weights and every setting that a prediction depends on. */
  made: v.record(v.string(), v.unknown()),
  /** The SHA-256 of each image. */
  images: v.record(v.string(), v.string()),
  /** The SHA-256 of each output; null before it is written. */
  outputs: v.record(v.string(), v.nullable(v.string())),
  /** The findings; missing before the outputs are written, and in records of older versions. */
  found: v.exactOptional(foundSchema),
});

/** The record of a prediction, in its JSON file. */
export type PredictionRecord = v.InferOutput<typeof recordSchema>;

/** The state of a prediction. */
export type PredictionState =
  /** Nothing. */
  | { kind: "new" }
  /** Complete and up to date. */
  | { kind: "done" }
  /** To be made again, and why. */
  | { kind: "stale"; why: string }
  /** A complete file that differs from its record: someone may have edited it. */
  | { kind: "foreign"; file: string };

/**
 * Checks the state of a prediction.
 *
 * @param folder The folder of the masks.
 * @param name The image's file name.
 * @param wanted The inputs of the prediction; its outputs by name, without checksums.
 */
export async function predictionState(
  folder: string,
  name: string,
  wanted: PredictionRecord,
): Promise<PredictionState> {
  const record = await readRecord(folder, name);
  const broken: string[] = [];
  let found = 0;
  for (const file of Object.keys(wanted.outputs)) {
    const path = join(folder, file);
    const sum = await sumOf(path);
    if (sum === undefined) {
      broken.push(`${file} is missing`);
      continue;
    }
    found++;
    const recorded = record?.outputs[file];
    if (sum === recorded) continue;
    // Incomplete files, and those being written when a process ended, are ours.
    if (recorded !== null && await isWhole(path)) return { kind: "foreign", file };
    broken.push(`${file} is incomplete`);
  }
  if (found === 0) return { kind: "new" };
  if (record === undefined) return { kind: "stale", why: broken.join(", ") };
  if (!("inputs" in record.made) || (record.found === undefined && broken.length === 0)) {
    return { kind: "stale", why: "made by an older version of this program" };
  }
  const changed = [
    ...differences(record.made, wanted.made),
    ...(differences(record.images, wanted.images).length > 0 ? ["the image"] : []),
  ];
  if (changed.length > 0) return { kind: "stale", why: `changed: ${changed.join(", ")}` };
  return broken.length > 0 ? { kind: "stale", why: broken.join(", ") } : { kind: "done" };
}

/**
 * Writes the record of a prediction. Once before the files, so that they are known if the process
 * ends in between, and once after.
 *
 * @param found The result, once the files are written; then their checksums are recorded.
 */
export async function writeRecord(
  folder: string,
  name: string,
  record: PredictionRecord,
  found: Found | null,
): Promise<void> {
  const outputs: PredictionRecord["outputs"] = {};
  for (const file of Object.keys(record.outputs)) {
    outputs[file] = found ? await hashFile(join(folder, file), "sha256") : null;
  }
  await writeJsonAtomic(recordPath(folder, name), { ...record, outputs, ...(found && { found }) });
}

/** The complete records of a folder by the names of their images, in order. */
export async function readRecords(folder: string): Promise<Map<string, PredictionRecord>> {
  const names: string[] = [];
  if (await exists(join(folder, RECORDS))) {
    for await (const { name } of Deno.readDir(join(folder, RECORDS))) {
      if (name.endsWith(".json")) names.push(name.slice(0, -".json".length));
    }
  }
  const records = new Map<string, PredictionRecord>();
  for (const name of names.sort()) {
    const record = await readRecord(folder, name);
    if (record?.found !== undefined) records.set(name, record);
  }
  return records;
}

/** The picture of a prediction, beside its record. */
export function picturePath(folder: string, name: string): string {
  return join(folder, RECORDS, `${name}.png`);
}

function recordPath(folder: string, name: string): string {
  return join(folder, RECORDS, `${name}.json`);
}

/** A damaged record counts as missing. */
async function readRecord(folder: string, name: string): Promise<PredictionRecord | undefined> {
  try {
    const purpose = { what: "record of a prediction", code: "bad-run" } as const;
    return v.parse(recordSchema, await readJson(recordPath(folder, name), purpose));
  } catch (error) {
    if (error instanceof InputError || error instanceof v.ValiError) return undefined;
    throw error;
  }
}

async function sumOf(path: string): Promise<string | undefined> {
  try {
    return await hashFile(path, "sha256");
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}

async function isWhole(path: string): Promise<boolean> {
  try {
    await (isPicture(path) ? loadLabel(path, []) : readVolume(path));
    return true;
  } catch (error) {
    if (error instanceof InputError) return false;
    throw error;
  }
}

function differences(a: Record<string, unknown>, b: Record<string, unknown>): string[] {
  return [...new Set([...Object.keys(a), ...Object.keys(b)])]
    .filter((key) => JSON.stringify(a[key]) !== JSON.stringify(b[key]));
}
