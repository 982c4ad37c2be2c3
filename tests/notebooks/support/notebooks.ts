import { join } from "@std/path";
import { writeKernelSpec } from "../../../tasks/support/kernel_spec.ts";
import { findPython, runPython } from "../../../tasks/support/python.ts";

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

/** A Python that runs notebooks; undefined where there is none. */
export const NBCLIENT = await findPython("import nbclient, nbformat");

/** A Jupyter folder of its own with the notebooks' kernel, so that no test touches the user's. */
export async function makeKernelFolder(): Promise<string> {
  const folder = await Deno.makeTempDir();
  await writeKernelSpec(folder);
  return folder;
}

/** Executes a notebook in a fresh Deno kernel of {@linkcode makeKernelFolder}. */
export async function execute(name: string): Promise<Notebook> {
  const script = join(ROOT, "tests", "notebooks", "support", "run_notebook.py");
  const jupyter = await makeKernelFolder();
  try {
    const text = await runPython(
      NBCLIENT!,
      [script, join(ROOT, "notebooks", `${name}.ipynb`)],
      {
        cwd: ROOT,
        env: { JUPYTER_PATH: jupyter, PYDEVD_DISABLE_FILE_VALIDATION: "1", QUICK: "1" },
      },
    );
    return { name, ...JSON.parse(text) };
  } finally {
    await Deno.remove(jupyter, { recursive: true });
  }
}
