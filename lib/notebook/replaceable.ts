/**
 * A figure that changes while a cell runs.
 *
 * @module
 */

import { display, type Figure } from "../plots/figure.ts";
import { sendDisplay } from "./display.ts";

/**
 * A place below the cell for one figure at a time.
 *
 * @param send Sends an output to the page.
 * @returns Shows a figure there, instead of the one before.
 *
 * @example
 * ```ts ignore
 * const draw = replaceable();
 * for (const figure of figures) await draw(figure);
 * ```
 */
export function replaceable(
  send: typeof sendDisplay = sendDisplay,
): (figure: Figure) => Promise<void> {
  const id = crypto.randomUUID();
  let update = false;
  return async (figure) => {
    await send(figure[display](), { id, update });
    update = true;
  };
}
