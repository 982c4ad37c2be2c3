/**
 * Problems in order, and as text.
 *
 * @module
 */

import { namesOf } from "../../support/names_of.ts";
import type { Problem } from "../discovery/case_source.ts";

/** Sorted by case, then by message. */
export function sortProblems(problems: readonly Problem[]): Problem[] {
  return problems.toSorted((a, b) => compare(a.case, b.case) || compare(a.message, b.message));
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/**
 * Problems as lines: each kind once, with the cases that it is about, and what to do.
 *
 * @param named How many cases are named for one kind.
 */
export function problemLines(problems: readonly Problem[], named: number): string[] {
  const groups = Map.groupBy(problems, ({ message, hint }) => `${message}\n${hint}`);
  return [...groups.values()].flatMap((group) => {
    const [{ message, hint }] = group as [Problem];
    const names = namesOf(group.map((problem) => problem.case), named);
    return [`  ${message}: ${names}`, ...(hint === "" ? [] : [`    ${hint}`])];
  });
}
