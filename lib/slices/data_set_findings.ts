/**
 * What is wrong with labels only where all cases of a data set are seen together.
 *
 * @module
 */

import { namesOf } from "../support/names_of.ts";
import type { CaseSettings } from "./case_settings.ts";
import type { Problem } from "./discovery/case_source.ts";
import { valueName } from "./targets.ts";

/** What is known of each case's label; a manifest's cases have it. */
export interface LabelledCase {
  readonly values: readonly number[];
  readonly foreground: number;
  readonly hasBackground: boolean;
}

/**
 * Finds classes that no label holds, and labels that are all foreground or all background.
 *
 * @param cases Those that can be used.
 */
export function labelFindings(
  cases: readonly LabelledCase[],
  { targets, labels, threshold }: CaseSettings,
): Problem[] {
  if (cases.length === 0) return [];
  const error = (message: string, hint: string): Problem => ({
    severity: "error",
    case: "all cases",
    message,
    hint,
  });
  const found = [...new Set(cases.flatMap(({ values }) => values))].sort((a, b) => a - b);
  const hold = `The labels hold ${namesOf(found.map(valueName), 10)}`;
  if (cases.every(({ foreground }) => foreground === 0)) {
    const wanted = labels === "foreground" ? "above 0" : labels;
    return [error(`no label is ${threshold === "none" ? wanted : `above ${threshold}`}`, hold)];
  }
  const problems: Problem[] = [];
  if (cases.every(({ hasBackground }) => !hasBackground)) {
    problems.push(error("no label has any background", "The background of a label is 0"));
  }
  if (threshold !== "none" || cases.some(({ values }) => values.length >= 256)) return problems;
  const wanted = targets.classes.flatMap(({ values }) => values === "above 0" ? [] : values);
  const absent = [...new Set(wanted)].filter((value) => !found.includes(value));
  if (absent.length > 0) {
    problems.push(error(`no label holds ${namesOf(absent.map(valueName))}`, hold));
  }
  return problems;
}
