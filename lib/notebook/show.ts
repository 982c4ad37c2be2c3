/**
 * Showing things in a notebook.
 *
 * @module
 */

import type { Animation, Figure } from "../plots/figure.ts";
import { type MediaBundle, sendDisplay } from "./display.ts";
import type { Table } from "./table.ts";

/** What can be shown; a text is Markdown. */
export type Showable = Figure | Animation | Table | string;

/** Under this symbol a value tells the Deno kernel how it is shown. */
const display = Symbol.for("Jupyter.display");

/** What the kernel sends after it has said that a cell is done is lost, so cells end after this. */
const FLUSH_MILLISECONDS = 50;

/**
 * Shows pictures, tables and Markdown below the cell, in order.
 *
 * A value that a cell ends with is shown too, but only one, and now and then it is lost: the kernel
 * may say that the cell is done before it sends the value. This waits until all is sent.
 *
 * @param values What to show; a text is Markdown.
 */
export async function show(...values: Showable[]): Promise<void> {
  for (const value of values) {
    await sendDisplay(
      typeof value === "string"
        ? { "text/markdown": value }
        : (value as unknown as Record<symbol, () => MediaBundle>)[display]!(),
    );
  }
  await flush();
}

/** Waits until the kernel has sent what was printed and displayed. */
export async function flush(): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, FLUSH_MILLISECONDS));
}
