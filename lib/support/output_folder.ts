/**
 * Checks an output folder before hours of work: can it be written to, is there space, is another
 * process using it?
 *
 * @module
 */

import { dirname, join } from "@std/path";
import { statfs } from "node:fs/promises";
import { InputError } from "./errors.ts";
import { tryWriting, writeError } from "./files.ts";

/** The file that a process locks in the folder it uses. */
export const LOCK_NAME = ".lock";

/**
 * Checks that files can be written below a folder. The folder may be missing and is not created.
 *
 * @param options.bytes How much will be written. Not checked if the system does not report the free
 * space.
 * @throws {InputError} If it is read-only, forbidden, in the way of a file, or too full.
 */
export async function requireWritable(
  folder: string,
  options: { bytes?: number } = {},
): Promise<void> {
  const there = await nearestFolder(folder);
  try {
    await tryWriting(there);
  } catch (error) {
    throw writeError(error, folder);
  }
  const { bytes = 0 } = options;
  const free = await freeBytes(there);
  if (free === undefined || free >= bytes) return;
  throw new InputError(`Cannot write: ${size(bytes)} are needed, ${size(free)} are free`, {
    code: "cannot-write",
    path: folder,
    hint: "Free some space, or choose a folder on another disk",
  });
}

/** The folder itself, or its nearest existing parent. */
async function nearestFolder(folder: string): Promise<string> {
  for (let path = folder || ".";; path = dirname(path)) {
    try {
      if ((await Deno.stat(path)).isDirectory) return path;
    } catch (error) {
      if (error instanceof Deno.errors.NotFound && dirname(path) !== path) continue;
      throw writeError(error, folder);
    }
    throw new InputError("Cannot write: a file has the name of one of its folders", {
      code: "cannot-write",
      path: folder,
      hint: "Choose another folder",
    });
  }
}

async function freeBytes(folder: string): Promise<number | undefined> {
  try {
    const { bavail, bsize, blocks } = await statfs(folder);
    return blocks > 0 ? bavail * bsize : undefined;
  } catch {
    return undefined; // no permission to ask, or not supported here
  }
}

function size(bytes: number): string {
  return bytes < 1e9 ? `${Math.ceil(bytes / 1e6)} MB` : `${(bytes / 1e9).toFixed(1)} GB`;
}

/**
 * Locks a folder for this process until the lock is disposed or the process dies. The system
 * releases the lock then, so a killed run locks nobody out.
 *
 * @param folder Created if missing.
 * @param what The work, for the error: "train".
 * @throws {InputError} If another process holds the lock.
 */
export async function lockFolder(folder: string, what: string): Promise<Disposable> {
  const path = join(folder, LOCK_NAME);
  let file: Deno.FsFile;
  try {
    await Deno.mkdir(folder, { recursive: true });
    file = await Deno.open(path, { create: true, write: true });
  } catch (error) {
    throw writeError(error, path);
  }
  if (await isFree(file)) return file;
  file.close();
  throw busy(folder, what);
}

/**
 * Checks that no other process holds a folder's lock. Changes nothing.
 *
 * @throws {InputError} If one does; the same error as {@linkcode lockFolder}'s.
 */
export async function requireUnlocked(folder: string, what: string): Promise<void> {
  let file: Deno.FsFile;
  try {
    file = await Deno.open(join(folder, LOCK_NAME));
  } catch {
    return; // never locked; or not readable, which is reported on writing
  }
  const free = await isFree(file);
  file.close();
  if (!free) throw busy(folder, what);
}

async function isFree(file: Deno.FsFile): Promise<boolean> {
  try {
    return await file.tryLock(true);
  } catch {
    return true; // some network folders have no locks
  }
}

function busy(folder: string, what: string): InputError {
  return new InputError(`Cannot ${what}: another process is using the folder`, {
    code: "folder-in-use",
    path: folder,
    hint: "Wait until it ends, stop it, or choose another folder with --out",
  });
}
