const ROOT = new URL("../../", import.meta.url);

/** Every module of lib and tasks: its path from the root, and its text. */
export async function* sources(folders = ["lib", "tasks"]): AsyncGenerator<[string, string]> {
  for (const folder of folders) {
    if (folder === "lib/rollout/wasm/assembly") continue; // AssemblyScript, compiled on its own
    for await (const { name, isDirectory } of Deno.readDir(new URL(folder, ROOT))) {
      const path = `${folder}/${name}`;
      if (isDirectory) yield* sources([path]);
      else if (name.endsWith(".ts")) yield [path, await Deno.readTextFile(new URL(path, ROOT))];
    }
  }
}
