/**
 * TensorFlow's native kernels as a tfjs backend, where `deno task setup:gpu` installed them.
 *
 * Nothing of the package is loaded unless it is asked for: `docs/tensorflow.md` says how it gets
 * there, what it wants of the machine, and what was tested.
 *
 * @module
 */

import * as tf from "@tensorflow/tfjs";
import { join } from "@std/path";
import { createRequire } from "node:module";
import process from "node:process";
import { fileURLToPath } from "node:url";
import util from "node:util";
import { InputError } from "./support/errors.ts";

/** The environment variable that names a folder to look for the native package in. */
export const TENSORFLOW_VARIABLE = "MED_NCA_TENSORFLOW";

/** What one has to do for the native package, for errors. */
export const TENSORFLOW_HINT = "Run deno task setup:gpu; its libtensorflow 2.9 wants CUDA 11.2 " +
  "and cuDNN 8.1 to use a GPU (docs/tensorflow.md)";

/** The first that is installed is taken; the second has no GPU. */
const PACKAGES = ["tfjs-node-gpu", "tfjs-node"];
const ADDON = "tfjs_binding.node";

const LOG_LEVEL = "TF_CPP_MIN_LOG_LEVEL";

/** The native library that was loaded. */
export interface Tensorflow {
  /** The version of libtensorflow, "2.9.1". */
  readonly version: string;
  /** Whether it computes on a GPU. */
  readonly gpu: boolean;
}

/** What the tfjs backend of the package has beside tfjs's interface. */
interface NativeBackend extends tf.KernelBackend {
  readonly binding: { readonly TF_Version: string };
  readonly isUsingGpuDevice: boolean;
}

/**
 * The folder with a `node_modules` that the native package is looked for in: the one that the
 * environment variable `MED_NCA_TENSORFLOW` names, else `.native` beside this project's `lib`.
 */
export function tensorflowFolder(): string {
  return Deno.env.get(TENSORFLOW_VARIABLE) || fileURLToPath(new URL("../.native", import.meta.url));
}

/**
 * The path of the native package, if it is installed and its addon with it.
 *
 * Looks at files only: that the addon can be loaded is not certain yet.
 */
export function findTensorflow(): string | undefined {
  return PACKAGES
    .map((name) => join(tensorflowFolder(), "node_modules", "@tensorflow", name))
    .find((path) =>
      names(join(path, "lib")).some((lib) => names(join(path, "lib", lib)).includes(ADDON))
    );
}

/**
 * Loads the native package and makes its backend, `tensorflow`, the one that tfjs uses.
 *
 * The package brings a tfjs of its own. Both share one engine, one set of kernels and one
 * `Tensor` (tfjs keeps them on `globalThis`), so tensors of the project's tfjs run on it.
 *
 * @throws {InputError} Where it is not installed, or cannot be loaded.
 */
export async function loadTensorflow(): Promise<Tensorflow> {
  const path = findTensorflow();
  if (path === undefined) {
    throw new InputError("Cannot use TensorFlow: its native library is not installed", {
      code: "bad-backend",
      path: tensorflowFolder(),
      hint: TENSORFLOW_HINT,
    });
  }
  restoreUtil();
  // It tells what the processor can do on every start; what is wrong it still tells.
  if (!Deno.env.has(LOG_LEVEL)) Deno.env.set(LOG_LEVEL, "1");
  // Otherwise its own tfjs warns of every kernel that is registered already.
  tf.enableProdMode();
  // Its installer, which it loads to find its addon, asks for all variables, and may have none.
  const { env } = process;
  try {
    process.env = {};
    createRequire(import.meta.url)(path);
  } catch (cause) {
    const reason = (cause as Error).message.split("\n")[0];
    throw new InputError(`Cannot use TensorFlow: ${reason}`, {
      code: "bad-backend",
      path,
      hint: TENSORFLOW_HINT,
      cause,
    });
  } finally {
    process.env = env;
  }
  await tf.setBackend("tensorflow");
  const { binding, isUsingGpuDevice } = tf.backend() as NativeBackend;
  return { version: binding.TF_Version, gpu: isUsingGpuDevice };
}

/**
 * Loads the native package where it is installed and finds a GPU; tfjs uses it then.
 *
 * Costs a look at a folder where it is not installed, and its start (about half a second) where it
 * is: only the library itself knows which GPUs it can use.
 */
export async function loadTensorflowOnGpu(): Promise<Tensorflow | undefined> {
  if (findTensorflow() === undefined) return undefined;
  try {
    const tensorflow = await loadTensorflow();
    return tensorflow.gpu ? tensorflow : undefined;
  } catch (error) {
    if (error instanceof InputError) return undefined;
    throw error;
  }
}

/** tfjs-node 4.22 calls `util.isNullOrUndefined`, which Node.js 23 took out and Deno never had. */
function restoreUtil(): void {
  const module = util as { isNullOrUndefined?: unknown };
  module.isNullOrUndefined ??= (value: unknown) => value === null || value === undefined;
}

/** The names in a folder; none where there is no such folder. */
function names(folder: string): string[] {
  try {
    return Array.from(Deno.readDirSync(folder), ({ name }) => name);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return [];
    throw error;
  }
}
