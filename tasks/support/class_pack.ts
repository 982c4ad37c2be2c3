/**
 * A copy of the project for a class without a network.
 *
 * @module
 */

import { basename, join } from "@std/path";
import { InputError } from "../../lib/support/errors.ts";
import { fetchPackages } from "./fetch_packages.ts";
import { projectRoot } from "./paths.ts";
import { findPython, runPython } from "./python.ts";

/** What the notebooks and the tasks need of the project. */
const PARTS = ["deno.json", "deno.lock", "LICENSE", "README.md"].concat(
  ["data.example", "docs", "lib", "models", "notebooks", "tasks"],
);
const WINDOWS = Deno.build.os === "windows";

/** Starts the notebooks from the pack, wherever it was copied to. */
const START = WINDOWS
  ? '@echo off\r\ncd /d "%~dp0med-nca"\r\nset "DENO_DIR=%~dp0deno_cache"\r\n' +
    '"%~dp0deno.exe" task notebook %*\r\n'
  : '#!/bin/sh\nhere=$(cd "$(dirname "$0")" && pwd)\ncd "$here/med-nca" || exit 1\n' +
    'DENO_DIR="$here/deno_cache" exec "$here/deno" task notebook "$@"\n';

/**
 * Writes a pack: the project, the packages in a cache of their own, this Deno, and a script that
 * starts the notebooks from them.
 *
 * @param folder A new or empty folder.
 * @param options.wheels Whether to add JupyterLab, for this system and Python.
 * @param download Downloads the packages.
 * @throws {InputError} If the folder holds something, or a package cannot be downloaded.
 */
export async function makeClassPack(
  folder: string,
  { wheels }: { wheels: boolean },
  download: typeof fetchPackages = fetchPackages,
): Promise<void> {
  await Deno.mkdir(folder, { recursive: true });
  if ((await Array.fromAsync(Deno.readDir(folder))).length > 0) {
    throw new InputError("Cannot write a pack: the folder is not empty", {
      code: "bad-folder",
      path: folder,
      hint: "Choose a new folder",
    });
  }
  const project = join(folder, "med-nca");
  await Deno.mkdir(project);
  for (const part of PARTS) await copy(join(projectRoot(), part), join(project, part));
  console.log("Downloading the packages");
  await download(project, { DENO_DIR: join(folder, "deno_cache") });
  await Deno.copyFile(Deno.execPath(), join(folder, WINDOWS ? "deno.exe" : "deno"));
  const start = join(folder, WINDOWS ? "start.cmd" : "start");
  await Deno.writeTextFile(start, START, { mode: 0o755 });
  if (wheels) await downloadWheels(join(folder, "wheels"));
  console.log(`Copy ${folder} to each machine, and run ${basename(start)} in it`);
  if (wheels) {
    console.log(
      "Where JupyterLab is missing: python3 -m pip install --no-index --find-links wheels jupyterlab",
    );
  }
}

async function downloadWheels(folder: string): Promise<void> {
  const python = await findPython("import pip");
  if (python === undefined) {
    throw new InputError("Cannot download JupyterLab: no Python has pip", {
      code: "missing-program",
    });
  }
  console.log("Downloading JupyterLab");
  await runPython(python, ["-m", "pip", "download", "--quiet", "--dest", folder, "jupyterlab"]);
}

/** Copies a file or a folder. */
async function copy(from: string, to: string): Promise<void> {
  if ((await Deno.stat(from)).isFile) return await Deno.copyFile(from, to);
  await Deno.mkdir(to, { recursive: true });
  for await (const { name } of Deno.readDir(from)) await copy(join(from, name), join(to, name));
}
