/**
 * The session of a notebook: where it stands, what it runs on, and what its Stop button does.
 *
 * @module
 */

import { fileURLToPath } from "node:url";
import { initBackend } from "../backend.ts";
import { runPaths } from "../training/run_folder.ts";

/** Whether the environment variable `QUICK` asks for the shortest runs, as tests do. */
export const quick = Boolean(Deno.env.get("QUICK"));

let started: Promise<void> | undefined;
let stopping = new AbortController();

/**
 * Readies a notebook: the current folder becomes the project's, whichever way the notebook was
 * opened, so that `data.example` and `runs` mean what they mean to a task; the backend is chosen;
 * and the Stop button no longer ends the kernel (see {@linkcode stopSignal}).
 *
 * It prints what it runs on. In a cell that is run again it does nothing.
 */
export function startNotebook(): Promise<void> {
  return started ??= start();
}

async function start(): Promise<void> {
  Deno.chdir(fileURLToPath(new URL("../../", import.meta.url)));
  // Without a listener the signal that Stop sends would end the kernel with all its variables.
  Deno.addSignalListener("SIGINT", () => stopping.abort());
  const backend = await initBackend();
  console.log(backend.describe());
}

/**
 * A signal that the next press of Stop aborts. Ask for a new one in each cell that can be stopped;
 * the kernel lives on, and code that does not look at the signal is not interrupted.
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
 * Whether a folder holds a training that can be gone on with.
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
