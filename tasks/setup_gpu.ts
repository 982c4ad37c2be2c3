/**
 * `deno task setup:gpu`: TensorFlow's native library, for `--backend tensorflow`.
 *
 * @module
 */

import "./support/interrupt.ts";
import { join } from "@std/path";
import { InputError } from "../lib/support/errors.ts";
import { writeJsonAtomic } from "../lib/support/files.ts";
import { findTensorflow, loadTensorflow, tensorflowFolder } from "../lib/tensorflow_backend.ts";
import { createTask, parseTask, runTask } from "./support/cli.ts";

const PACKAGE = "npm:@tensorflow/tfjs-node-gpu@4.22.0";

const command = createTask(
  "setup:gpu",
  `Install the optional ${PACKAGE} into .native and run its install script (and no other), which ` +
    "downloads libtensorflow 2.9. To use a GPU, it needs CUDA 11.2 and cuDNN 8.1.",
);

await runTask(async () => {
  await parseTask(command);
  if (findTensorflow() === undefined) await install(tensorflowFolder());
  const { version, gpu } = await loadTensorflow();
  console.log(`libtensorflow ${version} is installed in ${tensorflowFolder()}`);
  console.log(
    gpu
      ? "It finds a GPU: use it with --backend tensorflow"
      : "It finds no GPU (it needs CUDA 11.2 and cuDNN 8.1), so --backend tensorflow runs on the " +
        "CPU, where --backend wasm is faster",
  );
});

/** Installs the package into its own folder: the project itself never runs install scripts. */
async function install(folder: string): Promise<void> {
  // Leftovers of a failed install would keep its script from running again.
  await Deno.remove(join(folder, "node_modules"), { recursive: true }).catch((error) => {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  });
  const project = { nodeModulesDir: "auto", imports: { "@tensorflow/tfjs-node-gpu": PACKAGE } };
  await writeJsonAtomic(join(folder, "deno.json"), project);
  const { success } = await new Deno.Command(Deno.execPath(), {
    args: ["install", `--allow-scripts=${PACKAGE}`],
    cwd: folder,
  }).spawn().status;
  if (!success || findTensorflow() === undefined) {
    throw new InputError("Cannot install TensorFlow's native library: its install script failed", {
      code: "missing-program",
      path: folder,
      hint: "See its output above; docs/tensorflow.md explains how to build the library's addon " +
        "instead",
    });
  }
}
