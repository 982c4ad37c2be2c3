/**
 * The notebooks' kernel: Deno's, behind `kernel_bridge.py`.
 *
 * @module
 */

import { join } from "@std/path";
import { fileURLToPath } from "node:url";
import { v8Flags } from "../../lib/rollout/wasm/v8_flags.ts";

/**
 * Writes a folder for `JUPYTER_PATH` with the notebooks' kernel, of the Deno that runs this. The
 * user's own Jupyter stays as it is.
 *
 * @param folder Such as `.cache/jupyter`.
 */
export async function writeKernelSpec(folder: string): Promise<void> {
  const kernel = join(folder, "kernels", "deno");
  await Deno.mkdir(kernel, { recursive: true });
  const spec = {
    // "python" is the one that runs Jupyter, and has what the bridge needs
    argv: ["python", bridgePath(), "{connection_file}", Deno.execPath()],
    display_name: "Deno",
    language: "typescript",
    interrupt_mode: "message", // a signal would not reach Windows
    env: { DENO_V8_FLAGS: v8Flags({ v8: Deno.version.v8 }) }, // chapter 4 trains twice as fast
  };
  await Deno.writeTextFile(join(kernel, "kernel.json"), JSON.stringify(spec, null, 2));
}

/** The file of the bridge. */
function bridgePath(): string {
  return fileURLToPath(new URL("kernel_bridge.py", import.meta.url));
}
