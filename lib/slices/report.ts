/**
 * What a preparation has to say to its user.
 *
 * @module
 */

import type { PreparedSlices } from "./extract_slices.ts";
import type { Problem } from "./types.ts";

/** So many cases are named for one kind of problem. */
const NAMED = 5;

/**
 * The report of a preparation as text, a few lines: what was made, and every problem with the
 * cases it is about.
 *
 * @param prepared From `extractSlices` or `prepareSlices`.
 */
export function formatReport(prepared: PreparedSlices): string {
  const { folder, reused, manifest } = prepared;
  const { cases, slices, height, width, labelValues, problems } = manifest;
  const labelled = slices.filter((slice) => slice.foreground > 0).length;
  const usable = new Set(cases.map(({ id }) => id));
  const lines = [
    `${cases.length} ${plural(cases.length, "case")}, ${slices.length} ` +
    `${plural(slices.length, "slice")} of ${height}×${width}, ${labelled} with foreground` +
    (reused ? `, made before: ${folder}` : `: ${folder}`),
    `labels hold ${labelValues.slice(0, 10).join(", ")}${labelValues.length > 10 ? ", …" : ""}`,
  ];
  const left = problems.filter(({ severity }) => severity === "error");
  const odd = problems.filter(({ severity }) => severity === "warning");
  if (left.length > 0) {
    const whole = new Set(left.map((problem) => problem.case).filter((id) => !usable.has(id)));
    lines.push(`left out (${whole.size} ${plural(whole.size, "case")}):`, ...grouped(left));
  }
  if (odd.length > 0) lines.push("warnings:", ...grouped(odd));
  return lines.join("\n");
}

/** One line a message, with the cases it is about. */
function grouped(problems: readonly Problem[]): string[] {
  const groups = Map.groupBy(problems, (problem) => problem.message);
  return [...groups].map(([message, group]) => {
    const names = group.slice(0, NAMED).map((problem) => problem.case).join(", ");
    const more = group.length > NAMED ? ` and ${group.length - NAMED} more` : "";
    return `  ${message}: ${names}${more}`;
  });
}

function plural(n: number, word: string): string {
  return n === 1 ? word : `${word}s`;
}
