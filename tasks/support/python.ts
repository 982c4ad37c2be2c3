import { delimiter, join } from "@std/path";

/**
 * Where Python may be, the user's choice first: the virtual environment, then PATH, then pyenv and
 * the system. Folders that npx prepends to PATH may contain another Python; they come last.
 */
export function pythons(
  env: (name: string) => string | undefined,
  exists: (path: string) => boolean,
): string[] {
  const path = (env("PATH") ?? "").split(delimiter).filter((folder) => folder !== "");
  const isNode = (folder: string) =>
    folder.includes("node_modules") ||
    ["node", "node.exe"].some((name) => exists(join(folder, name)));
  const home = env("HOME") ?? env("USERPROFILE") ?? ".";
  const folders = [
    ...[env("VIRTUAL_ENV"), ".venv"].filter((folder) => folder !== undefined)
      .flatMap((folder) => [join(folder, "bin"), join(folder, "Scripts")]),
    ...path.filter((folder) => !isNode(folder)),
    join(env("PYENV_ROOT") ?? join(home, ".pyenv"), "shims"),
    ...path.filter(isNode),
    "/usr/bin",
  ];
  const names = ["python3", "python", "python.exe"];
  const all = folders.flatMap((folder) => names.map((name) => join(folder, name)));
  return [...new Set(all)].filter(exists);
}

/** The first Python that runs some code without an error, such as `import torch`. */
export async function findPython(code: string): Promise<string | undefined> {
  const exists = (path: string) => {
    try {
      return Deno.statSync(path).isFile;
    } catch {
      return false;
    }
  };
  for (const python of pythons((name) => Deno.env.get(name), exists)) {
    if (await runPython(python, ["-c", code]).then(() => true, () => false)) return python;
  }
}

/**
 * Runs Python to its end.
 *
 * @throws {Error} If it fails; with its error output.
 */
export async function runPython(
  python: string,
  args: readonly string[],
  options: { cwd?: string; env?: Record<string, string> } = {},
): Promise<string> {
  const command = new Deno.Command(python, { args: [...args], ...options });
  const { success, stdout, stderr } = await command.output();
  if (!success) throw new Error(new TextDecoder().decode(stderr));
  return new TextDecoder().decode(stdout);
}
