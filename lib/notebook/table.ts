/**
 * Tables in a notebook.
 *
 * @module
 */

import { escapeXml } from "../plots/svg.ts";

/** Under this symbol a value tells the Deno kernel how it is shown. */
const display = Symbol.for("Jupyter.display");

/** A row by column; numbers are rounded and set to the right. */
export type TableRow = Readonly<Record<string, string | number>>;

/** A table, shown as HTML. */
export class Table {
  /** Its rows. */
  readonly rows: readonly TableRow[];
  readonly #digits: number;

  /**
   * @param rows With the same keys each, which are the headings.
   * @param options.digits After the point of numbers that are not whole; 3 unless told.
   */
  constructor(rows: readonly TableRow[], options: { digits?: number } = {}) {
    this.rows = rows;
    this.#digits = options.digits ?? 3;
  }

  /** What a notebook shows. */
  [display](): Record<string, string> {
    const columns = Object.keys(this.rows[0] ?? {});
    const cell = (tag: string, value: string | number, type: string = typeof value) =>
      `<${tag} style="text-align:${type === "number" ? "right" : "left"}">` +
      `${escapeXml(this.#text(value))}</${tag}>`;
    const row = (cells: string[]) => `<tr>${cells.join("")}</tr>`;
    // A heading stands over its column, on the side of the values.
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
 * @param rows With the same keys each, which are the headings.
 * @param options.digits After the point of numbers that are not whole; 3 unless told.
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
