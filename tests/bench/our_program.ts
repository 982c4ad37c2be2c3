/**
 * How our sides of the benchmark are started: as the tasks start the program.
 *
 * @module
 */

import { fileURLToPath } from "node:url";
import manifest from "../../deno.json" with { type: "json" };

/** What `deno task train` tells V8. */
const V8_FLAGS = manifest.tasks.train.command.split(" ").filter((flag) =>
  flag.startsWith("--v8-flags")
);

/** The arguments of `deno` that run a script of this folder. */
export function ourProgram(script: string): string[] {
  const path = fileURLToPath(new URL(script, import.meta.url));
  return ["run", ...V8_FLAGS, "--allow-all", path];
}
