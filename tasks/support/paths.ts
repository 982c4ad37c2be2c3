/**
 * Resolves the user's paths: `deno task` changes to the project's folder, wherever it is called.
 *
 * @module
 */

import { isAbsolute, resolve } from "@std/path";

/**
 * A path from the user: unchanged, or absolute if the user's current folder is not the task's.
 */
export function userPath(path: string): string {
  const folder = standsIn();
  return folder === null || path === "" || isAbsolute(path) ? path : resolve(folder, path);
}

/** A path in the project's folder, relative to the user's current folder. */
export function projectPath(path: string): string {
  return standsIn() === null || path === "" ? path : resolve(path);
}

/** The project's folder. */
export function projectRoot(): string {
  return resolve(import.meta.dirname!, "../..");
}

/** The user's current folder; null if it is the task's. */
function standsIn(): string | null {
  // Deno prompts if a permission is missing; not needed when permissions were given by hand
  const { state } = Deno.permissions.querySync({ name: "env", variable: "INIT_CWD" });
  const called = state === "granted" ? Deno.env.get("INIT_CWD") ?? "" : "";
  if (!isAbsolute(called)) return null;
  try {
    // A task started by another task inherits it, in any folder
    const project = Deno.realPathSync(projectRoot());
    return Deno.cwd() === project && called !== project ? called : null;
  } catch (error) {
    if (error instanceof Deno.errors.NotCapable) return null; // what follows says what is missing
    throw error;
  }
}
