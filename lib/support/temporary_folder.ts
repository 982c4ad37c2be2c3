/**
 * Temporary folders that do not outlive the process.
 *
 * @module
 */

/** A folder that is removed when it is disposed, or when the process ends before, by a signal too. */
export interface TemporaryFolder extends Disposable {
  readonly path: string;
}

/**
 * Creates a temporary folder.
 *
 * @example
 * ```ts
 * import { temporaryFolder } from "./temporary_folder.ts";
 * import assert from "node:assert/strict";
 *
 * let path = "";
 * {
 *   using folder = temporaryFolder();
 *   path = folder.path;
 *   assert.ok((await Deno.stat(path)).isDirectory);
 * }
 * await assert.rejects(Deno.stat(path), Deno.errors.NotFound);
 * ```
 */
export function temporaryFolder(): TemporaryFolder {
  const path = Deno.makeTempDirSync({ prefix: "med-nca-" });
  const remove = () => Deno.removeSync(path, { recursive: true });
  // Deno.exit() ends without any finally
  globalThis.addEventListener("unload", remove);
  return {
    path,
    [Symbol.dispose]() {
      globalThis.removeEventListener("unload", remove);
      remove();
    },
  };
}
