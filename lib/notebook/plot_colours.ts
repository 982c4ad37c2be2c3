/**
 * Pictures in colour.
 *
 * @module
 */

import type { Figure } from "../plots/figure.ts";
import { composePanels } from "../plots/panels.ts";
import { displayScale } from "../plots/slice_image.ts";

/** A picture in colour and its title. */
export interface ColourPanel {
  /** Height × width × 3 values, red, green and blue, from 0 to 1. */
  data: ArrayLike<number>;
  height: number;
  width: number;
  /** Above it. */
  title: string;
}

/**
 * Draws pictures in colour side by side, each pixel as a square.
 *
 * @param options.title Above all.
 * @param options.columns The number of pictures side by side. Default: all.
 * @param options.size Pixels of the longer side. Default: 130.
 *
 * @example
 * ```ts
 * import { plotColours } from "./plot_colours.ts";
 * import assert from "node:assert/strict";
 *
 * const red = { data: [1, 0, 0], height: 1, width: 1, title: "one red pixel" };
 * assert.match(plotColours([red], { title: "Red" }).alt, /one red pixel/);
 * ```
 */
export function plotColours(
  panels: readonly ColourPanel[],
  options: { title: string; columns?: number; size?: number },
): Figure {
  const { title, columns = panels.length, size = 130 } = options;
  const images = panels.map(({ data, height, width, title }) => {
    const scale = displayScale({ data, height, width }, { size })[0];
    const [high, wide] = [height * scale, width * scale];
    const pixels = Uint8Array.from({ length: high * wide * 3 }, (_, i) => {
      const pixel = Math.floor(i / 3);
      const [y, x] = [Math.floor(pixel / wide / scale), Math.floor(pixel % wide / scale)];
      return Math.round(255 * Math.min(1, Math.max(0, data[3 * (y * width + x) + i % 3]!)));
    });
    return { image: { data: pixels, height: high, width: wide }, title };
  });
  return composePanels(images, { columns, title });
}
