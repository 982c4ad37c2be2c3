/**
 * Box plots with a dot for each value.
 *
 * @module
 */

import * as Plot from "@observablehq/plot";
import { OKABE_ITO } from "./palette.ts";

/** Quartiles of fewer values are meaningless: only dots are drawn. */
export const FEWEST_FOR_BOX = 5;

/**
 * A box plot along x (quartiles, median, whiskers to the furthest value within 1.5 of the box's
 * lengths, from five rows on) with a dot for each row. Dots at about the same place are spread over
 * the height.
 *
 * @param rows The rows.
 * @param x The key of the numbers.
 * @param options.domain The span of the chart's x axis.
 * @param options.width Pixels of that span.
 * @param options.height Pixels of the chart between its margins.
 */
export function boxMarks<Row extends object>(
  rows: readonly Row[],
  x: keyof Row & string,
  options: { domain: readonly [number, number]; width: number; height: number },
): Plot.Markish[] {
  const values = rows.map((row) => Number(row[x]));
  const offsets = spreadDots(values, options);
  return [
    ...(rows.length < FEWEST_FOR_BOX ? [] : [
      Plot.boxX(rows as Row[], {
        x,
        fill: "#d9e8f2",
        stroke: OKABE_ITO.blue,
        strokeWidth: 2,
        r: 0, // the dots show outliers too
      }),
    ]),
    // Plot has one offset per mark, not per dot
    ...[...Map.groupBy(rows.keys(), (i) => offsets[i]!)].map(([dy, places]) =>
      Plot.dot(places.map((i) => rows[i]!), { x, dy, r: DOT_RADIUS, fill: OKABE_ITO.blue })
    ),
  ];
}

const DOT_RADIUS = 4;

/**
 * The offset of each dot above (negative) or below the middle, so that dots of similar values do
 * not overlap and stay within the height.
 *
 * @param values The dots' values, along the domain.
 * @returns Pixels, one for each value.
 *
 * @example
 * ```ts
 * import { spreadDots } from "./box_marks.ts";
 * import assert from "node:assert/strict";
 *
 * const options = { domain: [0, 1], width: 100, height: 30 } as const;
 * assert.deepEqual(spreadDots([0.5, 0.9, 0.5], options), [0, 0, -9]);
 * ```
 */
export function spreadDots(
  values: readonly number[],
  { domain: [low, high], width, height }: {
    domain: readonly [number, number];
    width: number;
    height: number;
  },
): number[] {
  const size = 2 * DOT_RADIUS + 1;
  const columns = new Map<number, number[]>();
  for (const [i, value] of values.entries()) {
    const column = Math.round((value - low) / (high - low) * width / size);
    columns.set(column, [...columns.get(column) ?? [], i]);
  }
  const offsets = new Array<number>(values.length).fill(0);
  for (const places of columns.values()) {
    // Closer together if there are more than fit into the height
    const most = Math.max(1, Math.ceil((places.length - 1) / 2));
    const step = Math.min(size, (height / 2 - DOT_RADIUS) / most);
    for (const [rank, i] of places.entries()) {
      offsets[i] = Math.ceil(rank / 2) * step * (rank % 2 === 1 ? -1 : 1);
    }
  }
  return offsets;
}

/** A dashed line at the mean. */
export function meanRule(mean: number): Plot.Markish {
  return Plot.ruleX([mean], {
    stroke: OKABE_ITO.vermillion,
    strokeWidth: 2,
    strokeDasharray: "6 4",
  });
}
