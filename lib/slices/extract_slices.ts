/**
 * A whole data set cut into slices, in a folder with a manifest.
 *
 * @module
 */

import { join, relative, resolve } from "@std/path";
import * as v from "valibot";
import { InputError } from "../support/errors.ts";
import { requireWritable } from "../support/output_folder.ts";
import { inPool } from "../support/in_pool.ts";
import { discoverCases, type DiscoveredCases } from "./discovery/discover_cases.ts";
import { CaseWorkers } from "./case_workers.ts";
import { commonSize } from "./geometry.ts";
import {
  type ExtractSettings,
  type Manifest,
  SettingsSchema,
  type SourceFile,
  writeManifest,
} from "./manifest.ts";
import { claimFolder } from "./prepared_folder.ts";
import { type SliceExtent, sliceExtent } from "./slice_size.ts";
import type { Axis, DataCase, Fit, Problem, SliceFormat, SliceRecord } from "./types.ts";
import { type CaseRecords, noteDone, readDone, UNFINISHED } from "./unfinished.ts";

/** Options of {@linkcode extractSlices} and `prepareSlices`. */
export interface ExtractOptions {
  /** The data folder, see {@linkcode discoverCases}. */
  readonly data: string;
  /** The folder for the slices: a new one, an empty one, or one made before. */
  readonly out: string;
  /** Axis to cut volumes along. Default 2, which is axial in most data sets. */
  readonly axis?: Axis;
  /** Format of the slices. Default "npy", which is exact. */
  readonly format?: SliceFormat;
  /** Which channel of 4D volumes. Default 0. */
  readonly channel?: number;
  /**
   * "foreground" (the default) makes every label above 0 a 1; a list keeps only these values. Those
   * of pictures are 0 to 255.
   */
  readonly labels?: "foreground" | readonly number[];
  /**
   * "pad" (the default) pads all slices to one common height and width, the smallest that holds
   * all; otherwise a height and width. Multiples of 4.
   */
  readonly size?: "pad" | readonly [number, number];
  /** How slices come to a size that is given. Default "pad-or-crop". */
  readonly fit?: Fit;
  /** Percentiles to clip intensities at, such as [0.5, 99.5]. By default none are clipped. */
  readonly clip?: readonly [number, number];
  /** Called after every case. */
  readonly onProgress?: (progress: ExtractProgress) => void;
}

/** How far a preparation is, in cases. */
export interface ExtractProgress {
  readonly done: number;
  readonly total: number;
  /** The case that was last done. */
  readonly case: string;
}

/** A folder of prepared slices. */
export interface PreparedSlices {
  readonly folder: string;
  /** Whether it was there already, made the same way from the same files. */
  readonly reused: boolean;
  readonly manifest: Manifest;
}

/** So many cases are in memory at once: one is read and inflated while others are cut. */
export const CASES_AT_ONCE = 3;

/** A thread that has no more cases than these costs more to start than it saves. */
const FEW_CASES = 8;

/**
 * Cuts every case of a data set into normalised slices of one size and stores them as
 * `images/<case>_slice_000.npy` and `labels/<case>_slice_000.npy` in a folder with a manifest.
 *
 * Cases that cannot be used are left out; the manifest's problems say which and why, and what is
 * odd about the others. The manifest is written last: a folder without one is unfinished.
 *
 * @throws {InputError} If the data set has no known layout, no case of it can be used, no label is
 * kept, an option is out of range, or the folder holds something else; nothing is left
 * half-written.
 */
export async function extractSlices(options: ExtractOptions): Promise<PreparedSlices> {
  const settings = extractSettings(options);
  const plan = await planExtraction(options.data);
  return await claimFolder(
    options,
    planText(settings, plan),
    () => extract(options, settings, plan),
  );
}

/**
 * The options with every default filled in, as the manifest stores them.
 *
 * @throws {InputError} If any are out of range; all of them are named.
 */
export function extractSettings(options: ExtractOptions): ExtractSettings {
  const { axis = 2, format = "npy", channel = 0, labels = "foreground", size = "pad" } = options;
  const { fit = "pad-or-crop", clip } = options;
  const result = v.safeParse(SettingsSchema, {
    axis,
    format,
    channel,
    labels: typeof labels === "string" ? labels : [...new Set(labels)].sort((a, b) => a - b),
    size,
    fit,
    clip: clip ?? null,
  });
  if (result.success) return result.output;
  const problems = result.issues.map((issue) => `${v.getDotPath(issue)}: ${issue.message}`);
  throw new InputError(`Cannot prepare slices: ${problems.join("; ")}`, { code: "bad-data-set" });
}

/** The sources of a preparation. */
export interface ExtractPlan extends DiscoveredCases {
  readonly files: readonly SourceFile[];
}

/** Finds the cases, and the size and time of change of each of their files. */
export async function planExtraction(data: string): Promise<ExtractPlan> {
  const found = await discoverCases(data);
  const paths = found.cases.flatMap(({ image, label }) =>
    label === undefined ? [image] : [image, label]
  );
  const files = await Promise.all(paths.map(async (path): Promise<SourceFile> => {
    const { size, mtime } = await Deno.stat(join(data, path));
    return { path, size, modified: mtime?.getTime() ?? null };
  }));
  return { ...found, files };
}

/** What a preparation makes of what, as text: the same text, the same slices. */
export function planText(
  settings: ExtractSettings,
  { kind, files }: Pick<ExtractPlan, "kind" | "files">,
): string {
  return JSON.stringify([kind, settings, files]);
}

/** Makes the slices that are not there yet, and the manifest, in a folder that was claimed. */
export async function extract(
  options: ExtractOptions,
  settings: ExtractSettings,
  plan: ExtractPlan,
): Promise<PreparedSlices> {
  const { data, out, onProgress } = options;
  const labelled = plan.cases.filter((entry): entry is Required<DataCase> =>
    entry.label !== undefined
  );
  const groups = [...Map.groupBy(labelled, (entry) => entry.id)];
  const before = new Map<string, CaseRecords | undefined>();
  for (const [id] of groups) before.set(id, await readDone(out, id));
  const extents = await extentsOf(data, labelled, settings.axis);
  const size = settings.size === "pad"
    ? commonSize(extents.map(({ height, width }) => [height, width]))
    : settings.size;
  if (settings.format === "npy") {
    const left = extents.filter(({ id }) => before.get(id) === undefined);
    const count = left.reduce((sum, extent) => sum + extent.count, 0);
    await requireWritable(out, { bytes: count * size[0] * size[1] * 5 }); // float32, uint8 label
  }
  const all: CaseRecords = { labelValues: [], problems: [...plan.problems], cases: [], slices: [] };
  const { problems, cases, slices } = all;
  for (const name of ["images", "labels"]) await Deno.mkdir(join(out, name), { recursive: true });
  let done = 0;
  const workers = CaseWorkers.start(Math.min(CASES_AT_ONCE, groups.length / FEW_CASES));
  try {
    await inPool(groups, CASES_AT_ONCE, async ([id, entries]) => {
      let records = before.get(id);
      if (records === undefined) {
        records = await workers.run(id, entries, { data, out, kind: plan.kind, settings, size });
        await noteDone(out, id, records);
      }
      for (const key of ["labelValues", "problems", "cases", "slices"] as const) {
        (all[key] as unknown[]).push(...records[key]);
      }
      onProgress?.({ done: ++done, total: groups.length, case: id });
    });
  } finally {
    workers.close();
  }

  // Cases come in whatever order they are done; the manifest is the same every time
  sortProblems(problems);
  cases.sort((a, b) => compare(a.id, b.id));
  slices.sort((a, b) => compare(a.case, b.case) || a.index - b.index);
  const labelValues = [...new Set(all.labelValues)].sort((a, b) => a - b);
  requireUsable(slices, problems, labelValues, settings, data);
  const manifest: Manifest = {
    version: 1,
    data: relative(resolve(out), resolve(data)).replaceAll("\\", "/"),
    kind: plan.kind,
    options: settings,
    height: size[0],
    width: size[1],
    labelValues,
    files: [...plan.files],
    problems,
    cases,
    slices,
  };
  await Deno.remove(join(out, UNFINISHED), { recursive: true });
  await writeManifest(out, manifest);
  return { folder: out, reused: false, manifest };
}

/** Sorts problems by case, in place. */
export function sortProblems(problems: Problem[]): void {
  problems.sort((a, b) => compare(a.case, b.case) || compare(a.message, b.message));
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

async function extentsOf(
  data: string,
  entries: readonly DataCase[],
  axis: Axis,
): Promise<(SliceExtent & { id: string })[]> {
  const extents: (SliceExtent & { id: string })[] = [];
  await inPool(entries, 8, async ({ id, image }) => {
    const extent = await sliceExtent(join(data, image), axis);
    if (extent !== undefined) extents.push({ id, ...extent });
  });
  return extents;
}

function requireUsable(
  slices: readonly SliceRecord[],
  problems: readonly Problem[],
  found: readonly number[],
  { labels }: ExtractSettings,
  path: string,
): void {
  if (slices.length === 0) {
    const first = problems.slice(0, 5).map((problem) => `${problem.case}: ${problem.message}`);
    const more = problems.length > 5 ? `; and ${problems.length - 5} more` : "";
    throw new InputError(`Cannot prepare slices: no case can be used: ${first.join("; ")}${more}`, {
      code: "bad-data-set",
      path,
    });
  }
  if (slices.every((slice) => slice.foreground === 0)) {
    const wanted = labels === "foreground" ? "above 0" : labels.join(", ");
    throw new InputError(`Cannot prepare slices: no label is ${wanted}`, {
      code: "bad-data-set",
      path,
      hint: `The labels hold ${found.join(", ")}`,
    });
  }
}
