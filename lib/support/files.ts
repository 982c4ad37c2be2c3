/**
 * Writing files so that a reader sees the old file or the new one, never half of one.
 *
 * @module
 */

import { dirname, join } from "@std/path";
import { InputError } from "./errors.ts";
import { readError } from "./read_file.ts";
import { isInMemory, memoryFiles } from "./memory_files.ts";

/** How {@linkcode writeFileAtomic} and {@linkcode writeFilesAtomic} write. */
export interface WriteOptions {
  /**
   * Flush to disk, so that the file survives a power cut. Default: true. Off for thousands of small
   * files that can be made again.
   */
  sync?: boolean;
}

/** What a file is to hold: bytes, text, or text in pieces, for what is too long to be in memory. */
export type FileContent = Uint8Array | string | Iterable<string>;

/**
 * Writes a file under a temporary name in the same folder, flushes it to disk, then renames it.
 * Creates missing folders. Temporary files of killed processes are removed the first time that
 * another process writes to their folder. A file in memory is just set.
 *
 * @throws {InputError} If the disk is full, the folder is read-only, a permission is missing or a
 * name is taken; the old file is unchanged.
 */
export async function writeFileAtomic(
  path: string,
  data: FileContent,
  options: WriteOptions = {},
): Promise<void> {
  await writeFilesAtomic([[path, data]], options);
}

/**
 * Writes files that belong together as {@linkcode writeFileAtomic} does: all are on disk before the
 * first is renamed.
 *
 * @throws {InputError} As `writeFileAtomic` does; the old files are unchanged.
 */
export async function writeFilesAtomic(
  files: readonly (readonly [path: string, data: FileContent])[],
  options: WriteOptions = {},
): Promise<void> {
  using open = new DisposableStack();
  const staged: [temporary: string, path: string][] = [];
  let current = "";
  try {
    for (const [path, data] of files) {
      current = path;
      if (isInMemory(path)) {
        memoryFiles.set(path, new Uint8Array(await new Blob([...blocksOf(data)]).arrayBuffer()));
        continue;
      }
      await Deno.mkdir(dirname(path), { recursive: true });
      await removeAbandonedOnce(dirname(path));
      const { file, name } = createTemporary(path);
      open.use(file);
      staged.push([name, path]);
      for (const block of blocksOf(data)) await writeAll(file, block);
      if (options.sync ?? true) await file.sync();
    }
    for (const [temporary, path] of staged) await Deno.rename(temporary, current = path);
  } catch (error) {
    for (const [temporary] of staged) await Deno.remove(temporary).catch(() => {});
    throw writeError(error, current);
  }
}

/** Pieces of text are written together, since each writing takes a while. */
const BLOCK = 2 ** 16;

function* blocksOf(data: FileContent): Generator<Uint8Array<ArrayBuffer>> {
  if (data instanceof Uint8Array) return yield data as Uint8Array<ArrayBuffer>;
  let block = "";
  for (const piece of typeof data === "string" ? [data] : data) {
    block += piece;
    if (block.length < BLOCK) continue;
    yield new TextEncoder().encode(block);
    block = "";
  }
  yield new TextEncoder().encode(block);
}

/** Writes a value as indented JSON, atomically. See {@linkcode writeFileAtomic}. */
export async function writeJsonAtomic(path: string, value: unknown): Promise<void> {
  await writeFileAtomic(path, JSON.stringify(value, null, 2) + "\n");
}

/** Writes all bytes at the file's current position; a single write may take only some of them. */
export async function writeAll(file: Deno.FsFile, bytes: Uint8Array): Promise<void> {
  for (let offset = 0; offset < bytes.length;) {
    offset += await file.write(bytes.subarray(offset));
  }
}

/** Writes a temporary file to an existing folder and removes it; throws the system's error. */
export async function tryWriting(folder: string): Promise<void> {
  await removeAbandonedOnce(folder);
  const { file, name } = createTemporary(join(folder, "test"));
  try {
    await writeAll(file, new Uint8Array(1));
  } finally {
    await Deno.remove(name);
    file.close();
  }
}

const TEMPORARY = /\.[0-9a-f]{12}\.tmp$/;

/** Whether a name is that of a file that is being written. */
export function isTemporary(name: string): boolean {
  return TEMPORARY.test(name);
}

/**
 * A locked temporary file beside another. The lock shows other processes that this one is alive;
 * the system releases it when the process dies.
 */
function createTemporary(path: string): { file: Deno.FsFile; name: string } {
  while (true) {
    const name = `${path}.${crypto.randomUUID().slice(-12)}.tmp`;
    const file = Deno.openSync(name, { write: true, createNew: true });
    try {
      // Another process or thread that checked before the lock was taken removes the file.
      if (file.tryLockSync(true) && existsSync(name)) return { file, name };
    } catch {
      // Some network folders have no locks; then nothing treats the file as abandoned, either.
      return { file, name };
    }
    file.close();
  }
}

function existsSync(path: string): boolean {
  try {
    Deno.statSync(path);
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}

const cleaned = new Map<string, Promise<void>>();

/** Removes what killed processes left in a folder; once per folder and process. */
function removeAbandonedOnce(folder: string): Promise<void> {
  let done = cleaned.get(folder);
  if (done === undefined) cleaned.set(folder, done = removeAbandoned(folder));
  return done;
}

async function removeAbandoned(folder: string): Promise<void> {
  try {
    for await (const { name, isFile } of Deno.readDir(folder)) {
      if (!isFile || !isTemporary(name)) continue;
      using file = await Deno.open(join(folder, name));
      if (await file.tryLock(true)) await Deno.remove(join(folder, name));
    }
  } catch {
    // Already gone, or not readable; a leftover does no harm.
  }
}

const REASONS: Record<string, [why: string, hint: string]> = {
  ENOSPC: ["the disk is full", "Free some space, then start again"],
  EDQUOT: ["the disk quota is used up", "Free some space, then start again"],
  EFBIG: ["files of this size are not allowed here", "Choose a folder on another disk"],
  EROFS: ["the disk is read-only", "Choose a folder on another disk"],
  EACCES: ["no permission to write here", "Choose another folder, or change its permissions"],
  EPERM: ["no permission to write here", "Choose another folder, or change its permissions"],
  ENOTDIR: ["a file has the name of one of its folders", "Choose another folder"],
  EEXIST: ["a file has the name of one of its folders", "Choose another folder"],
  ENAMETOOLONG: ["its name is too long", "Give the case, or the folder, a shorter name"],
  ELOOP: ["it is a link that leads back to itself", "Correct or remove the link"],
  EISDIR: ["a folder has its name", "Choose another folder, or remove that one"],
};

/**
 * Turns a failure to write into an error for the user.
 *
 * @returns An {@linkcode InputError} if the user can fix the cause, else the error itself.
 */
export function writeError(error: unknown, path: string): unknown {
  if (error instanceof Deno.errors.NotCapable) {
    return new InputError("Cannot write: Deno has no permission to", {
      code: "no-permission",
      path,
      hint: "Run it with deno task, or add --allow-write for this folder",
      cause: error,
    });
  }
  const code = error instanceof Error && "code" in error ? String(error.code) : "";
  if (!Object.hasOwn(REASONS, code)) return error;
  const [why, hint] = REASONS[code]!;
  return new InputError(`Cannot write: ${why}`, { code: "cannot-write", path, hint, cause: error });
}

/**
 * Whether there is a file or folder.
 *
 * @throws {InputError} If the system does not let it be seen.
 */
export async function exists(path: string): Promise<boolean> {
  try {
    await Deno.stat(path);
    return true;
  } catch (error) {
    const isNowhere = error instanceof Deno.errors.NotFound ||
      error instanceof Deno.errors.NotADirectory ||
      ["ELOOP", "ENAMETOOLONG"].includes((error as { code?: string }).code ?? "");
    if (isNowhere) return false;
    throw await readError(error, path, { what: "file", code: "bad-folder" });
  }
}
