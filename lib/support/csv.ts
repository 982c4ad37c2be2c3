/**
 * A line of a CSV file. Numbers that are not finite, `null` and `undefined` are empty cells; text
 * with commas, quotes or line breaks is quoted.
 *
 * @example
 * ```ts
 * import { csvLine, parseCsv } from "./csv.ts";
 * import assert from "node:assert/strict";
 *
 * assert.equal(csvLine(["a, b", 0.5, NaN]), '"a, b",0.5,\n');
 * assert.deepEqual(parseCsv('"a, b",0.5,\n'), [["a, b", "0.5", ""]]);
 * ```
 */
export function csvLine(cells: readonly unknown[]): string {
  return cells.map((cell) => {
    if (cell === undefined || cell === null) return "";
    if (typeof cell === "number" && !Number.isFinite(cell)) return "";
    const text = String(cell);
    return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
  }).join(",") + "\n";
}

/**
 * The cells of a CSV file as text, line by line. Skips empty lines; accepts a byte order mark and
 * both kinds of line ending.
 *
 * @throws {SyntaxError} If a quoted cell does not end, or has text after its closing quote.
 */
export function parseCsv(text: string): string[][] {
  const table = text.replace(/^\uFEFF/, "");
  const rows: string[][] = [];
  let row: string[] = [];
  let read = 0;
  for (const [all, cell = "", end] of table.matchAll(CELL)) {
    read += all.length;
    row.push(cell.startsWith('"') ? cell.slice(1, -1).replaceAll('""', '"') : cell);
    if (end === ",") continue;
    if (row.length > 1 || row[0] !== "") rows.push(row);
    row = [];
    if (end === "") break;
  }
  if (read < table.length) {
    const line = table.slice(0, read).split("\n").length;
    throw new SyntaxError(`Cannot read CSV: line ${line} has a quote out of place`);
  }
  return rows;
}

/** A cell, quoted or not, and its separator. */
const CELL = /("(?:[^"]|"")*"|[^",\r\n]*)(,|\r?\n|$)/gy;
