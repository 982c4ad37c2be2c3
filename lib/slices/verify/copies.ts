import type { Problem } from "../discovery/case_source.ts";
import type { CaseFacts } from "./case_facts.ts";

/**
 * Finds cases with the image of an earlier one, which would be in training and test at once, and
 * labels that belong to different images. Empty labels do not count.
 */
export function copies(cases: readonly CaseFacts[]): Problem[] {
  const filled = cases.filter(({ foreground }) => foreground > 0);
  const hint = "A patient must not be in both training and test: remove one of them";
  return [
    ...equal(cases, "imageHash").flatMap((group) => tell("error", "image", group, hint)),
    ...equal(filled, "labelHash")
      .filter((group) => new Set(group.map(({ imageHash }) => imageHash)).size > 1)
      .flatMap((group) => tell("warning", "label", group, "")),
  ];
}

function equal(cases: readonly CaseFacts[], by: "imageHash" | "labelHash"): CaseFacts[][] {
  return [...Map.groupBy(cases, (entry) => entry[by]).values()]
    .filter((group) => group.length > 1);
}

/** For all but the first, so that one remains when cases with errors are left out. */
function tell(
  severity: Problem["severity"],
  what: string,
  [first, ...others]: readonly CaseFacts[],
  hint: string,
): Problem[] {
  const message = `${what} is also that of ${first!.id}`;
  return others.map(({ id }) => ({ severity, case: id, message, hint }));
}
