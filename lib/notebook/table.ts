/**
 * Tables in a notebook.
 *
 * @module
 */

import { display } from "../plots/figure.ts";
import { escapeXml } from "../plots/svg.ts";

/** A row by column; numbers are rounded and set to the right. */
export type TableRow = Readonly<Record<string, string | number>>;

/** A table, shown as HTML. */
export class Table {
  /** Its rows. */
  readonly rows: readonly TableRow[];
  readonly #digits: number;

  /**
   * @param rows Objects with equal keys, which are the headings.
   * @param options.digits Decimals of numbers that are not whole. Default: 3.
   */
  constructor(rows: readonly TableRow[], options: { digits?: number } = {}) {
    this.rows = rows;
    this.#digits = options.digits ?? 3;
  }

  /** The form for notebooks. */
  [display](): Record<string, string> {
    const columns = Object.keys(this.rows[0] ?? {});
    const cell = (tag: string, value: string | number, type: string = typeof value) =>
      `<${tag} style="text-align:${type === "number" ? "right" : "left"}">` +
      `${escapeXml(this.#text(value))}</${tag}>`;
    const row = (cells: string[]) => `<tr>${cells.join("")}</tr>`;
    // A heading is aligned with the values of its column.
    const head = row(
      columns.map((name) => cell("th", name, typeof this.rows[0]![name])),
    );
    const body = this.rows.map((values) => row(columns.map((name) => cell("td", values[name]!))));
    return {
      "text/html": `<table><thead>${head}</thead><tbody>${body.join("")}</tbody></table>`,
      "text/plain": this.rows.map((values) => Object.values(values).join("\t")).join("\n"),
    };
  }

  #text(value: string | number): string {
    if (typeof value === "string") return value;
    if (Number.isNaN(value)) return "undefined";
    return Number.isInteger(value) ? value.toLocaleString("en") : value.toFixed(this.#digits);
  }
}

/**
 * Makes a table.
 *
 * @param rows Objects with equal keys, which are the headings.
 * @param options.digits Decimals of numbers that are not whole. Default: 3.
 *
 * @example
 * ```ts
 * import { table } from "./table.ts";
 * import assert from "node:assert/strict";
 *
 * assert.equal(table([{ layer: "fc1", parameters: 2112 }]).rows.length, 1);
 * ```
 */
export function table(rows: readonly TableRow[], options: { digits?: number } = {}): Table {
  return new Table(rows, options);
}
