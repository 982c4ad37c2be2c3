import { createHash } from "node:crypto";
import { join, relative, resolve } from "@std/path";
import { InputError } from "../support/errors.ts";
import { inPool } from "../support/in_pool.ts";
import { requireWritable } from "../support/output_folder.ts";
import { CaseWorkers } from "./case_workers.ts";
import { type CaseSource, pathsOf, type Problem } from "./discovery/case_source.ts";
import { discoverCases, type DiscoveredCases } from "./discovery/discover_cases.ts";
import { type Manifest, type SourceFile, writeManifest } from "./manifest.ts";
import { claimFolder } from "./prepared_folder.ts";
import { resolveSliceSettings, type SliceSettings } from "./slice_settings.ts";
import { type Survey, surveyCases } from "./survey.ts";
import type { SliceRecord } from "./types.ts";
import { type CaseRecords, endUnfinished, noteDone, type Plan, readDone } from "./unfinished.ts";
import { dataSetProblems } from "./verify/data_set_problems.ts";
import { idsWithErrors, sortProblems } from "./verify/problems.ts";

/** What {@linkcode extractSlices} takes. Missing settings get their defaults. */
export type ExtractOptions = Partial<SliceSettings> & {
  /** The data folder, see {@linkcode discoverCases}. */
  readonly data: string;
  /** The folder for the slices: new, empty, or of an earlier preparation. */
  readonly out: string;
  /** Called after every case. */
  readonly onProgress?: (progress: ExtractProgress) => void;
};

/** Progress of a preparation, in cases. */
export interface ExtractProgress {
  readonly done: number;
  readonly total: number;
  /** The last case done. */
  readonly case: string;
}

/** A folder of prepared slices. */
export interface PreparedSlices {
  readonly folder: string;
  /** Whether it was there already, made the same way from the same files. */
  readonly reused: boolean;
  /** Why existing slices were made again; null if they were not. */
  readonly damage: string | null;
  readonly manifest: Manifest;
}

/** Increase it to invalidate slices of older versions. */
const FORMAT = 2;

/** Label values listed for all cases together. */
const MOST_LISTED = 256;

/** Starting a thread for fewer cases costs more than it saves. */
const FEW_CASES = 8;

/**
 * Cuts every case of a data set into normalised slices of one size and stores them as
 * `images/<case>_slice_000.npy` and `labels/<case>_slice_000.npy` in a folder with a manifest.
 *
 * Cases that cannot be used are left out. The manifest lists them with the reason, and warnings
 * about the others. It is written last: a folder without a manifest is unfinished.
 *
 * @throws {InputError} If the data set has no known layout, no case of it can be used, no label is
 * kept, an option is out of range, or the folder holds something else; nothing is left half
 * written.
 */
export async function extractSlices(options: ExtractOptions): Promise<PreparedSlices> {
  const { data, out, onProgress = () => {}, ...given } = options;
  const plan = await planExtraction(data, resolveSliceSettings(given));
  return await claimFolder(
    out,
    data,
    planOf(plan),
    () => extract(plan, out, onProgress),
    () => Promise.resolve(null),
  );
}

/** A preparation: settings and sources. */
export interface ExtractPlan extends DiscoveredCases {
  readonly data: string;
  readonly settings: SliceSettings;
  readonly files: readonly FileState[];
  /** A hash of all of it; equal hashes mean equal slices. */
  readonly identity: string;
}

/** A file of a data set, without a look into it. */
export type FileState = Pick<SourceFile, "path" | "size" | "modified">;

/** Finds the cases, and the size and modification time of their files. */
export async function planExtraction(data: string, settings: SliceSettings): Promise<ExtractPlan> {
  const found = await discoverCases(data);
  const files = await sourceFiles(data, found.cases.flatMap(pathsOf));
  const parts = [FORMAT, await Deno.realPath(data), found.kind, found.description, settings, files];
  const identity = createHash("sha256").update(JSON.stringify(parts)).digest("hex");
  return { ...found, data, settings, files, identity };
}

/** Sizes and modification times of files; paths are relative to the data folder. */
export async function sourceFiles(data: string, paths: readonly string[]): Promise<FileState[]> {
  return await Promise.all(paths.map(async (path): Promise<FileState> => {
    const { size, mtime } = await Deno.stat(join(data, path));
    return { path, size, modified: mtime?.getTime() ?? null };
  }));
}

/** What the prepared folder stores about a plan. */
export function planOf({ identity, settings, cases }: ExtractPlan): Plan {
  return { identity, format: settings.format, cases: cases.map(({ id }) => id) };
}

/** Makes missing slices and the manifest, in a folder that this process has locked. */
export async function extract(
  plan: ExtractPlan,
  out: string,
  onProgress: (progress: ExtractProgress) => void,
): Promise<PreparedSlices> {
  const { data, kind, identity, description } = plan;
  const sources = plan.cases.filter(({ files: [first] }) => first!.label !== null);
  const survey = await surveyCases(sources, plan.settings, description);
  const { settings, size: [height, width] } = survey;
  const records = await extractAll(sources, survey, out, onProgress);
  const all = records.flatMap((record) => record.cases);
  const { targets } = settings;
  const compared = dataSetProblems(all, { ...plan.settings, targets, description });
  const wrong = idsWithErrors(compared);
  const cases = all.filter(({ id }) => !wrong.has(id));
  const made = Object.groupBy(
    records.flatMap((record) => record.slices),
    (slice) => wrong.has(slice.case) ? "left" : "kept",
  );
  const { kept: slices = [], left = [] } = made;
  const problems = sortProblems([
    ...plan.problems,
    ...records.flatMap((record) => record.problems),
    ...compared,
  ]);
  requireUsable(slices, problems, data);
  const hashes = new Map(records.flatMap((record) => Object.entries(record.hashes)));
  const manifest: Manifest = {
    version: 2,
    identity,
    data: relative(resolve(out), resolve(data)).replaceAll("\\", "/"),
    kind,
    settings,
    channelNames: [...description.channelNames],
    height,
    width,
    labelValues: distinct(cases.flatMap((one) => one.labelValues)).slice(0, MOST_LISTED),
    files: plan.files.flatMap((file) => {
      const sha256 = hashes.get(file.path);
      return sha256 === undefined ? [] : { ...file, sha256 };
    }),
    problems,
    cases,
    slices,
  };
  for (const { image, label } of left) {
    for (const name of [image, label]) await Deno.remove(join(out, name));
  }
  await writeManifest(out, manifest);
  await endUnfinished(out, planOf(plan));
  return { folder: out, reused: false, damage: null, manifest };
}

/** Cuts all cases that were not cut before. Returns the parts of the manifest in order. */
async function extractAll(
  sources: readonly CaseSource[],
  { settings, size, headers, atOnce }: Survey,
  out: string,
  onProgress: (progress: ExtractProgress) => void,
): Promise<CaseRecords[]> {
  const records = new Map<string, CaseRecords>();
  for (const { id } of sources) {
    const before = await readDone(out, id);
    if (before !== undefined) records.set(id, before);
  }
  if (settings.format === "npy") {
    const slices = headers.reduce((sum, { id, count }) => records.has(id) ? sum : sum + count, 0);
    const bytes = 4 * settings.channels! + 1; // float32 images, one byte per label pixel
    await requireWritable(out, { bytes: slices * size[0] * size[1] * bytes });
  }
  for (const name of ["images", "labels"]) await Deno.mkdir(join(out, name), { recursive: true });
  let done = 0;
  const workers = CaseWorkers.start(Math.min(atOnce, sources.length / FEW_CASES));
  try {
    await inPool(sources, atOnce, async (source) => {
      const { id } = source;
      if (!records.has(id)) {
        const made = await workers.run(source, { out, settings, size });
        records.set(id, made);
        await noteDone(out, id, made);
      }
      onProgress({ done: ++done, total: sources.length, case: id });
    });
  } finally {
    workers.close();
  }
  return sources.map(({ id }) => records.get(id)!);
}

function distinct(values: readonly number[]): number[] {
  return [...new Set(values)].sort((a, b) => a - b);
}

function requireUsable(
  slices: readonly SliceRecord[],
  problems: readonly Problem[],
  path: string,
): void {
  const errors = problems.filter(({ severity }) => severity === "error");
  const whole = errors.filter((problem) => problem.case === "all cases");
  const isEmpty = slices.length === 0 || slices.every((slice) => slice.foreground === 0);
  if (!isEmpty) return;
  const [told, what] = slices.length === 0 ? [errors, "no case can be used: "] : [whole, ""];
  const first = told.slice(0, 5).map(({ case: id, message }) =>
    id === "all cases" ? message : `${id}: ${message}`
  );
  const more = told.length > 5 ? `; and ${told.length - 5} more` : "";
  throw new InputError(
    `Cannot prepare slices: ${what}${first.join("; ") || "nothing of any label is kept"}${more}`,
    { code: "bad-data-set", path, hint: told.find(({ hint }) => hint !== "")?.hint ?? "" },
  );
}
