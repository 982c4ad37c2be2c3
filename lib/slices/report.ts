import { counted, namesOf } from "../support/names_of.ts";
import type { PreparedSlices } from "./extract_slices.ts";
import { valueName } from "./targets.ts";
import { problemLines } from "./verify/problems.ts";

/** Cases listed for one kind of problem. */
const NAMED = 5;

/** The report of a preparation as a few lines: what was made, and every problem with its cases. */
export function formatReport(prepared: PreparedSlices): string {
  const { folder, reused, manifest } = prepared;
  const { cases, slices, height, width, labelValues, problems } = manifest;
  const filled = slices.filter((slice) => slice.foreground > 0);
  const pixels = slices.length * height * width;
  const share = 100 * filled.reduce((sum, { foreground }) => sum + foreground, 0) / pixels;
  const lines = [
    `${counted(cases.length, "case")}, ${counted(slices.length, "slice")} of ${height}×${width}, ` +
    `${filled.length} with foreground${reused ? ", made before" : ""}: ${folder}`,
    `labels hold ${namesOf(labelValues.map(valueName), 10)}; ` +
    `${Number(share.toPrecision(2))} % of all pixels are foreground`,
  ];
  const usable = new Set(cases.map(({ id }) => id));
  const left = problems.filter(({ severity }) => severity === "error");
  const odd = problems.filter(({ severity }) => severity === "warning");
  if (left.length > 0) {
    const whole = new Set(left.map((problem) => problem.case).filter((id) => !usable.has(id)));
    lines.push(`left out (${counted(whole.size, "case")}):`, ...problemLines(left, NAMED));
  }
  if (odd.length > 0) lines.push("warnings:", ...problemLines(odd, NAMED));
  return lines.join("\n");
}
