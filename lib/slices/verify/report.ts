/**
 * What a preparation, or a verification, has to say to its user.
 *
 * @module
 */

import type { PreparedSlices } from "./extract_slices.ts";
import type { Problem } from "./types.ts";
import { formatSpacing, type Verification } from "./verify_data.ts";

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

/**
 * The report of a verification as text: what the data set is, then every error and every warning
 * with all the cases it is about.
 *
 * @param verification From `verifyData`.
 */
export function formatVerification({ kind, cases, problems }: Verification): string {
  const lines = [`${cases.length} ${plural(cases.length, "case")} can be used`];
  if (cases.length > 0) lines.push(...overview(kind, cases));
  for (const severity of ["error", "warning"] as const) {
    const group = problems.filter((problem) => problem.severity === severity);
    if (group.length === 0) continue;
    lines.push(
      `${group.length} ${plural(group.length, severity)}:`,
      ...grouped(group, group.length),
    );
  }
  if (problems.length === 0) lines.push("no errors, no warnings");
  return lines.join("\n");
}

function overview(kind: Verification["kind"], cases: Verification["cases"]): string[] {
  const range = (values: readonly number[]) => {
    const [low, high] = [Math.min(...values), Math.max(...values)];
    return low === high ? String(low) : `${low} to ${high}`;
  };
  const shape = [0, 1, 2].map((axis) => range(cases.map((entry) => entry.shape[axis]!)));
  const [a, b, c] = shape;
  const percent = (value: number) => `${Number((100 * value).toPrecision(2))} %`;
  const shares = cases.map(({ foreground }) => foreground);
  const values = [...new Set(cases.flatMap(({ labelValues }) => labelValues))]
    .sort((x, y) => x - y);
  const distinct = (texts: readonly (string | undefined)[]) => {
    const [...all] = new Set(texts);
    return all.slice(0, NAMED).join(", ") + (all.length > NAMED ? ", …" : "");
  };
  return [
    kind === "png"
      ? `  ${a} × ${b} pixels, ${c} ${c === "1" ? "picture" : "pictures"} a case`
      : `  ${a} × ${b} × ${c} voxels`,
    ...(kind === "png" ? [] : [
      `  spacing ${distinct(cases.map(({ spacing }) => formatSpacing(spacing)))}`,
      `  axes run to ${distinct(cases.map(({ orientation }) => orientation))}`,
    ]),
    `  labels hold ${values.slice(0, 10).join(", ")}${values.length > 10 ? ", …" : ""}; ` +
    `${percent(Math.min(...shares))} to ${percent(Math.max(...shares))} of a case is foreground`,
  ];
}

/** One line a message, with the cases it is about, the first few by name. */
function grouped(problems: readonly Problem[], named = NAMED): string[] {
  const groups = Map.groupBy(problems, (problem) => problem.message);
  return [...groups].map(([message, group]) => {
    const names = group.slice(0, named).map((problem) => problem.case).join(", ");
    const more = group.length > named ? ` and ${group.length - named} more` : "";
    return `  ${message}: ${names}${more}`;
  });
}

function plural(n: number, word: string): string {
  return n === 1 ? word : `${word}s`;
}
