/**
 * Displays values in a notebook.
 *
 * @module
 */

import { type Animation, display, type Figure } from "../plots/figure.ts";
import { sendDisplay } from "./display.ts";
import type { LiveView } from "./page_part.ts";
import type { Table } from "./table.ts";

/** What can be shown; strings are Markdown. */
export type Showable = Figure | Animation | Table | LiveView | string;

/** Output that the kernel sends after the end of a cell is lost, so cells wait this long. */
const FLUSH_MILLISECONDS = 50;

/**
 * Displays pictures, tables, live views and Markdown below the cell, in order.
 *
 * The last value of a cell is displayed too, but only one, and sometimes it is lost because the
 * kernel ends the cell before it sends the value. This waits until everything is sent.
 *
 * @param values What to show; strings are Markdown.
 */
export async function show(...values: Showable[]): Promise<void> {
  for (const value of values) {
    await sendDisplay(
      typeof value === "string" ? { "text/markdown": value } : value[display](),
    );
  }
  await flush();
}

/** Waits until the kernel has sent all output. */
export async function flush(): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, FLUSH_MILLISECONDS));
}
