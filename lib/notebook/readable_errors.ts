/**
 * Errors that one can read below a cell.
 *
 * @module
 */

import { InputError } from "../support/errors.ts";
import { Stopped } from "./stopped.ts";

/** The calls that are shown of an error that is not the user's. */
const CALLS = 6;

/** Makes the kernel show errors as {@linkcode describeError} does. */
export function installReadableErrors(): void {
  Object.assign(Error, { prepareStackTrace: describeError });
}

/**
 * The text below a cell that failed: what is wrong and what to do. Calls are shown only of errors
 * for which the user has no other clue.
 *
 * @param error What was thrown.
 * @param calls Where, the innermost first: V8's call sites.
 *
 * @example
 * ```ts
 * import { describeError } from "./readable_errors.ts";
 * import { InputError } from "../support/errors.ts";
import { Stopped } from "./stopped.ts";
 * import assert from "node:assert/strict";
 *
 * const error = new InputError("Cannot read volume: there is no such file", {
 *   code: "bad-nifti",
 *   path: "scan.nii",
 *   hint: "Check the path",
 * });
 * assert.equal(
 *   describeError(error, []),
 *   "InputError: Cannot read volume: there is no such file: scan.nii\n\n" +
 *     "What to do: Check the path.\nCode: bad-nifti (docs/errors.md)",
 * );
 * ```
 */
export function describeError(error: Error, calls: readonly unknown[]): string {
  const title = `${error.name}: ${error.message}`;
  if (error instanceof InputError) {
    const hint = error.hint ||
      (error.path === undefined ? "" : "Check the path, which starts at the project's folder");
    const advice = hint === "" ? "" : `What to do: ${hint}.\n`;
    return `${title}\n\n${advice}Code: ${error.code} (docs/errors.md)`;
  }
  if (error instanceof Stopped) return title;
  if (error instanceof ReferenceError && error.message.endsWith(" is not defined")) {
    return `${title}\n\nWhat to do: Run the cells above first, from the top; one of them defines it.`;
  }
  const shown = calls.slice(0, CALLS).map((call) => `\n    at ${call}`);
  return title + shown.join("");
}
