/**
 * How numbers are spread: a box and a dot for each.
 *
 * @module
 */

import * as Plot from "@observablehq/plot";
import { OKABE_ITO } from "./palette.ts";

/**
 * A box plot along x (quartiles, median, whiskers to the furthest value within 1.5 of the box's
 * lengths) with a dot for each row.
 *
 * @param rows What there is.
 * @param x The key of the numbers.
 */
export function boxMarks<Row extends object>(
  rows: readonly Row[],
  x: keyof Row & string,
): Plot.Markish[] {
  return [
    Plot.boxX(rows as Row[], {
      x,
      fill: "#d9e8f2",
      stroke: OKABE_ITO.blue,
      strokeWidth: 2,
      r: 0, // the dots show outliers too
    }),
    Plot.dot(rows as Row[], Plot.dodgeY("middle", { x, r: 4, fill: OKABE_ITO.blue })),
  ];
}

/** A dashed line at the mean. */
export function meanRule(mean: number): Plot.Markish {
  return Plot.ruleX([mean], {
    stroke: OKABE_ITO.vermillion,
    strokeWidth: 2,
    strokeDasharray: "6 4",
  });
}
