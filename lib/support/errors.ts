/**
 * The one error type for what goes wrong with a user's input: files, flags, configs.
 *
 * A wrong shape or range in a call from code is a `TypeError` or `RangeError` instead.
 *
 * @module
 */

/** What an {@linkcode InputError} can say beside its message. */
export interface InputErrorOptions {
  /** What the user can do about it, one sentence in sentence case. */
  hint?: string;
  /** The file or folder that it is about. */
  path?: string | URL;
  /** The error that caused it. */
  cause?: unknown;
}

/**
 * Something is wrong with what the user gave: a file, a folder, a flag, a config.
 *
 * The message is one line, "Cannot read volume: gzip stream ends early: data/x.nii.gz": what
 * failed, why, and where. The hint says what to do. Tasks print both and end with status 1,
 * without a stack.
 *
 * @example
 * ```ts
 * import { InputError } from "./errors.ts";
 * import assert from "node:assert/strict";
 *
 * const error = new InputError("Cannot read volume: gzip stream ends early", {
 *   path: "data/x.nii.gz",
 *   hint: "Download the file again",
 * });
 * assert.equal(error.message, "Cannot read volume: gzip stream ends early: data/x.nii.gz");
 * ```
 */
export class InputError extends Error {
  override name = "InputError";
  /** What the user can do about it; empty where nothing helpful can be said. */
  readonly hint: string;
  /** The file or folder that it is about, if any. */
  readonly path: string | undefined;

  constructor(message: string, options: InputErrorOptions = {}) {
    const path = options.path === undefined ? undefined : String(options.path);
    super(
      path === undefined ? message : `${message}: ${path}`,
      options.cause === undefined ? undefined : { cause: options.cause },
    );
    this.hint = options.hint ?? "";
    this.path = path;
  }

  /** Makes an error of what is left of one that came from another thread. */
  static revive(
    { message, hint, path }: Pick<InputError, "message" | "hint" | "path">,
  ): InputError {
    const ending = `: ${path}`;
    if (path === undefined || !message.endsWith(ending)) return new InputError(message, { hint });
    return new InputError(message.slice(0, -ending.length), { hint, path });
  }
}
