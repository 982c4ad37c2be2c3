/**
 * Colours of positive and negative values, with their scale.
 *
 * @module
 */

import { divergingColour, type Rgb } from "./palette.ts";
import { quantile } from "./raster.ts";
import { type Legend, svgText } from "./svg.ts";

/** How values are coloured, and the text that says so. */
export interface SignedColours {
  /** For `sliceToRgb`. */
  style: { range: readonly [number, number]; colour: (t: number) => Rgb };
  /** The values of the darkest colours, such as ±1.5. */
  caption: string;
}

/**
 * Colours from blue over white (0) to vermillion, as far as the largest absolute value without the
 * outermost half per cent.
 *
 * @example
 * ```ts
 * import { signedColours } from "./signed_colours.ts";
 * import assert from "node:assert/strict";
 *
 * const { style, caption } = signedColours(Float32Array.of(-1.5, 0, 1.5));
 * assert.equal(caption, "±1.5");
 * assert.deepEqual(style.range, [-1.5, 1.5]);
 * ```
 */
export function signedColours(values: Float32Array): SignedColours {
  const limit = quantile(values.map(Math.abs), 0.995);
  return {
    style: {
      // A channel of zeros should be white, not the map's first colour
      range: limit > 0 ? [-limit, limit] : [-1, 1],
      colour: (t) => divergingColour(2 * t - 1),
    },
    caption: `±${Number(limit.toPrecision(2))}`,
  };
}

/** The scale of {@linkcode signedColours}; the limit is in each picture's caption. */
export function signedLegend(): Legend {
  const width = 260;
  const steps = 52;
  let content = "";
  for (let i = 0; i < steps; i++) {
    const colour = divergingColour(2 * (i + 0.5) / steps - 1);
    content += `<rect x="${i * width / steps}" y="0" width="${width / steps + 1}" height="14" ` +
      `fill="rgb(${colour})"/>`;
  }
  content += svgText("− limit", 0, 32, { size: 14 });
  content += svgText("0", width / 2, 32, { size: 14, anchor: "middle" });
  content += svgText("+ limit", width, 32, { size: 14, anchor: "end" });
  return { content, height: 38 };
}
