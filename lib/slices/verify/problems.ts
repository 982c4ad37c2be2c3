import { namesOf } from "../../support/names_of.ts";
import type { Problem } from "../discovery/case_source.ts";

/** Sorted by case, then by message. */
export function sortProblems(problems: readonly Problem[]): Problem[] {
  return problems.toSorted((a, b) => compare(a.case, b.case) || compare(a.message, b.message));
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** The ids of cases that cannot be used. */
export function idsWithErrors(problems: readonly Problem[]): Set<string> {
  return new Set(
    problems.filter(({ severity }) => severity === "error").map((problem) => problem.case),
  );
}

/** Kinds listed, those with the most cases first; numbers in messages can make thousands. */
const MOST_KINDS = 40;

/**
 * Problems as lines: each kind once, with its cases and a hint.
 *
 * @param named How many cases to list for one kind.
 */
export function problemLines(problems: readonly Problem[], named: number): string[] {
  const groups = [...Map.groupBy(problems, ({ message, hint }) => `${message}\n${hint}`).values()];
  const listed = groups.length <= MOST_KINDS
    ? groups
    : groups.toSorted((a, b) => b.length - a.length).slice(0, MOST_KINDS);
  const more = problems.length - listed.reduce((sum, group) => sum + group.length, 0);
  return [
    ...listed.flatMap((group) => {
      const [{ message, hint }] = group as [Problem];
      const names = namesOf(group.map((problem) => problem.case), named);
      return [`  ${message}: ${names}`, ...(hint === "" ? [] : [`    ${hint}`])];
    }),
    ...(more > 0 ? [`  and ${more} other kinds of problems`] : []),
  ];
}
