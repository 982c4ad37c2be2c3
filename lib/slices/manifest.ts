import { join } from "@std/path";
import * as v from "valibot";
import { InputError } from "../support/errors.ts";
import { listedJson, readListedJson } from "../support/listed_json.ts";
import { ifThere } from "../support/read_text.ts";
import { writeFileAtomic } from "../support/files.ts";
import { pair } from "../support/setting.ts";
import { CaseSettingsSchema } from "./case_settings.ts";
import type { Problem } from "./discovery/case_source.ts";
import { SideSchema } from "./slice_settings.ts";
import { SliceRecordSchema } from "./types.ts";
import type { CaseFacts } from "./verify/case_facts.ts";

/** The name of the manifest in its folder. */
export const MANIFEST_NAME = "manifest.json";

const VERSION = 2;
const count = v.pipe(v.number(), v.safeInteger(), v.minValue(0));
const triple = v.pipe(v.tuple([v.number(), v.number(), v.number()]), v.readonly());

const CaseSchema = v.object({
  id: v.string(),
  shape: triple,
  spacing: v.nullable(triple),
  orientation: v.nullable(v.string()),
  channels: count,
  slice: pair(count),
  pixel: v.nullable(pair(v.number())),
  distance: v.nullable(v.number()),
  labelValues: v.array(v.number()),
  foreground: v.number(),
  hasBackground: v.boolean(),
  labelColours: v.optional(v.array(v.pipe(v.tuple([v.number(), v.string()]), v.readonly())), []),
  imageHash: v.string(),
  labelHash: v.string(),
  images: v.array(v.string()),
  labels: v.array(v.string()),
  intensities: v.array(v.object({ low: v.number(), high: v.number() })),
}) satisfies v.GenericSchema<unknown, CaseFacts & object>;

const ProblemSchema = v.object({
  severity: v.picklist(["error", "warning"]),
  case: v.string(),
  message: v.string(),
  hint: v.string(),
}) satisfies v.GenericSchema<Problem>;

const sha256 = v.optional(v.nullable(v.string()), null); // older versions did not store it

/** Checks the part of a manifest that depends on the cases. */
export const RecordsSchema = v.object({
  problems: v.array(ProblemSchema),
  cases: v.array(CaseSchema),
  slices: v.array(SliceRecordSchema),
  hashes: v.optional(v.record(v.string(), sha256), {}),
});

/** A file that slices were made from, to see whether it has changed; null: not known. */
export const SourceFileSchema = v.object({
  path: v.string(),
  size: count,
  modified: v.nullable(v.number()),
  sha256,
});

/** The items of the long lists, which are checked one by one as they are read. */
const ITEMS = {
  files: SourceFileSchema,
  problems: ProblemSchema,
  cases: CaseSchema,
  slices: SliceRecordSchema,
};

const checked = <T>() => v.array(v.custom<T>(() => true));

const ManifestSchema = v.object({
  version: v.literal(VERSION),
  identity: v.string(),
  data: v.string(),
  kind: v.picklist(["volume", "pictures"]),
  settings: CaseSettingsSchema,
  channelNames: v.array(v.string()),
  height: SideSchema,
  width: SideSchema,
  labelValues: v.array(v.number()),
  files: checked<v.InferOutput<typeof ITEMS.files>>(),
  problems: checked<Problem>(),
  cases: checked<v.InferOutput<typeof CaseSchema>>(),
  slices: v.pipe(checked<v.InferOutput<typeof SliceRecordSchema>>(), v.minLength(1)),
});

/**
 * A case whose slices are in the folder: its facts, its files relative to the data folder, and the
 * range of each channel before it was normalised.
 */
export type ManifestCase = v.InferOutput<typeof CaseSchema>;

/**
 * What `manifest.json` holds. `identity` is a hash of settings and sources, `data` the data folder
 * relative to the prepared folder, `height` and `width` the size of all slices, `labelValues` the
 * values found in labels, `files` all files that the slices were made from, `problems` all errors
 * and warnings.
 */
export type Manifest = v.InferOutput<typeof ManifestSchema>;

/** See {@linkcode SourceFileSchema}. */
export type SourceFile = v.InferOutput<typeof SourceFileSchema>;

/**
 * Reads the manifest of a prepared folder.
 *
 * @throws {InputError} If it is missing (the preparation was not finished) or invalid.
 */
export async function readManifest(folder: string): Promise<Manifest> {
  const path = join(folder, MANIFEST_NAME);
  const purpose = {
    code: "bad-prepared",
    hint: "Prepare the data again with deno task preprocess",
  } as const;
  const fail = (why: string) =>
    new InputError(`Cannot open prepared slices: ${why}`, { ...purpose, path });
  const check = <T extends v.GenericSchema>(schema: T, value: unknown, place = "manifest") => {
    const result = v.safeParse(schema, value);
    if (result.success) return result.output;
    const [issue] = result.issues;
    throw fail(`${v.getDotPath(issue) ?? place}: ${issue.message}`);
  };
  const convert = (list: string, item: unknown, { version }: Record<string, unknown>) => {
    if (version !== VERSION) throw fail("it was made by another version");
    return Object.hasOwn(ITEMS, list) ? check(ITEMS[list as keyof typeof ITEMS], item, list) : item;
  };
  const value = await ifThere(
    readListedJson(path, { what: "the slices' manifest", ...purpose }, convert),
  );
  if (value === undefined) throw fail("it has no manifest");
  return check(ManifestSchema, value);
}

/** Writes the manifest of a prepared folder, atomically, one line per slice. */
export async function writeManifest(folder: string, manifest: Manifest): Promise<void> {
  await writeFileAtomic(join(folder, MANIFEST_NAME), listedJson(manifest));
}
