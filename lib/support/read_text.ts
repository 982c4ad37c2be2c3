import { InputError } from "./errors.ts";
import { isInMemory, memoryFiles } from "./memory_files.ts";
import { type ReadPurpose, readRegularFile } from "./read_file.ts";

/** The largest text file, in bytes. */
const MOST = 2 ** 28;

/**
 * Reads a text file in UTF-8, or in UTF-16 with a byte order mark.
 *
 * @throws {InputError} As `readRegularFile` does, and if it is not text.
 */
export async function readText(path: string, purpose: ReadPurpose): Promise<string> {
  const bytes = await readRegularFile(path, { ...purpose, most: MOST });
  const encoding = bytes[0] === 0xff && bytes[1] === 0xfe ? "utf-16le" : "utf-8";
  try {
    return new TextDecoder(encoding, { fatal: true }).decode(bytes);
  } catch (cause) {
    throw unlike(path, purpose, "it is not UTF-8 text", cause);
  }
}

/**
 * Reads a JSON file with {@linkcode readText}.
 *
 * @throws {InputError} As `readText` does, and if it is not JSON.
 *
 * @example
 * ```ts
 * import { readJson } from "./read_text.ts";
 * import assert from "node:assert/strict";
 *
 * const purpose = { what: "splits", code: "bad-split" } as const;
 * const path = await Deno.makeTempFile();
 * await Deno.writeTextFile(path, '\uFEFF{"train": ["a"]}');
 * assert.deepEqual(await readJson(path, purpose), { train: ["a"] });
 * await Deno.writeTextFile(path, "train: a");
 * await assert.rejects(readJson(path, purpose), /Cannot read splits: not JSON: Unexpected token/);
 * await Deno.remove(path);
 * ```
 */
export async function readJson(path: string, purpose: ReadPurpose): Promise<unknown> {
  const text = await readText(path, purpose);
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw unlike(path, purpose, `not JSON: ${(cause as Error).message}`, cause);
  }
}

/**
 * The result of a reader, or `undefined` if there is no such file. A broken link does not count as
 * missing.
 *
 * @example
 * ```ts
 * import { ifThere, readText } from "./read_text.ts";
 * import assert from "node:assert/strict";
 *
 * const text = readText("no/such.csv", { what: "scores", code: "bad-run" });
 * assert.equal(await ifThere(text), undefined);
 * ```
 */
export async function ifThere<T>(reading: Promise<T>): Promise<T | undefined> {
  try {
    return await reading;
  } catch (error) {
    const { cause, path = "" } = error as InputError;
    if (isInMemory(path)) {
      if (!memoryFiles.has(path)) return undefined;
      throw error;
    }
    const isMissing = cause instanceof Deno.errors.NotFound ||
      cause instanceof Deno.errors.NotADirectory;
    if (isMissing && !await Deno.readLink(path).then(() => true, () => false)) return undefined;
    throw error;
  }
}

function unlike(path: string, { what, ...purpose }: ReadPurpose, why: string, cause: unknown) {
  return new InputError(`Cannot read ${what}: ${why}`, { ...purpose, path, cause });
}
