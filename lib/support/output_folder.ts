/**
 * Looking at a folder before hours of work are to end in it: can it be written to, is there room,
 * is another process at work there.
 *
 * @module
 */

import { dirname, join } from "@std/path";
import { statfs } from "node:fs/promises";
import { InputError } from "./errors.ts";
import { tryWriting, writeError } from "./files.ts";

/** The file that a process locks in a folder it works in. */
export const LOCK_NAME = ".lock";

/**
 * Checks that files can be written below a folder, which need not be there yet; it is not made.
 *
 * @param folder Where work is to end.
 * @param options.bytes What the work is going to write. Not checked where the system does not
 * tell how much room there is.
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
    hint: "Make room, or choose a folder on another disk",
  });
}

/** The folder itself, or the nearest one above it that is there. */
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
    return undefined; // no permission to ask, or a system that does not tell
  }
}

function size(bytes: number): string {
  return bytes < 1e9 ? `${Math.ceil(bytes / 1e6)} MB` : `${(bytes / 1e9).toFixed(1)} GB`;
}

/**
 * Takes a folder for this process alone, until the lock is disposed or the process dies: the
 * system lets go of the lock then, so a killed run locks nobody out.
 *
 * @param folder Made if it is missing.
 * @param what What is to be done in it, for the error: "train".
 * @throws {InputError} If another process has it.
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
 * Checks that no other process has a folder, and leaves it as it is.
 *
 * @throws {InputError} If one has, as {@linkcode lockFolder} says it.
 */
export async function requireUnlocked(folder: string, what: string): Promise<void> {
  let file: Deno.FsFile;
  try {
    file = await Deno.open(join(folder, LOCK_NAME));
  } catch {
    return; // never locked; or not readable, which is told when it is to be written to
  }
  const free = await isFree(file);
  file.close();
  if (!free) throw busy(folder, what);
}

async function isFree(file: Deno.FsFile): Promise<boolean> {
  try {
    return await file.tryLock(true);
  } catch {
    return true; // some network folders cannot lock
  }
}

function busy(folder: string, what: string): InputError {
  return new InputError(`Cannot ${what}: another process is at work in the folder`, {
    code: "folder-in-use",
    path: folder,
    hint: "Wait until it has ended, end it, or choose another folder with --out",
  });
}
