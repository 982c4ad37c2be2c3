/**
 * `deno task notebook`: the notebooks in JupyterLab, with the Deno kernel.
 *
 * @module
 */

import "./support/interrupt.ts";
import { join } from "@std/path";
import { v8Flags } from "../lib/rollout/wasm/v8_flags.ts";
import { InputError } from "../lib/support/errors.ts";
import { createTask, parseTask, runTask } from "./support/cli.ts";
import { findPython } from "./support/python.ts";

const FIRST = join("notebooks", "0_start_here.ipynb");
/** Kernels before this one swallow errors. */
const OLDEST_DENO = [2, 9] as const;

const command = createTask(
  "notebook",
  "Open the notebooks in JupyterLab. Installs the Deno kernel for Jupyter if it is missing.",
).option("--check", "only check Jupyter and the kernel")
  .option("--no-browser", "print the address instead of opening a browser");

await runTask(async () => {
  const { check, browser } = await parseTask<{ check?: boolean; browser: boolean }>(command);
  checkDeno();
  const jupyter = await findJupyter();
  const v8 = await installKernel(jupyter);
  if (check) return 0;
  const { code } = await new Deno.Command(jupyter[0]!, {
    args: [...jupyter.slice(1), "lab", ...(browser ? [] : ["--no-browser"]), FIRST],
    // Kernels inherit the environment: chapter 4 trains twice as fast.
    env: { DENO_V8_FLAGS: v8Flags({ v8 }) },
  }).spawn().status;
  return code;
});

function checkDeno(): void {
  const [major = 0, minor = 0] = Deno.version.deno.split(".").map(Number);
  const [oldestMajor, oldestMinor] = OLDEST_DENO;
  if (major > oldestMajor || (major === oldestMajor && minor >= oldestMinor)) return;
  throw new InputError(`Cannot run notebooks: Deno ${Deno.version.deno} is too old`, {
    code: "missing-program",
    hint: `Get ${OLDEST_DENO.join(".")} or newer with deno upgrade`,
  });
}

/** The command that starts JupyterLab. */
async function findJupyter(): Promise<string[]> {
  const python = await findPython("import jupyterlab");
  const jupyter = python === undefined ? ["jupyter"] : [python, "-m", "jupyter"];
  const version = await output([...jupyter, "lab", "--version"]);
  if (version !== undefined) {
    console.log(`JupyterLab ${version.trim()}`);
    return jupyter;
  }
  throw new InputError("Cannot open the notebooks: JupyterLab is not installed", {
    code: "missing-program",
    hint: "Install it with\n  python3 -m pip install jupyterlab\nor open notebooks/ in VS Code " +
      "with its Jupyter extension, after\n  deno jupyter --install",
  });
}

/** The part of a Jupyter kernel spec that is used here. */
interface KernelSpecs {
  kernelspecs: Record<string, { spec: { argv: string[]; interrupt_mode?: string } }>;
}

/**
 * Ensures that Jupyter has the notebooks' kernel, with an existing Deno.
 *
 * Stop must arrive as a signal, Jupyter's default: the notebooks listen for it. With
 * `"interrupt_mode": "message"` Deno 2.9 ends running code, but a cell that awaits a promise, such
 * as a training, then never ends, and the kernel hangs.
 *
 * @returns The version of V8 in the kernel's Deno, which may be another one.
 */
async function installKernel(jupyter: string[]): Promise<string> {
  const json = await output([...jupyter, "kernelspec", "list", "--json"]);
  const { kernelspecs } = JSON.parse(json ?? '{"kernelspecs":{}}') as KernelSpecs;
  const spec = kernelspecs["deno"]?.spec;
  const version = spec && await output([spec.argv[0]!, "--version"]);
  const usable = version !== undefined && (spec!.interrupt_mode ?? "signal") === "signal";
  if (!usable) {
    const result = await new Deno.Command(Deno.execPath(), {
      args: ["jupyter", "--install", "--force"],
    }).output();
    if (!result.success) {
      throw new InputError(
        `Cannot install the Deno kernel: ${new TextDecoder().decode(result.stderr).trim()}`,
        { code: "missing-program" },
      );
    }
  }
  console.log(usable ? "The Deno kernel is installed" : "Installed the Deno kernel");
  return usable ? /^v8 (\S+)/m.exec(version)?.[1] ?? "" : Deno.version.v8;
}

/** The output of a command; undefined if it is missing or fails. */
async function output([name, ...args]: string[]): Promise<string | undefined> {
  try {
    const { success, stdout } = await new Deno.Command(name!, { args, stderr: "null" }).output();
    return success ? new TextDecoder().decode(stdout) : undefined;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}
