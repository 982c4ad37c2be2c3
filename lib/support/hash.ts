import { createHash } from "node:crypto";
import { memoryFiles } from "./memory_files.ts";
import { refuseOtherThanFiles } from "./read_file.ts";

/**
 * The checksum of a file, read piece by piece.
 *
 * @param algorithm "sha256", or "md5" for checksums published as such.
 * @returns Lower-case hexadecimal digits.
 * @throws {InputError} If it is a folder, a pipe or a device; otherwise the system's error.
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
  const held = memoryFiles.get(path);
  if (held !== undefined) return hash.update(held).digest("hex");
  await refuseOtherThanFiles(path, { what: "file", code: "bad-image" });
  const file = await Deno.open(path);
  for await (const chunk of file.readable) hash.update(chunk);
  return hash.digest("hex");
}
