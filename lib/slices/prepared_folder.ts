/**
 * The folder that prepared slices lie in: whose it is, and who may write to it.
 *
 * @module
 */

import { isAbsolute, join, relative, resolve } from "@std/path";
import { InputError } from "../support/errors.ts";
import { LOCK_NAME, requireWritable } from "../support/output_folder.ts";
import { MANIFEST_NAME, readManifest } from "./manifest.ts";
import { beginUnfinished, isUnfinished, UNFINISHED } from "./unfinished.ts";

/**
 * Empties a folder of slices made before, lets slices be made in it, and leaves nothing there if
 * that fails. Only one process at a time; others wait. Where a process was killed while it made
 * the same slices, the folder is not emptied: they can be gone on with.
 *
 * @param options The prepared folder, and the data folder, which must not lie in it.
 * @param plan What is to be made, as text.
 * @param make Makes the slices and the manifest in `images`, `labels` and the folder.
 * @param reuse Looks, once no other process is at work, whether the folder will do as it is.
 * @throws {InputError} If the folder holds anything but prepared slices, or cannot be written to.
 */
export async function claimFolder<T>(
  { out, data }: { readonly out: string; readonly data: string },
  plan: string,
  make: () => Promise<T>,
  reuse: () => Promise<T | undefined> = () => Promise.resolve(undefined),
): Promise<T> {
  const existed = await checkFolder(out, data);
  await requireWritable(out);
  await Deno.mkdir(out, { recursive: true });
  using lock = await Deno.open(join(out, LOCK_NAME), { create: true, write: true });
  await lock.lock(true).catch(() => {}); // some network folders cannot
  const found = await reuse();
  if (found !== undefined) return found;
  try {
    if (!await isUnfinished(out, plan)) {
      await clear(out);
      await beginUnfinished(out, plan);
    }
    return await make();
  } catch (error) {
    await clear(out);
    if (!existed) await Deno.remove(out, { recursive: true }).catch(() => {});
    throw error;
  }
}

/** Whether the folder is there; an error where it is not ours to empty. */
async function checkFolder(out: string, data: string): Promise<boolean> {
  const way = relative(resolve(out), await Deno.realPath(data));
  if (!isAbsolute(way) && way.split(/[\\/]/)[0] !== "..") {
    throw new InputError("Cannot prepare slices: the data lies in the folder for the slices", {
      code: "bad-folder",
      path: out,
      hint: "Choose another folder with out",
    });
  }
  let names: string[];
  try {
    names = (await Array.fromAsync(Deno.readDir(out))).map((entry) => entry.name);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    const why = error instanceof Error ? error.message : String(error);
    throw new InputError(`Cannot prepare slices: ${why}`, {
      code: "bad-folder",
      path: out,
      cause: error,
    });
  }
  const ours = names.length === 0 || names.includes(LOCK_NAME) ||
    (names.includes(MANIFEST_NAME) && await readManifest(out).then(() => true, () => false));
  if (!ours) {
    throw new InputError("Cannot prepare slices: the folder holds other files", {
      code: "bad-folder",
      path: out,
      hint: "Choose another folder with out, or empty this one",
    });
  }
  return true;
}

async function clear(out: string): Promise<void> {
  for (const name of [MANIFEST_NAME, UNFINISHED, "images", "labels"]) { // the manifest first
    await Deno.remove(join(out, name), { recursive: true }).catch((error) => {
      if (!(error instanceof Deno.errors.NotFound)) throw error;
    });
  }
}
