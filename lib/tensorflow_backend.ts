/**
 * TensorFlow's native kernels as a tfjs backend, where `deno task setup:gpu` installed them.
 *
 * The package is loaded only on request. `docs/tensorflow.md` says how to install it, what it
 * requires and what was tested.
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

/** The environment variable that names the folder of the native package. */
export const TENSORFLOW_VARIABLE = "MED_NCA_TENSORFLOW";

/** How to install the native package, for errors. */
const TENSORFLOW_HINT = "Run deno task setup:gpu; its libtensorflow 2.9 needs CUDA 11.2 " +
  "and cuDNN 8.1 to use a GPU (docs/tensorflow.md)";

/** The first one installed is used; the second cannot use a GPU. */
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

/** What the package's tfjs backend has beyond tfjs's interface. */
interface NativeBackend extends tf.KernelBackend {
  readonly binding: { readonly TF_Version: string };
  readonly isUsingGpuDevice: boolean;
}

/**
 * The folder whose `node_modules` should hold the native package: the value of
 * `MED_NCA_TENSORFLOW`, or `.native` beside this project's `lib`.
 */
export function tensorflowFolder(): string {
  return Deno.env.get(TENSORFLOW_VARIABLE) || fileURLToPath(new URL("../.native", import.meta.url));
}

/**
 * The path of the native package, if it and its addon are installed.
 *
 * Only checks for files; loading the addon may still fail.
 */
export function findTensorflow(): string | undefined {
  return PACKAGES
    .map((name) => join(tensorflowFolder(), "node_modules", "@tensorflow", name))
    .find((path) =>
      names(join(path, "lib")).some((lib) => names(join(path, "lib", lib)).includes(ADDON))
    );
}

/**
 * Loads the native package and makes tfjs use its backend, `tensorflow`.
 *
 * The package brings its own tfjs. Both share one engine, one set of kernels and one `Tensor` (tfjs
 * keeps them on `globalThis`), so tensors of the project's tfjs run on it.
 *
 * @throws {InputError} If it is not installed, or cannot be loaded.
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
  // Otherwise it logs the processor's features on every start; errors are still logged.
  if (!Deno.env.has(LOG_LEVEL)) Deno.env.set(LOG_LEVEL, "1");
  // Otherwise its own tfjs warns of every kernel that is registered already.
  tf.enableProdMode();
  // It loads its installer to find the addon, and that reads all environment variables.
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
 * Loads the native package if it is installed and finds a GPU, and makes tfjs use it.
 *
 * If installed, this starts the library (about half a second): only it knows which GPUs it can use.
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

/** tfjs-node 4.22 calls `util.isNullOrUndefined`, which Node.js 23 removed and Deno never had. */
function restoreUtil(): void {
  const module = util as { isNullOrUndefined?: unknown };
  module.isNullOrUndefined ??= (value: unknown) => value === null || value === undefined;
}

/** The names in a folder; none if there is no such folder. */
function names(folder: string): string[] {
  try {
    return Array.from(Deno.readDirSync(folder), ({ name }) => name);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return [];
    throw error;
  }
}
