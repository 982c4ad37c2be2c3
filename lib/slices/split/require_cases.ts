import { InputError } from "../../support/errors.ts";
import { counted, namesOf } from "../../support/names_of.ts";
import { nearest } from "../../support/nearest.ts";

/** With more unknown ids than this, the list is of another data set rather than mistyped. */
const MISTYPED = 5;

/**
 * Requires that all named cases are in the data set.
 *
 * @throws {InputError} If any are missing; the error names all of them.
 *
 * @example
 * ```ts
 * import { requireCases } from "./require_cases.ts";
 * import assert from "node:assert/strict";
 *
 * requireCases(["a"], ["a", "b"], "data");
 * assert.throws(
 *   () => requireCases(["case_1", "case_20"], ["case_1", "case_2"], "data"),
 *   /Cannot find 1 of 2 cases: case_20 \(did you mean case_2\?\): data/,
 * );
 * ```
 */
export function requireCases(
  wanted: readonly string[],
  known: Iterable<string>,
  folder: string,
): void {
  const there = new Set(known);
  const unknown = wanted.filter((id) => !there.has(id));
  if (unknown.length === 0) return;
  const all = unknown.length === wanted.length;
  throw new InputError(
    `Cannot find ${all ? "any" : unknown.length} of ${counted(wanted.length, "case")}: ` +
      describeUnknown(unknown, [...there]),
    {
      code: "bad-data-set",
      path: folder,
      hint: there.size === 0
        ? "The data set has no cases"
        : `The data set has ${counted(there.size, "case")}: ${namesOf([...there].sort(), 3)}`,
    },
  );
}

/** Lists unknown ids, each with the known id that was probably meant if they are few. */
export function describeUnknown(unknown: readonly string[], known: readonly string[]): string {
  if (unknown.length > MISTYPED) return namesOf(unknown);
  return unknown.map((id) => {
    const near = nearest(id, known);
    return near === undefined ? id : `${id} (did you mean ${near}?)`;
  }).join(", ");
}
