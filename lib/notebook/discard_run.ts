/**
 * Starts the training of a notebook afresh.
 *
 * @module
 */

import { join } from "@std/path";
import { WEIGHT_FILES } from "../nca/weights.ts";
import { exists } from "../support/files.ts";
import { runPaths } from "../training/run_folder.ts";

/**
 * Removes the files of a training. Others in its folder stay.
 *
 * @param folder Such as `runs/notebook`; nothing happens if it holds no training.
 */
export async function discardRun(folder: string): Promise<void> {
  const { best, ...paths } = runPaths(folder);
  const weights = WEIGHT_FILES.map((name) => join(best, name));
  for (const path of [...Object.values(paths), ...weights]) {
    if (await exists(path)) await Deno.remove(path, { recursive: true });
  }
}
