/**
 * The session of a notebook: its folder, its backend, and its Stop button.
 *
 * @module
 */

import { fileURLToPath } from "node:url";
import { initBackend } from "../backend.ts";
import { runPaths } from "../training/run_folder.ts";

/** Whether the environment variable `QUICK` requests the shortest runs, for tests. */
export const quick = Boolean(Deno.env.get("QUICK"));

let started: Promise<void> | undefined;
let stopping = new AbortController();

/**
 * Prepares a notebook: the current folder becomes the project's, however the notebook was opened,
 * so that `data.example` and `runs` are found; the backend is chosen; and the Stop button no longer
 * ends the kernel (see {@linkcode stopSignal}).
 *
 * Prints the backend. Does nothing when the cell runs again.
 */
export function startNotebook(): Promise<void> {
  return started ??= start();
}

async function start(): Promise<void> {
  Deno.chdir(fileURLToPath(new URL("../../", import.meta.url)));
  // Without a listener Stop's signal would end the kernel with all its variables.
  Deno.addSignalListener("SIGINT", () => stopping.abort());
  const backend = await initBackend();
  console.log(backend.describe());
}

/**
 * A signal that the next press of Stop aborts. Create one in each cell that can be stopped. The
 * kernel keeps running, and code that ignores the signal is not interrupted.
 *
 * @example
 * ```ts ignore
 * await trainMedNca({ train, out, signal: stopSignal() });
 * ```
 */
export function stopSignal(): AbortSignal {
  stopping = new AbortController();
  return stopping.signal;
}

/**
 * Whether a folder holds a training that can be resumed.
 *
 * @param folder Such as `runs/notebook`.
 */
export async function holdsRun(folder: string): Promise<boolean> {
  try {
    return (await Deno.stat(runPaths(folder).checkpoint)).isFile;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}
