/**
 * One image, or one label, under several names.
 *
 * @module
 */

import { namesOf } from "../../support/names_of.ts";
import type { Problem } from "../discovery/case_source.ts";
import type { CaseFacts } from "./case_facts.ts";

/**
 * Finds cases with the same image, which would be in training and test at once, and labels that
 * belong to different images. Empty labels are all equal and not meant.
 */
export function copies(cases: readonly CaseFacts[]): Problem[] {
  const filled = cases.filter(({ foreground }) => foreground > 0);
  return [
    ...equal(cases, "imageHash").map((group) =>
      tell("error", "image", group, "Keep one of them; one patient must not train and test")
    ),
    ...equal(filled, "labelHash")
      .filter((group) => new Set(group.map(({ imageHash }) => imageHash)).size > 1)
      .map((group) => tell("warning", "label", group, "")),
  ];
}

function equal(cases: readonly CaseFacts[], by: "imageHash" | "labelHash"): CaseFacts[][] {
  return [...Map.groupBy(cases, (entry) => entry[by]).values()]
    .filter((group) => group.length > 1);
}

function tell(
  severity: Problem["severity"],
  what: string,
  [first, ...others]: readonly CaseFacts[],
  hint: string,
): Problem {
  const names = namesOf(others.map(({ id }) => id));
  return { severity, case: first!.id, message: `${what} is also that of ${names}`, hint };
}
