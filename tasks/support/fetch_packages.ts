/**
 * Downloads what the notebooks need, so that they run without a network.
 *
 * @module
 */

import { InputError } from "../../lib/support/errors.ts";
import { projectRoot } from "./paths.ts";

/** What the cells import. */
const ENTRIES = ["lib/mod.ts", "lib/notebook/mod.ts", "tasks/notebook.ts"];

/**
 * Downloads the packages of the lock file that are not in Deno's cache.
 *
 * @param project The project's folder.
 * @param env Environment variables, such as `DENO_DIR`.
 * @throws {InputError} If one cannot be had.
 */
export async function fetchPackages(
  project: string = projectRoot(),
  env: Record<string, string> = {},
): Promise<void> {
  for (const args of [["install", "--frozen", "--quiet"], ["cache", "--quiet", ...ENTRIES]]) {
    const command = new Deno.Command(Deno.execPath(), { args, cwd: project, env });
    const { success, stderr } = await command.output();
    if (success) continue;
    console.error(new TextDecoder().decode(stderr));
    throw new InputError("Cannot download the packages that the notebooks need", {
      code: "no-download",
      hint: "Connect to the network once, or start from a pack (deno task notebook --pack FOLDER)",
    });
  }
}
