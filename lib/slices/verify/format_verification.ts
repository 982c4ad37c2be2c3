import { counted, namesOf } from "../../support/names_of.ts";
import { valueName } from "../targets.ts";
import { formatSpacing } from "./data_set_problems.ts";
import { problemLines } from "./problems.ts";
import type { Verification } from "./verify_data.ts";

/** Cases listed for one kind of problem. */
const NAMED = 50;
/** Spacings, orientations or values listed. */
const LISTED = 10;

/**
 * The report of a verification as text: an overview of the data set, then every error and warning
 * with its cases and a hint.
 */
export function formatVerification(verification: Verification): string {
  const { cases, patients, problems } = verification;
  const who = patients === cases.length ? "" : ` of ${counted(patients, "patient")}`;
  const lines = [`${counted(cases.length, "case")}${who} can be used`];
  if (cases.length > 0) lines.push(...overview(verification).map((line) => `  ${line}`));
  for (const severity of ["error", "warning"] as const) {
    const group = problems.filter((problem) => problem.severity === severity);
    if (group.length === 0) continue;
    lines.push(`${counted(group.length, severity)}:`, ...problemLines(group, NAMED));
  }
  if (problems.length === 0) lines.push("no errors, no warnings");
  return lines.join("\n");
}

function overview({ kind, cases, channelNames }: Verification): string[] {
  const [a, b, c] = [0, 1, 2].map((axis) => range(cases.map(({ shape }) => shape[axis]!)));
  const shares = range(cases.map(({ foreground }) => Number((100 * foreground).toPrecision(2))));
  const values = [...new Set(cases.flatMap(({ labelValues }) => labelValues))]
    .sort((x, y) => x - y).map(valueName);
  const channels = range(cases.map((entry) => entry.channels));
  const names = channelNames.length > 0 ? ` (${channelNames.join(", ")})` : "";
  return [
    kind === "pictures"
      ? `${a} × ${b} pixels, ${c} ${c === "1" ? "picture" : "pictures"} a case`
      : `${a} × ${b} × ${c} voxels`,
    ...(channels === "1" && names === "" ? [] : [`channels ${channels}${names}`]),
    ...(kind === "pictures" ? [] : [
      `spacing ${frequent(cases.map(({ spacing }) => spacing && formatSpacing(spacing)))}`,
      `stored orientation ${frequent(cases.map(({ orientation }) => orientation))}`,
    ]),
    `labels hold ${namesOf(values, LISTED)}; ${shares} % of each case is foreground`,
  ];
}

/** The distinct texts with their counts, the most frequent first. */
function frequent(texts: readonly (string | null)[]): string {
  const groups = [...Map.groupBy(texts, (text) => text ?? "unknown")]
    .sort(([, a], [, b]) => b.length - a.length);
  if (groups.length === 1) return groups[0]![0];
  return namesOf(groups.map(([text, { length }]) => `${text} (${length})`), LISTED);
}

function range(values: readonly number[]): string {
  const [low, high] = values.reduce(
    ([low, high], value) => [Math.min(low, value), Math.max(high, value)] as const,
    [Infinity, -Infinity] as readonly [number, number],
  );
  return low === high ? String(low) : `${low} to ${high}`;
}
