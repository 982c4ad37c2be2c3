import { fileURLToPath } from "node:url";
import { v8Flags } from "../../lib/rollout/wasm/v8_flags.ts";

/** The arguments of `deno` that run a script of this folder. */
export function ourProgram(script: string): string[] {
  const path = fileURLToPath(new URL(script, import.meta.url));
  return ["run", `--v8-flags=${v8Flags()}`, "--allow-all", path];
}
