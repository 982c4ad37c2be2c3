/**
 * The error type for problems with a user's input: files, flags, configs.
 *
 * A wrong shape or range in a call from code is a `TypeError` or `RangeError` instead.
 *
 * @module
 */

/** The codes of {@linkcode InputError}, for programs. They are never renamed. */
export const ERROR_CODES = {
  "bad-command-line": "a flag is missing, unknown or has a wrong value",
  "bad-config": "a configuration has unknown keys or wrong values, or is not JSON",
  "bad-data-set": "a data set is missing, has no known layout, or has cases that cannot be used",
  "bad-split": "a split does not match the patients, or there are too few of them",
  "bad-image": "an image to predict is missing or does not fit the model",
  "bad-nifti": "a volume is missing, damaged, not NIfTI, or implausibly large",
  "bad-dicom": "a DICOM series is damaged, or cannot make one volume",
  "bad-slice": "an npy or PNG file is missing, damaged, or not a single slice",
  "bad-prepared": "prepared slices are missing, damaged or unfinished",
  "bad-weights": "a safetensors file is missing, damaged, or belongs to another model",
  "bad-checkpoint": "there is no checkpoint to resume from, or it belongs to another training",
  "bad-run": "a folder is not a run, or its files are damaged",
  "bad-backend": "a backend is unknown, not available on this machine, or cannot run the model",
  "bad-folder": "an output folder holds other files, or the input itself",
  "folder-in-use": "a folder already holds a run, or another process is working in it",
  "cannot-write": "a disk is full or read-only, or a file may not be written",
  "no-download": "a file cannot be downloaded, or is not the expected one",
  "bad-archive": "an archive is damaged, not the expected one, or has paths outside its folder",
  "no-permission": "Deno lacks a permission",
  "out-of-memory": "the model does not fit into memory",
  "diverged": "loss, gradients or weights are no longer finite",
  "missing-program": "another program is missing, too old, or failed",
} as const;

/** A key of {@linkcode ERROR_CODES}. */
export type ErrorCode = keyof typeof ERROR_CODES;

/** The details of an {@linkcode InputError}. */
export interface InputErrorOptions {
  /** The kind of problem. */
  code: ErrorCode;
  /** What the user can do about it: one sentence, no full stop. */
  hint?: string;
  /** The file or folder that it is about. */
  path?: string | URL;
  /** The error that caused it. */
  cause?: unknown;
}

/**
 * A problem with the user's input: a file, a folder, a flag, a config.
 *
 * The message is one line, "Cannot read volume: gzip stream ends early: data/x.nii.gz": what
 * failed, why, and where. The hint says what to do. Tasks print both with the code, without a stack
 * trace, and exit with status 1, or 2 for a wrong command line.
 *
 * @example
 * ```ts
 * import { InputError } from "./errors.ts";
 * import assert from "node:assert/strict";
 *
 * const error = new InputError("Cannot read volume: gzip stream ends early", {
 *   code: "bad-nifti",
 *   path: "data/x.nii.gz",
 *   hint: "Download the file again",
 * });
 * assert.equal(error.message, "Cannot read volume: gzip stream ends early: data/x.nii.gz");
 * ```
 */
export class InputError extends Error {
  override name = "InputError";
  /** The kind of problem, for programs. */
  readonly code: ErrorCode;
  /** What the user can do about it; empty if there is nothing helpful to say. */
  readonly hint: string;
  /** The file or folder that it is about, if any. */
  readonly path: string | undefined;

  constructor(message: string, options: InputErrorOptions) {
    const path = options.path === undefined ? undefined : String(options.path);
    super(
      path === undefined ? message : `${message}: ${path}`,
      options.cause === undefined ? undefined : { cause: options.cause },
    );
    this.code = options.code;
    this.hint = options.hint ?? "";
    this.path = path;
  }

  /** Restores an error that was sent from another thread. */
  static revive(
    { message, code, hint, path }: Pick<InputError, "message" | "code" | "hint" | "path">,
  ): InputError {
    const ending = `: ${path}`;
    if (path === undefined || !message.endsWith(ending)) {
      return new InputError(message, { code, hint });
    }
    return new InputError(message.slice(0, -ending.length), { code, hint, path });
  }
}
