/**
 * Paths as the user means them: `deno task` moves to the project's folder, wherever it was called.
 *
 * @module
 */

import { isAbsolute, resolve } from "@std/path";

const PROJECT = Deno.realPathSync(resolve(import.meta.dirname!, "../.."));

/**
 * A path that the user gave: as it is, or, where the user stands in another folder than the task
 * runs in, absolute.
 */
export function userPath(path: string): string {
  const folder = standsIn();
  return folder === null || path === "" || isAbsolute(path) ? path : resolve(folder, path);
}

/** A path in the project's folder, in words that lead there from where the user stands. */
export function projectPath(path: string): string {
  return standsIn() === null || path === "" ? path : resolve(path);
}

/** The folder that the user stands in; null where the task runs in it. */
function standsIn(): string | null {
  const cwd = Deno.cwd();
  // Deno asks where a permission is missing; one given by hand has no need of it
  const { state } = Deno.permissions.querySync({ name: "env", variable: "INIT_CWD" });
  const called = state === "granted" ? Deno.env.get("INIT_CWD") ?? "" : "";
  // Whoever starts a task from a task passes it on, into any folder
  return cwd === PROJECT && isAbsolute(called) && called !== cwd ? called : null;
}
