/**
 * A whole data set cut into slices, in a folder with a manifest.
 *
 * @module
 */

import { join, relative, resolve } from "@std/path";
import * as v from "valibot";
import { InputError } from "../support/errors.ts";
import { inPool } from "../support/in_pool.ts";
import { discoverCases, type DiscoveredCases } from "./discover_cases.ts";
import { commonSize, toModelGrid } from "./geometry.ts";
import {
  type ExtractSettings,
  type Manifest,
  type ManifestCase,
  SettingsSchema,
  type SourceFile,
  writeManifest,
} from "./manifest.ts";
import { claimFolder } from "./prepared_folder.ts";
import { type CaseSlices, readCase } from "./read_case.ts";
import { saveSlice } from "./save_slice.ts";
import { sliceSize } from "./slice_size.ts";
import type { Axis, DataCase, Fit, Problem, SliceFormat, SliceRecord } from "./types.ts";

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

/** So many cases are in memory at once: one is read and inflated while another is cut. */
export const CASES_AT_ONCE = 3;

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
  return await claimFolder(options, () => extract(options, settings, plan));
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
  throw new InputError(`Cannot prepare slices: ${problems.join("; ")}`);
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

/** Makes the slices and the manifest in a folder that is empty. */
export async function extract(
  options: ExtractOptions,
  settings: ExtractSettings,
  plan: ExtractPlan,
): Promise<PreparedSlices> {
  const { data, out, onProgress } = options;
  const labelled = plan.cases.filter((entry): entry is Required<DataCase> =>
    entry.label !== undefined
  );
  const size = settings.size === "pad"
    ? await sizeOfAll(data, labelled, settings.axis)
    : settings.size;
  const problems = [...plan.problems];
  const cases: ManifestCase[] = [];
  const slices: SliceRecord[] = [];
  const labelValues = new Set<number>();
  const groups = [...Map.groupBy(labelled, (entry) => entry.id)];
  let done = 0;
  await inPool(groups, CASES_AT_ONCE, async ([id, entries]) => {
    const { read, found } = await readCase(plan.kind, data, entries, settings);
    problems.push(...found);
    if (read !== undefined) {
      const { image, label } = entries[0]!;
      cases.push({ id, image, label, shape: [...read.shape], spacing: [...read.spacing] });
      slices.push(...await saveCase(out, id, read, settings, size));
      for (const value of read.labelValues) labelValues.add(value);
    }
    onProgress?.({ done: ++done, total: groups.length, case: id });
  });

  // Cases come in whatever order they are done; the manifest is the same every time
  sortProblems(problems);
  cases.sort((a, b) => compare(a.id, b.id));
  slices.sort((a, b) => compare(a.case, b.case) || a.index - b.index);
  requireUsable(slices, problems, labelValues, settings, data);
  const manifest: Manifest = {
    version: 1,
    data: relative(resolve(out), resolve(data)).replaceAll("\\", "/"),
    kind: plan.kind,
    options: settings,
    height: size[0],
    width: size[1],
    labelValues: [...labelValues].sort((a, b) => a - b),
    files: [...plan.files],
    problems,
    cases,
    slices,
  };
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

async function sizeOfAll(
  data: string,
  entries: readonly DataCase[],
  axis: Axis,
): Promise<[number, number]> {
  const sizes: [number, number][] = [];
  await inPool(entries, 8, async ({ image }) => {
    const size = await sliceSize(join(data, image), axis);
    if (size !== undefined) sizes.push(size);
  });
  return commonSize(sizes);
}

async function saveCase(
  out: string,
  id: string,
  read: CaseSlices,
  settings: ExtractSettings,
  size: readonly [number, number],
): Promise<SliceRecord[]> {
  const { axis, fit, format } = settings;
  return await Promise.all(read.slices.map(async ({ index, image, label }) => {
    const name = `${id}_slice_${String(index).padStart(3, "0")}.${format}`;
    const { slice, geometry } = toModelGrid(image, { size, fit });
    const { slice: mask } = toModelGrid(label, { size, fit, kind: "label" });
    const bits = new Uint8Array(mask.data.length);
    let foreground = 0;
    for (let i = 0; i < bits.length; i++) {
      if (mask.data[i] === 1) foreground += bits[i] = 1;
    }
    await saveSlice(join(out, "images", name), slice);
    await saveSlice(join(out, "labels", name), { ...mask, data: bits });
    return {
      case: id,
      index,
      axis,
      image: `images/${name}`,
      label: `labels/${name}`,
      foreground,
      geometry,
    };
  }));
}

function requireUsable(
  slices: readonly SliceRecord[],
  problems: readonly Problem[],
  found: ReadonlySet<number>,
  { labels }: ExtractSettings,
  path: string,
): void {
  if (slices.length === 0) {
    const first = problems.slice(0, 5).map((problem) => `${problem.case}: ${problem.message}`);
    const more = problems.length > 5 ? `; and ${problems.length - 5} more` : "";
    throw new InputError(`Cannot prepare slices: no case can be used: ${first.join("; ")}${more}`, {
      path,
    });
  }
  if (slices.every((slice) => slice.foreground === 0)) {
    const wanted = labels === "foreground" ? "above 0" : labels.join(", ");
    throw new InputError(`Cannot prepare slices: no label is ${wanted}`, {
      path,
      hint: `The labels hold ${[...found].sort((a, b) => a - b).join(", ")}`,
    });
  }
}
