/**
 * The SHA-256 of parts, one after the other, in lower-case hexadecimal digits; text counts as UTF-8.
 * Unlike `hash.ts` it runs in browsers too.
 *
 * @example
 * ```ts
 * import { sha256 } from "./sha256.ts";
 * import assert from "node:assert/strict";
 *
 * assert.equal(await sha256("a", "bc"), await sha256(Uint8Array.of(97, 98, 99)));
 * assert.match(await sha256("abc"), /^ba7816bf8f01cfea/);
 * ```
 */
export async function sha256(...parts: (string | Uint8Array | Float32Array)[]): Promise<string> {
  const bytes = await new Blob(parts as BlobPart[]).arrayBuffer();
  return new Uint8Array(await crypto.subtle.digest("SHA-256", bytes)).toHex();
}
