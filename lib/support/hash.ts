/**
 * Checksums of files.
 *
 * @module
 */

import { createHash } from "node:crypto";

/**
 * The checksum of a file, read piece by piece.
 *
 * @param path The file.
 * @param algorithm "sha256", or "md5" where others publish that.
 * @returns Lower-case hexadecimal digits.
 *
 * @example
 * ```ts
 * import { hashFile } from "./hash.ts";
 * import assert from "node:assert/strict";
 *
 * const path = await Deno.makeTempFile();
 * assert.equal(await hashFile(path, "md5"), "d41d8cd98f00b204e9800998ecf8427e");
 * await Deno.remove(path);
 * ```
 */
export async function hashFile(path: string, algorithm: "sha256" | "md5"): Promise<string> {
  const hash = createHash(algorithm);
  const file = await Deno.open(path);
  for await (const chunk of file.readable) hash.update(chunk);
  return hash.digest("hex");
}
