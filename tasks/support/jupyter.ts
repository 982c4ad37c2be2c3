/**
 * Finds JupyterLab.
 *
 * @module
 */

import { InputError } from "../../lib/support/errors.ts";
import { findPython } from "./python.ts";

/** Where JupyterLab may be if no Python that is found has it; the last two download it once. */
const COMMANDS = [
  ["jupyter-lab"],
  ["py", "-m", "jupyterlab"],
  ["uvx", "--from", "jupyterlab", "jupyter-lab"],
  ["pipx", "run", "--spec", "jupyterlab", "jupyter-lab"],
];

const DOWNLOADING = ["uvx", "pipx"];

/**
 * The command that starts JupyterLab, and its version.
 *
 * @param python A Python that has it; undefined where there is none.
 * @param run Runs a command; undefined if it is missing or fails.
 * @throws {InputError} If none does.
 */
export async function findJupyter(
  python: string | undefined,
  run: (command: string[]) => Promise<string | undefined>,
): Promise<{ command: string[]; version: string }> {
  const commands = python === undefined ? COMMANDS : [[python, "-m", "jupyterlab"], ...COMMANDS];
  for (const command of commands) {
    const version = await run([...command, "--version"]);
    if (version !== undefined) return { command, version: version.trim() };
  }
  throw new InputError("Cannot open the notebooks: JupyterLab is not installed", {
    code: "missing-program",
    hint: "Install it with\n  python3 -m pip install jupyterlab\n(on Windows py instead of " +
      "python3) or see docs/notebooks/README.md",
  });
}

/** {@linkcode findJupyter} on this machine. */
export async function jupyterHere(): Promise<{ command: string[]; version: string }> {
  return await findJupyter(await findPython("import jupyterlab"), outputOf);
}

/**
 * The output of a command of {@linkcode findJupyter}; undefined if it is missing or fails. What
 * downloads JupyterLab says so itself.
 */
export async function outputOf([name, ...args]: string[]): Promise<string | undefined> {
  const stderr = DOWNLOADING.includes(name!) ? "inherit" : "null";
  try {
    const { success, stdout } = await new Deno.Command(name!, { args, stderr }).output();
    return success ? new TextDecoder().decode(stdout) : undefined;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}
