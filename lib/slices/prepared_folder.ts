/**
 * The folder of prepared slices: its locks, and what may be removed from it.
 *
 * @module
 */

import { isAbsolute, join, relative, resolve } from "@std/path";
import { InputError } from "../support/errors.ts";
import { exists, isTemporary } from "../support/files.ts";
import { LOCK_NAME, requireWritable } from "../support/output_folder.ts";
import { MANIFEST_NAME } from "./manifest.ts";
import { filesIn, ownedFiles } from "./owned_files.ts";
import { beginUnfinished, type Plan, readPlan, UNFINISHED } from "./unfinished.ts";

/** The folders in a prepared folder. */
const FOLDERS = [UNFINISHED, "images", "labels"];

/** Milliseconds between two checks while another process prepares slices. */
const POLL_MS = 200;

/**
 * Replaces the slices in a folder; if that fails, none are left. Removes only files that a manifest
 * or plan names. One process at a time; others wait. Continues the work of a killed process that
 * made the same slices.
 *
 * @param data The data folder, which must not be inside it.
 * @param make Makes the slices and the manifest in `images`, `labels` and the folder.
 * @param reuse Checks whether the folder can be used as it is.
 * @throws {InputError} If the folder holds anything but prepared slices, is being read by a
 * training, or cannot be written to.
 */
export async function claimFolder<T>(
  out: string,
  data: string,
  plan: Plan,
  make: () => Promise<T>,
  reuse: () => Promise<T | null>,
): Promise<T> {
  const before = await namesIn(out, data);
  // A locked folder is in use by another process; wait until it is free
  if (!before?.includes(LOCK_NAME)) await requireOurs(out, before ?? []);
  await requireWritable(out);
  await Deno.mkdir(out, { recursive: true });
  using lock = await Deno.open(join(out, LOCK_NAME), { create: true, write: true });
  while (!await tryLock(lock, true)) {
    const onlyReaders = await tryLock(lock, false);
    if (onlyReaders) await lock.unlock().catch(() => {});
    const found = await reuse();
    if (found !== null) return found;
    if (onlyReaders) throw beingRead(out);
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
  const found = await reuse();
  if (found !== null) return found;
  await requireOurs(out, await namesIn(out, data) ?? []);
  try {
    const isFinished = await exists(join(out, MANIFEST_NAME));
    if (isFinished || (await readPlan(out))?.identity !== plan.identity) {
      await removeOwned(out);
      await beginUnfinished(out, plan);
    }
    return await make();
  } catch (error) {
    await removeOwned(out);
    if (before === null) await removeEmpty(out, [LOCK_NAME]);
    throw error;
  }
}

/**
 * Keeps other processes from replacing the slices in a folder, until the lock is disposed or the
 * process ends. Any number of processes can hold it. Does nothing on file systems without locks.
 *
 * @throws {InputError} If there is no such folder.
 */
export async function holdPrepared(folder: string): Promise<Disposable> {
  let lock: Deno.FsFile;
  try {
    lock = await Deno.open(join(folder, LOCK_NAME));
  } catch (cause) {
    if (!(cause instanceof Deno.errors.NotFound)) throw cause;
    // The lock file may be missing, for example after unpacking an archive
    return { [Symbol.dispose]: () => {} };
  }
  await lock.lock(false).catch(() => {});
  return lock;
}

async function tryLock(file: Deno.FsFile, exclusive: boolean): Promise<boolean> {
  try {
    return await file.tryLock(exclusive);
  } catch {
    return true; // some network folders have no locks
  }
}

function beingRead(out: string): InputError {
  return new InputError("Cannot prepare slices: a training is using other slices in the folder", {
    code: "folder-in-use",
    path: out,
    hint: "Wait until it ends, or choose another folder",
  });
}

/** The names in the folder; null if it does not exist. It must not hold the data. */
async function namesIn(out: string, data: string): Promise<string[] | null> {
  const way = relative(resolve(out), await Deno.realPath(data));
  if (!isAbsolute(way) && way.split(/[\\/]/)[0] !== "..") {
    throw new InputError("Cannot prepare slices: the data is inside the folder for the slices", {
      code: "bad-folder",
      path: out,
      hint: "Choose another folder for the slices",
    });
  }
  try {
    return (await Array.fromAsync(Deno.readDir(out))).map((entry) => entry.name);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return null;
    const why = error instanceof Error ? error.message : String(error);
    throw new InputError(`Cannot prepare slices: ${why}`, {
      code: "bad-folder",
      path: out,
      cause: error,
    });
  }
}

async function requireOurs(out: string, names: readonly string[]): Promise<void> {
  if (await ownedFiles(out) !== null) return;
  // A process that was killed before it wrote its plan leaves empty folders and temporary files
  const inside = await Promise.all(FOLDERS.map((name) => filesIn(join(out, name))));
  const others = [...names.filter((name) => !FOLDERS.includes(name)), ...inside.flat()]
    .filter((name) => name !== LOCK_NAME && !isTemporary(name));
  if (others.length === 0) return;
  throw new InputError("Cannot prepare slices: the folder holds other files", {
    code: "bad-folder",
    path: out,
    hint: "Choose another folder for the slices, or empty this one",
  });
}

/** Removes earlier slices, the manifest first, and empty folders. */
async function removeOwned(out: string): Promise<void> {
  for (const name of await ownedFiles(out) ?? []) {
    await Deno.remove(join(out, name)).catch((error) => {
      if (!(error instanceof Deno.errors.NotFound)) throw error;
    });
  }
  for (const name of FOLDERS) await removeEmpty(join(out, name), []);
}

/** Removes a folder if it holds only files of the given names. */
async function removeEmpty(folder: string, names: readonly string[]): Promise<void> {
  try {
    const entries = await Array.fromAsync(Deno.readDir(folder));
    if (!entries.every(({ name }) => names.includes(name))) return;
    for (const { name } of entries) await Deno.remove(join(folder, name));
    await Deno.remove(folder);
  } catch {
    // Missing, or in use; an empty folder does no harm
  }
}
