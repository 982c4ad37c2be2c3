import { join } from "@std/path";
import { fileURLToPath } from "node:url";

/** Bundles a module for browsers; the text of what went wrong where it cannot. */
export async function bundle(module: string): Promise<{ code: string } | { error: string }> {
  const folder = await Deno.makeTempDir();
  try {
    const out = join(folder, "out.js");
    const { success, stderr } = await new Deno.Command(Deno.execPath(), {
      args: ["bundle", "--quiet", "--frozen", "--platform=browser", `--output=${out}`, module],
    }).output();
    return success
      ? { code: await Deno.readTextFile(out) }
      : { error: new TextDecoder().decode(stderr) };
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/** What `deno bundle` needs is downloaded once: without a network it cannot bundle anything. */
export async function canBundle(): Promise<boolean> {
  const smallest = new URL("../../lib/rollout/types.ts", import.meta.url);
  return "code" in await bundle(fileURLToPath(smallest));
}
