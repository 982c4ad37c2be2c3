/**
 * Checks the answers to exercises.
 *
 * @module
 */

import { ANSWERS, type RightAnswer } from "./answers.ts";
import { show } from "./show.ts";

/**
 * Shows below the cell whether an exercise is solved.
 *
 * @param exercise Its number, such as 1.2.
 * @param answer The student's; `undefined` as long as there is none.
 * @param value The right answer where it depends on the student's run. Default: that of data.example.
 * @throws {RangeError} If there is no such exercise.
 */
export async function checkAnswer(
  exercise: string,
  answer: RightAnswer["value"] | undefined,
  value?: RightAnswer["value"],
): Promise<void> {
  const right = ANSWERS[exercise];
  if (right === undefined) throw new RangeError(`There is no exercise ${exercise} to check`);
  await show(verdictOf(exercise, answer, { ...right, value: value ?? right.value }));
}

/**
 * The text that {@linkcode checkAnswer} shows.
 *
 * @example
 * ```ts
 * import { verdictOf } from "./check_answer.ts";
 * import assert from "node:assert/strict";
 *
 * const right = { value: 12, hint: "Count again." };
 * assert.match(verdictOf("1.1", 12, right), /right/);
 * assert.match(verdictOf("1.1", 13, right), /not yet.*13.*Count again/);
 * ```
 */
export function verdictOf(
  exercise: string,
  answer: RightAnswer["value"] | undefined,
  { value, hint, tolerance = 0 }: RightAnswer,
): string {
  if (answer === undefined) return `Exercise ${exercise}: **no answer yet.**`;
  const isRight = typeof answer === "number" && typeof value === "number"
    ? Math.abs(answer - value) <= tolerance
    : answer === value;
  return isRight
    ? `Exercise ${exercise}: **right.** ✓`
    : `Exercise ${exercise}: **not yet:** ${answer} is not the answer. ${hint}`;
}
