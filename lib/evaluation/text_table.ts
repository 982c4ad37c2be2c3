/**
 * Tables of plain text.
 *
 * @module
 */

import { largestOf } from "../support/extremes.ts";

/**
 * Formats rows of cells as lines with aligned columns: the first to the left, the others to the
 * right.
 *
 * @example
 * ```ts
 * import { alignColumns } from "./text_table.ts";
 * import assert from "node:assert/strict";
 *
 * assert.deepEqual(alignColumns([["", "mean"], ["Dice", "0.9"]]), ["      mean", "Dice   0.9"]);
 * ```
 */
export function alignColumns(rows: readonly (readonly string[])[]): string[] {
  const widths = rows[0]!.map((_, column) => largestOf(rows.map((row) => row[column]!.length)));
  return rows.map((row) =>
    row.map((cell, i) => i === 0 ? cell.padEnd(widths[i]!) : cell.padStart(widths[i]!)).join("  ")
      .trimEnd()
  );
}
