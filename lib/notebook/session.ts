/**
 * The session of a notebook: its folder, its backend, and its Stop button.
 *
 * @module
 */

import { join } from "@std/path";
import { fileURLToPath } from "node:url";
import { initBackend } from "../backend.ts";
import { WEIGHT_FILES } from "../nca/weights.ts";
import { InputError } from "../support/errors.ts";
import { exists } from "../support/files.ts";
import { runPaths } from "../training/run_folder.ts";
import { installReadableErrors } from "./readable_errors.ts";

/** Whether the environment variable `QUICK` requests the shortest runs, for tests. */
export const quick = Boolean(Deno.env.get("QUICK"));

let started: Promise<void> | undefined;
let stopping = new AbortController();

/**
 * Prepares a notebook: the current folder becomes the project's, however the notebook was opened,
 * so that `data.example` and `runs` are found; errors are shown with what to do; the backend is
 * chosen; and Stop no longer ends the kernel (see {@linkcode stopSignal}).
 *
 * Prints the backend. Does nothing when the cell runs again.
 */
export function startNotebook(): Promise<void> {
  return started ??= start();
}

async function start(): Promise<void> {
  Deno.chdir(fileURLToPath(new URL("../../", import.meta.url)));
  installReadableErrors();
  // Without a listener Stop's signal would end the kernel with all its variables.
  Deno.addSignalListener("SIGINT", pressStop);
  listenToBridge();
  const backend = await initBackend();
  console.log(backend.describe());
}

/** Stop from `tasks/support/kernel_bridge.py`: a line on standard input, on every system. */
async function listenToBridge(): Promise<void> {
  if (!Deno.env.has("MED_NCA_KERNEL_BRIDGE")) return;
  for await (const _ of Deno.stdin.readable) pressStop();
  Deno.exit(); // the bridge is gone, and with it whoever could ask for more
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

/** What Stop does: aborts the last {@linkcode stopSignal}. */
export function pressStop(): void {
  stopping.abort();
}

/**
 * Whether a folder holds a training that can be resumed.
 *
 * @param folder Such as `runs/notebook`.
 */
export function holdsRun(folder: string): Promise<boolean> {
  return exists(runPaths(folder).checkpoint);
}

/**
 * Checks that a model was trained that a cell needs.
 *
 * @param folder The folder of the run, such as `runs/notebook`.
 * @param maker Which cell or chapter trains it: "Run chapter 4 (4_training_loop.ipynb)".
 * @throws {InputError} If it holds no trained model; the hint is `maker`.
 */
export async function requireModel(folder: string, maker: string): Promise<void> {
  const found = await Promise.all(WEIGHT_FILES.map((name) => exists(join(folder, name))));
  if (!found.includes(false)) return;
  throw new InputError("Cannot use the model: it is not trained yet", {
    code: "bad-run",
    path: folder,
    hint: maker,
  });
}
