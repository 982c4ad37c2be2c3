/**
 * Shared by the tasks that use a trained run.
 *
 * @module
 */

import type { BackendOptions } from "../../lib/backend.ts";
import type { EvaluationProgress } from "../../lib/evaluation/evaluate_cases.ts";
import type { PreparedSlices } from "../../lib/slices/mod.ts";
import { InputError } from "../../lib/support/errors.ts";

/** The choice of a backend for `initBackend`; "auto" leaves it to the environment. */
export function backendOptions(
  flags: { backend?: string; threads?: number },
  model: { channels: number; hidden: number },
): BackendOptions {
  return {
    channels: model.channels,
    hidden: model.hidden,
    ...(flags.backend && flags.backend !== "auto" && { backend: flags.backend }),
    ...(flags.threads && { threads: flags.threads }),
  };
}

/** A Dice score as text; a dash if undefined. */
export function formatDice(dice: number): string {
  return Number.isFinite(dice) ? dice.toFixed(4) : "– (label and prediction are empty)";
}

/** Prints the score of a case, or the reason why it has none. */
export function showScore({ case: id, dice, problem, done, total }: EvaluationProgress): void {
  const score = problem === undefined ? `Dice ${formatDice(dice)}` : `not scored: ${problem}`;
  console.log(`  ${String(done).padStart(String(total).length)}/${total}  ${id}  ${score}`);
}

/** The flag to continue without cases that have errors. */
export const LEAVE_OUT = ["--leave-out", "continue without the cases that have errors"] as const;

/**
 * Throws if cases have errors, listing all of them.
 *
 * @throws {InputError} If cases have errors and are not to be left out.
 */
export function requireSound({ manifest }: PreparedSlices, leaveOut = false): void {
  const errors = manifest.problems.filter(({ severity }) => severity === "error");
  if (errors.length === 0 || leaveOut) return;
  const list = errors.map(({ case: id, message }) => `${id}: ${message}`).join("; ");
  throw new InputError(`Cannot use the data set: ${list}`, {
    code: "bad-data-set",
    hint: "Fix or remove these cases, or continue without them with --leave-out",
  });
}

/**
 * The value of a flag that must be given.
 *
 * @throws {InputError} If it was not.
 */
export function requireFlag(value: string | undefined, name: string, hint: string): string {
  if (value === undefined) {
    throw new InputError(`Cannot run: --${name} is missing`, { code: "bad-command-line", hint });
  }
  return value;
}
