import { basename, join, resolve } from "@std/path";
import {
  extract,
  type ExtractOptions,
  type ExtractPlan,
  planExtraction,
  planOf,
  type PreparedSlices,
  sourceFiles,
} from "./extract_slices.ts";
import { InputError } from "../support/errors.ts";
import { exists } from "../support/files.ts";
import { hashFile } from "../support/hash.ts";
import { inPool } from "../support/in_pool.ts";
import { type Manifest, readManifest, type SourceFile } from "./manifest.ts";
import { claimFolder } from "./prepared_folder.ts";
import { readSample } from "./read_sample.ts";
import type { SliceSettings } from "./slice_settings.ts";

/** Slices read at the same time. */
const READERS = 8;

/** What {@linkcode prepareSlices} takes. */
export interface PrepareOptions {
  /** The data folder. */
  readonly data: string;
  /**
   * The folder for the slices; empty: `prepared/<name of the data folder>-<hash of settings and
   * data>`, so that no two preparations share one.
   */
  readonly out: string;
  /**
   * Whether the user named the folder. A folder named by a run's file, which may come from someone
   * else, is used only if it already holds exactly these slices.
   */
  readonly isTrusted: boolean;
  readonly settings: SliceSettings;
  readonly onProgress: NonNullable<ExtractOptions["onProgress"]>;
}

/**
 * Prepares slices as `extractSlices` does, unless the folder already holds complete ones, made with
 * the same settings from the same files (by name, size and modification time).
 *
 * @throws {InputError} As `extractSlices` does.
 */
export async function prepareSlices(options: PrepareOptions): Promise<PreparedSlices> {
  const { data, settings, onProgress } = options;
  const plan = await planExtraction(data, settings);
  const out = await folderFor(options, plan);
  let damage: string | null = null;
  const reuse = async (): Promise<PreparedSlices | null> => {
    const manifest = await readManifest(out).catch(() => null);
    if (manifest?.identity !== plan.identity) return null;
    damage = await findDamage(out, manifest);
    return damage === null ? { folder: out, reused: true, damage, manifest } : null;
  };
  const prepared = await reuse() ??
    await claimFolder(out, data, planOf(plan), () => extract(plan, out, onProgress), reuse);
  return { ...prepared, damage };
}

/**
 * Reads every slice of a prepared folder.
 *
 * @returns The problem of the first slice that is missing, truncated, of another size or not
 * finite; null if all are sound.
 */
async function findDamage(folder: string, manifest: Manifest): Promise<string | null> {
  let damage: string | null = null;
  await inPool(manifest.slices, READERS, async (record) => {
    if (damage !== null) return;
    try {
      await readSample(folder, manifest, record);
    } catch (error) {
      if (!(error instanceof InputError)) throw error;
      damage ??= error.message;
    }
  });
  return damage;
}

/**
 * The slices that {@linkcode prepareSlices} made before with the same options. Writes nothing, so
 * that any number of processes can share them on any file system; slices are checked as they are
 * read.
 *
 * @throws {InputError} If there are none, or they were made with other settings or from other files.
 */
export async function usePrepared(
  options: Omit<PrepareOptions, "onProgress">,
): Promise<PreparedSlices> {
  const plan = await planExtraction(options.data, options.settings);
  const out = await folderFor(options, plan);
  const manifest = await readManifest(out);
  if (manifest.identity === plan.identity) {
    return { folder: out, reused: true, damage: null, manifest };
  }
  throw new InputError(
    "Cannot use the prepared slices: settings, images or labels have changed since they were made",
    { code: "bad-prepared", path: out, hint: "Prepare them again" },
  );
}

async function folderFor(
  { data, out, isTrusted }: Pick<PrepareOptions, "data" | "out" | "isTrusted">,
  { identity }: ExtractPlan,
): Promise<string> {
  const isTaken = out !== "" &&
    (isTrusted || (await readManifest(out).catch(() => null))?.identity === identity);
  return isTaken ? out : join("prepared", `${basename(resolve(data))}-${identity.slice(0, 10)}`);
}

/**
 * Compares the files that slices were made from with the current ones. A file of the same size and
 * modification time is the same. Where only the time differs, as after copying a data set, its
 * SHA-256 decides.
 *
 * @returns The changes, such as "labelsTr/a.nii.gz has changed".
 */
export async function checkSources(
  folder: string,
  files: readonly SourceFile[],
): Promise<string[]> {
  const changes: (string | null)[] = [];
  await inPool(files.entries(), READERS, async ([i, file]) => {
    changes[i] = await changeOf(folder, file);
  });
  return changes.filter((change) => change !== null);
}

/** How a file has changed; null if it has not. */
async function changeOf(
  folder: string,
  { path, size, modified, sha256 }: SourceFile,
): Promise<string | null> {
  const file = join(folder, path);
  if (!await exists(file)) return `${path} is missing`;
  const [now] = await sourceFiles(folder, [path]);
  if (now!.size === size) {
    if (now!.modified === modified) return null;
    if (sha256 !== null && await hashFile(file, "sha256").catch(() => null) === sha256) return null;
  }
  return `${path} has changed`;
}
