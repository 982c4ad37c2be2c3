/**
 * `deno task notebook`: the notebooks in JupyterLab, with the Deno kernel.
 *
 * @module
 */

import "./support/interrupt.ts";
import { delimiter, join } from "@std/path";
import { createTask, parseTask, runTask } from "./support/cli.ts";
import { fetchPackages } from "./support/fetch_packages.ts";
import { jupyterHere } from "./support/jupyter.ts";
import { writeKernelSpec } from "./support/kernel_spec.ts";
import { makeClassPack } from "./support/class_pack.ts";
import { projectRoot } from "./support/paths.ts";

const FIRST = "notebooks/0_start_here.ipynb";

const command = createTask(
  "notebook",
  "Open the notebooks in JupyterLab, with a kernel that is Deno's. Downloads all packages first. " +
    "Nothing is installed.",
).argument("[flags...]", "flags for JupyterLab, after --, such as -- --port 8890")
  .option("--check", "only check JupyterLab and download the packages")
  .option("--no-browser", "print the address instead of opening a browser")
  .option(
    "--pack <folder>",
    "write a copy of the project that opens without a network, with its packages and Deno",
  )
  .option("--wheels", "add JupyterLab for this system and this version of Python to the pack");

await runTask(async () => {
  const { check, browser, pack, wheels } = await parseTask<
    { check?: boolean; browser: boolean; pack?: string; wheels?: boolean }
  >(command);
  if (pack !== undefined) return await makeClassPack(pack, { wheels: wheels === true });
  const jupyter = await jupyterHere();
  console.log(`JupyterLab ${jupyter.version}`);
  console.log("Looking for the packages; those that are missing are downloaded once");
  await fetchPackages();
  console.log("All are here: from now on the notebooks need no network");
  const root = projectRoot();
  const kernels = join(root, ".cache", "jupyter");
  await writeKernelSpec(kernels);
  if (check) return 0;
  const [program, ...args] = jupyter.command;
  const path = [kernels, Deno.env.get("JUPYTER_PATH") ?? ""].filter((each) => each !== "");
  const { code } = await new Deno.Command(program!, {
    args: [...args, ...(browser ? [] : ["--no-browser"]), `--ServerApp.root_dir=${root}`, FIRST]
      .concat(command.args),
    cwd: root,
    env: { JUPYTER_PATH: path.join(delimiter) },
  }).spawn().status;
  return code;
});
