import { alignColumns } from "../../lib/evaluation/text_table.ts";
import type { Row } from "./compare.ts";
import type { PhaseRow } from "./phases.ts";
import type { PreprocessRow } from "./preprocess.ts";

/** A heading with the width of its column; all but the first two columns are numbers. */
export type Column = readonly [title: string, width: number];

/** The columns of {@linkcode rowLine}. */
export const COLUMNS: readonly Column[] = [
  ["case", 29],
  ["step", 9],
  ["ours", 9],
  ["PyTorch", 9],
  ["ratio (spread)", 18],
  ["MB ours", 7],
  ["MB PyTorch", 10],
  ["ratio", 5],
  ["GFLOP/s", 7],
  ["of peak", 7],
];

/** The head of a table: Markdown that can be read in a terminal too. */
export function tableHead(columns: readonly Column[]): string {
  const rule = columns.map(([, width], i) =>
    i < 2 ? "-".repeat(width) : "-".repeat(width - 1) + ":"
  );
  return tableLine(columns, columns.map(([title]) => title)) + "\n" + tableLine(columns, rule);
}

/** A row as a line of the table. */
export function rowLine(row: Row): string {
  return tableLine(COLUMNS, [
    row.case,
    row.mode,
    formatSeconds(row.ours_s),
    formatSeconds(row.torch_s),
    formatRatio(row),
    row.ours_rss_mb.toFixed(0),
    row.torch_rss_mb?.toFixed(0) ?? "–",
    row.torch_rss_mb === null ? "–" : (row.torch_rss_mb / row.ours_rss_mb).toFixed(1),
    row.gflops.toFixed(1),
    `${(100 * row.peak_share).toFixed(0)} %`,
  ]);
}

/** The phases of a rollout as a table; perception alone is not counted twice. */
export function phaseTable(rows: readonly PhaseRow[]): string {
  const total = rows.reduce(
    (sum, { phase, milliseconds }) => sum + (phase === "perception" ? 0 : milliseconds),
    0,
  );
  return alignColumns([
    ["phase", "ms a step", "share", "GFLOP/s", "GB/s"],
    ...rows.map(({ phase, milliseconds, gflops, gigabytes }) => [
      phase,
      milliseconds.toFixed(2),
      phase === "perception" ? "" : `${(100 * milliseconds / total).toFixed(0)} %`,
      ...[gflops, gigabytes].map((rate) => rate === 0 ? "" : rate.toFixed(1)),
    ]),
  ]).join("\n");
}

/** What stock tfjs took, in words. */
export function tfjsLine(row: Row): string | undefined {
  if (row.tfjs_s === null) return undefined;
  return `Stock tfjs (cpu), ${row.case}, ${row.mode}: ${formatSeconds(row.tfjs_s)}, ` +
    `${(row.tfjs_s / row.ours_s).toFixed(0)} times ours; ${row.tfjs_rss_mb!.toFixed(0)} MB`;
}

/** What was measured of preprocessing, in words. */
export function preprocessLine(row: PreprocessRow): string {
  const ours = `${row.ours_s.toFixed(2)} s, ${row.ours_rss_mb.toFixed(0)} MB`;
  if (row.numpy_s === null) return `Preprocessing, ${row.case}: ${ours}`;
  return `Preprocessing, ${row.case}: ours ${ours}; nibabel and NumPy ${
    row.numpy_s.toFixed(2)
  } s, ` +
    `${row.numpy_rss_mb!.toFixed(0)} MB; ratio ${formatRatio(row)}`;
}

function formatSeconds(seconds: number | null): string {
  if (seconds === null) return "–";
  return seconds < 10 ? `${(1000 * seconds).toFixed(0)} ms` : `${seconds.toFixed(1)} s`;
}

/** "3.21 (3.10–3.30)". */
export function formatRatio({ ratio, spread }: Pick<Row, "ratio" | "spread">): string {
  if (ratio === null || spread === null) return "–";
  return `${ratio.toFixed(2)} (${spread.map((value) => value.toFixed(2)).join("–")})`;
}

/** Cells as a line of a table. */
export function tableLine(columns: readonly Column[], cells: readonly string[]): string {
  const padded = cells.map((cell, i) => {
    const width = columns[i]![1];
    return i < 2 ? cell.padEnd(width) : cell.padStart(width);
  });
  return `| ${padded.join(" | ")} |`;
}
