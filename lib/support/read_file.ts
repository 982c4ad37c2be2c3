/**
 * Reading files that users name: regular files only.
 *
 * @module
 */

import { type ErrorCode, InputError } from "./errors.ts";
import { standIn } from "./foreign_format.ts";
import { isInMemory, memoryFile, memoryFiles, type ReadableFile } from "./memory_files.ts";

/** The kind of file, for messages. */
export interface ReadPurpose {
  /** What the file should be, after "Cannot read": "volume". */
  readonly what: string;
  readonly code: ErrorCode;
  /** A hint, unless the reason has its own. */
  readonly hint?: string;
}

/** An open regular file. */
export interface OpenFile extends Disposable {
  readonly file: ReadableFile;
  /** In bytes. */
  readonly size: number;
}

/**
 * Opens a regular file for reading. Anything else is not opened at all: a pipe waits for its
 * writer, and a device may never end.
 *
 * @throws {InputError} If it is missing, not a regular file, behind a broken link, or not readable.
 */
export async function openRegularFile(path: string, purpose: ReadPurpose): Promise<OpenFile> {
  if (isInMemory(path)) return openMemoryFile(path, purpose);
  try {
    const size = await refuseOtherThanFiles(path, purpose);
    const file = await Deno.open(path);
    return { file, size, [Symbol.dispose]: () => file.close() };
  } catch (error) {
    throw await readError(error, path, purpose);
  }
}

function openMemoryFile(path: string, { what, code }: ReadPurpose): OpenFile {
  const file = memoryFile(path);
  if (file === undefined) throw new InputError(`Cannot read ${what}: no such file`, { code, path });
  return { file, size: memoryFiles.get(path)!.length, [Symbol.dispose]: () => file.close() };
}

/**
 * Refuses folders, pipes and devices without opening them.
 *
 * @returns The file's size in bytes.
 * @throws {InputError} If it is one of these; otherwise the system's error.
 */
export async function refuseOtherThanFiles(
  path: string,
  { what, code, hint = "" }: ReadPurpose,
): Promise<number> {
  const { isFile, isDirectory, size } = await Deno.stat(path);
  if (isFile) return size;
  const kind = isDirectory ? "a folder" : "a pipe or a device";
  throw new InputError(`Cannot read ${what}: it is ${kind}, not a file`, { code, path, hint });
}

/**
 * Reads a whole file.
 *
 * @param purpose.most The largest size allowed, in bytes.
 * @throws {InputError} As {@linkcode openRegularFile} does, and if it is larger, empty, a pointer
 * of git-LFS or git-annex, or a web page.
 *
 * @example
 * ```ts
 * import { readRegularFile } from "./read_file.ts";
 * import assert from "node:assert/strict";
 *
 * const path = await Deno.makeTempFile();
 * await Deno.writeTextFile(path, "version https://git-lfs.github.com/spec/v1\n");
 * await assert.rejects(
 *   readRegularFile(path, { what: "weights", code: "bad-weights", most: 2 ** 30 }),
 *   /Cannot read weights: it is a git-LFS pointer, not the file itself/,
 * );
 * await Deno.remove(path);
 * ```
 */
export async function readRegularFile(
  path: string,
  purpose: ReadPurpose & { readonly most: number },
): Promise<Uint8Array<ArrayBuffer>> {
  using opened = await openRegularFile(path, purpose);
  const { what, code, most } = purpose;
  const fail = (why: string, hint = purpose.hint ?? "") =>
    new InputError(`Cannot read ${what}: ${why}`, { code, path, hint });
  if (opened.size > most) throw fail(`its ${opened.size} bytes are more than ${most}`);
  const bytes = new Uint8Array(opened.size);
  let filled = 0;
  try {
    while (filled < bytes.length) {
      const count = await opened.file.read(bytes.subarray(filled));
      if (count === null) break;
      filled += count;
    }
  } catch (error) {
    throw await readError(error, path, purpose);
  }
  const content = filled === bytes.length ? bytes : bytes.slice(0, filled);
  const other = standIn(content);
  if (other !== null) throw fail(`it is ${other.format}`, other.hint);
  return content;
}

/**
 * Turns a failure to read into an error for the user.
 *
 * @param error The system's error, or an {@linkcode InputError}, which is returned as it is.
 */
export async function readError(
  error: unknown,
  path: string,
  { what, code, hint: otherwise = "" }: ReadPurpose,
): Promise<unknown> {
  if (!(error instanceof Error) || error instanceof InputError || isInMemory(path)) return error;
  if (error instanceof Deno.errors.NotCapable) {
    return new InputError(`Cannot read ${what}: Deno has no permission to`, {
      code: "no-permission",
      path,
      hint: "Run it with deno task, or add --allow-read for this file",
      cause: error,
    });
  }
  const [why, hint] = await explain(error, path);
  return new InputError(`Cannot read ${what}: ${why}`, {
    code,
    path,
    hint: hint || otherwise,
    cause: error,
  });
}

async function explain(error: Error, path: string): Promise<[why: string, hint: string]> {
  if (error instanceof Deno.errors.NotFound) {
    const target = await Deno.readLink(path).catch(() => null);
    if (target === null) return ["no such file", ""];
    return /annex[\\/]objects/.test(target)
      ? [
        "it is a git-annex link without its content",
        "Fetch it with git annex get or datalad get",
      ]
      : ["it is a link to a missing file", "Correct or remove the link"];
  }
  const code = "code" in error ? String(error.code) : "";
  const known: Record<string, [why: string, hint: string]> = {
    ELOOP: ["it is a link to itself", "Correct or remove the link"],
    ENAMETOOLONG: ["its name is too long", "Rename it"],
    ENOTDIR: ["a file has the name of one of its folders", ""],
    EACCES: ["no permission to read it", "Change its permissions"],
    EPERM: ["no permission to read it", "Change its permissions"],
    EIO: ["the disk reports an error", "Copy or download the file again"],
  };
  return known[code] ?? [error.message, ""];
}
