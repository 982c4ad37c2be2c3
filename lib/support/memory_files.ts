/**
 * Files in memory: a page reads dropped files, and offers downloads, through the same functions
 * that programs use for a disk.
 *
 * @module
 */

/** The prefix of the paths of such files. */
export const MEMORY = "memory:";

/** The files, by path. Remove those no longer needed. */
export const memoryFiles = new Map<string, Uint8Array<ArrayBuffer>>();

/** Whether a path is of a file in memory. */
export function isInMemory(path: string): boolean {
  return path.startsWith(MEMORY);
}

/** A file that is read from front to back. */
export interface ReadableFile {
  /** Reads the next bytes; null at the end. */
  read(bytes: Uint8Array): Promise<number | null>;
  close(): void;
}

/**
 * A file in memory, from its start.
 *
 * @example
 * ```ts
 * import { memoryFile, memoryFiles } from "./memory_files.ts";
 * import assert from "node:assert/strict";
 *
 * memoryFiles.set("memory:a", Uint8Array.of(1, 2, 3));
 * const file = memoryFile("memory:a")!;
 * const bytes = new Uint8Array(2);
 * assert.equal(await file.read(bytes), 2);
 * assert.equal(await file.read(bytes), 1);
 * assert.deepEqual([...bytes], [3, 2]);
 * assert.equal(await file.read(bytes), null);
 * memoryFiles.delete("memory:a");
 * ```
 *
 * @returns `undefined` if there is none.
 */
export function memoryFile(path: string): ReadableFile | undefined {
  const content = memoryFiles.get(path);
  if (content === undefined) return undefined;
  let at = 0;
  return {
    read(bytes) {
      const part = content.subarray(at, at + bytes.length);
      bytes.set(part);
      at += part.length;
      return Promise.resolve(part.length === 0 && bytes.length > 0 ? null : part.length);
    },
    close() {},
  };
}
