/**
 * Checks the answers to exercises.
 *
 * @module
 */

import { show } from "./show.ts";

/** What is to be answered. */
type Answer = number | string | boolean;

/** How an answer is checked. */
export interface CheckOptions {
  /** Below a wrong answer. */
  hint?: string;
  /** The largest difference of numbers. Default: 0. */
  tolerance?: number;
}

/**
 * Shows below the cell whether an exercise is solved.
 *
 * @param exercise Its number, such as 1.2.
 * @param answer The student's; `undefined` as long as there is none.
 * @param expected The right answer.
 */
export async function checkAnswer(
  exercise: string,
  answer: Answer | undefined,
  expected: Answer,
  options: CheckOptions = {},
): Promise<void> {
  await show(verdictOf(exercise, answer, expected, options));
}

/**
 * The text that {@linkcode checkAnswer} shows.
 *
 * @example
 * ```ts
 * import { verdictOf } from "./check_answer.ts";
 * import assert from "node:assert/strict";
 *
 * assert.match(verdictOf("1.1", 12, 12, {}), /right/);
 * assert.match(verdictOf("1.1", 13, 12, { hint: "Count again." }), /not yet.*13.*Count again/);
 * ```
 */
export function verdictOf(
  exercise: string,
  answer: Answer | undefined,
  expected: Answer,
  { hint = "", tolerance = 0 }: CheckOptions,
): string {
  if (answer === undefined) return `Exercise ${exercise}: **no answer yet.**`;
  const isRight = typeof answer === "number" && typeof expected === "number"
    ? Math.abs(answer - expected) <= tolerance
    : answer === expected;
  return isRight
    ? `Exercise ${exercise}: **right.** ✓`
    : `Exercise ${exercise}: **not yet:** ${answer} is not the answer. ${hint}`;
}
