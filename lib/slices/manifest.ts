/**
 * The manifest of a folder of prepared slices: what was made, from what, and how.
 *
 * @module
 */

import { join } from "@std/path";
import * as v from "valibot";
import { InputError } from "../support/errors.ts";
import { writeFileAtomic } from "../support/files.ts";
import type { Problem, SliceRecord } from "./types.ts";

/** The name of the manifest in its folder. */
export const MANIFEST_NAME = "manifest.json";

const VERSION = 1;
const count = v.pipe(v.number(), v.safeInteger(), v.minValue(0));
const integer = v.pipe(v.number(), v.safeInteger());
const pair = v.pipe(v.tuple([integer, integer]), v.readonly());
/** No slice is larger on a side. */
const LARGEST = 65536;
const length = v.pipe(v.number(), v.safeInteger(), v.minValue(1), v.maxValue(LARGEST));
const side = v.pipe(
  v.number(),
  v.safeInteger(),
  v.minValue(4),
  v.maxValue(LARGEST),
  v.multipleOf(4),
);
const axis = v.picklist([0, 1, 2]);
const fit = v.picklist(["pad-or-crop", "resize"]);
/** A file below the prepared folder, so that a manifest cannot point elsewhere. */
const file = v.pipe(v.string(), v.regex(/^(images|labels)\/[^./\\\0][^/\\\0]*$/));

/** Checks and describes {@linkcode ExtractSettings}. */
export const SettingsSchema = v.object({
  axis,
  format: v.picklist(["npy", "png"]),
  channel: count,
  labels: v.union(
    [v.literal("foreground"), v.pipe(v.array(integer), v.minLength(1))],
    'expected "foreground" or a list of whole numbers',
  ),
  size: v.union(
    [
      v.literal("pad"),
      v.pipe(v.tuple([side, side]), v.readonly()),
    ],
    'expected "pad" or a height and width that are positive multiples of 4',
  ),
  fit,
  clip: v.nullable(
    v.pipe(
      v.tuple([v.number(), v.number()]),
      v.check(
        ([low, high]) => low >= 0 && low < high && high <= 100,
        "expected two percentiles from 0 to 100, the lower first",
      ),
      v.readonly(),
    ),
  ),
});

const CaseSchema = v.object({
  id: v.string(),
  image: v.string(),
  label: v.string(),
  shape: v.array(count),
  spacing: v.tuple([v.number(), v.number(), v.number()]),
});

/** Checks the part of a manifest that cases add to. */
export const RecordsSchema = v.object({
  labelValues: v.array(v.number()),
  problems: v.array(
    v.object({
      severity: v.picklist(["error", "warning"]),
      case: v.string(),
      message: v.string(),
    }),
  ) satisfies v.GenericSchema<Problem[]>,
  cases: v.array(CaseSchema),
  slices: v.array(
    v.object({
      case: v.string(),
      index: count,
      axis,
      image: file,
      label: file,
      foreground: count,
      geometry: v.object({
        original: v.pipe(v.tuple([length, length]), v.readonly()),
        size: v.pipe(v.tuple([side, side]), v.readonly()),
        fit,
        offset: pair,
      }),
    }),
  ) satisfies v.GenericSchema<SliceRecord[]>,
});

const ManifestSchema = v.object({
  version: v.literal(VERSION),
  data: v.string(),
  kind: v.picklist(["volumes", "png"]),
  options: SettingsSchema,
  height: side,
  width: side,
  files: v.array(v.object({ path: v.string(), size: count, modified: v.nullable(v.number()) })),
  ...RecordsSchema.entries,
  slices: v.pipe(RecordsSchema.entries.slices, v.minLength(1)),
});

/** How slices are made; every choice spelled out. */
export type ExtractSettings = v.InferOutput<typeof SettingsSchema>;

/**
 * A case whose slices are in the folder: `id`; `image` and `label`, relative to the data folder
 * (of pictures of one case, the first); `shape` of the volume; `spacing` in millimetres (of
 * pictures, 1).
 */
export type ManifestCase = v.InferOutput<typeof CaseSchema>;

/**
 * What `manifest.json` holds. `data` is the data folder relative to the prepared folder, `height`
 * and `width` the size of all slices, `labelValues` the values found in the labels (at most 256),
 * `files` all sources with size and time of change, `problems` all that was wrong with them.
 */
export type Manifest = v.InferOutput<typeof ManifestSchema>;

/** A source file of a preparation, to see whether it has changed. */
export type SourceFile = Manifest["files"][number];

/**
 * Reads the manifest of a prepared folder.
 *
 * @param folder From `deno task preprocess` or {@linkcode extractSlices}.
 * @throws {InputError} If it is missing (the preparation was not finished), or not understood.
 */
export async function readManifest(folder: string): Promise<Manifest> {
  const path = join(folder, MANIFEST_NAME);
  const hint = "Prepare the data again with deno task preprocess";
  let value: unknown;
  try {
    value = JSON.parse(await Deno.readTextFile(path));
  } catch (cause) {
    const why = cause instanceof SyntaxError ? "its manifest is damaged" : "it has no manifest";
    throw new InputError(`Cannot open prepared slices: ${why}`, {
      code: "bad-prepared",
      path,
      hint,
      cause,
    });
  }
  const result = v.safeParse(ManifestSchema, value);
  if (result.success) return result.output;
  const [issue] = result.issues;
  const where = v.getDotPath(issue) ?? "manifest";
  throw new InputError(`Cannot open prepared slices: ${where}: ${issue.message}`, {
    code: "bad-prepared",
    path,
    hint,
  });
}

/**
 * Writes the manifest of a prepared folder, atomically, one line a slice.
 *
 * @param folder The prepared folder, with all slices in it.
 */
export async function writeManifest(folder: string, manifest: Manifest): Promise<void> {
  const lists = new Set(["files", "problems", "cases", "slices"]);
  const fields = Object.entries(manifest).map(([key, value]) => {
    const text = lists.has(key)
      ? `[\n${(value as unknown[]).map((item) => `    ${JSON.stringify(item)}`).join(",\n")}\n  ]`
      : JSON.stringify(value);
    return `  ${JSON.stringify(key)}: ${text}`;
  });
  await writeFileAtomic(join(folder, MANIFEST_NAME), `{\n${fields.join(",\n")}\n}\n`);
}
