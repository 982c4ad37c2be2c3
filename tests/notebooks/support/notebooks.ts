import { join } from "@std/path";

/** The project's folder. */
export const ROOT = new URL("../../../", import.meta.url).pathname;

/** A cell as its file has it. */
export interface Cell {
  cell_type: "code" | "markdown";
  id: string;
  source: string[];
  outputs?: Output[];
  execution_count?: number | null;
}

/** What a cell left below itself. */
export interface Output {
  output_type: "stream" | "display_data" | "execute_result" | "error";
  data?: Record<string, string | string[]>;
  text?: string | string[];
  evalue?: string;
  traceback?: string[];
}

/** A notebook as its file has it. */
export interface Notebook {
  name: string;
  cells: Cell[];
  metadata: { kernelspec?: { name: string } };
}

/** The notebooks' names, in order. */
export const NAMES = [...Deno.readDirSync(join(ROOT, "notebooks"))]
  .filter((entry) => entry.name.endsWith(".ipynb"))
  .map((entry) => entry.name.slice(0, -".ipynb".length)).sort();

export async function readNotebook(name: string): Promise<Notebook> {
  const text = await Deno.readTextFile(join(ROOT, "notebooks", `${name}.ipynb`));
  return { name, ...JSON.parse(text) };
}

/** A cell's or output's text, which notebooks keep in lines. */
export function textOf(lines: string | string[] | undefined): string {
  return [lines ?? ""].flat().join("");
}

/** Whether Python has some modules. */
export function hasPython(...modules: string[]): boolean {
  try {
    const code = modules.map((name) => `import ${name}`).join("; ");
    return new Deno.Command("python3", { args: ["-c", code], stderr: "null" }).outputSync().success;
  } catch {
    return false;
  }
}

/** A Jupyter folder of its own with the Deno kernel, so that no test touches the user's. */
export async function makeKernelFolder(): Promise<string> {
  const folder = await Deno.makeTempDir();
  const kernel = join(folder, "kernels", "deno");
  await Deno.mkdir(kernel, { recursive: true });
  await Deno.writeTextFile(
    join(kernel, "kernel.json"),
    JSON.stringify({
      argv: [Deno.execPath(), "jupyter", "--kernel", "--conn", "{connection_file}"],
      display_name: "Deno",
      language: "typescript",
    }),
  );
  return folder;
}

/** Runs Python with the Deno kernel of {@linkcode makeKernelFolder}; fails with what it says. */
export async function runPython(args: string[], options: { quick?: boolean } = {}) {
  const jupyter = await makeKernelFolder();
  try {
    const { success, stdout, stderr } = await new Deno.Command("python3", {
      args,
      cwd: ROOT,
      env: {
        JUPYTER_PATH: jupyter,
        PYDEVD_DISABLE_FILE_VALIDATION: "1",
        ...(options.quick ?? true ? { QUICK: "1" } : {}),
      },
    }).output();
    if (!success) throw new Error(new TextDecoder().decode(stderr));
    return new TextDecoder().decode(stdout);
  } finally {
    await Deno.remove(jupyter, { recursive: true });
  }
}

/** Executes a notebook in a fresh kernel. */
export async function execute(name: string): Promise<Notebook> {
  const script = join(ROOT, "tests", "notebooks", "support", "run_notebook.py");
  const text = await runPython([script, join(ROOT, "notebooks", `${name}.ipynb`)]);
  return { name, ...JSON.parse(text) };
}
