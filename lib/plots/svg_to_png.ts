/**
 * SVG to pixels, with a font that comes with the project.
 *
 * @module
 */

import { createRequire } from "node:module";
import { type RenderedImage, Resvg } from "@resvg/resvg-js";
// Only packages that a module imports are installed, and fonts are no modules: this brings them.
import "dejavu-fonts-ttf/package.json" with { type: "json" };

const require = createRequire(import.meta.url);
let fontFiles: string[] | undefined;

/** How large to draw. */
export interface SvgToPngOptions {
  /** Pixels; the height follows. */
  width?: number;
  /** How many times the SVG's own size where no width is told; 1 unless told. */
  zoom?: number;
}

/**
 * Draws an SVG to pixels with DejaVu Sans, never with a font of the system, so that the same SVG
 * gives the same pixels everywhere.
 *
 * @param svg A standalone SVG.
 * @returns The image: `width`, `height`, `pixels` (RGBA) and `asPng()`.
 * @throws {SyntaxError} Where the SVG cannot be parsed.
 */
export function renderSvg(svg: string, options: SvgToPngOptions = {}): RenderedImage {
  fontFiles ??= ["DejaVuSans.ttf", "DejaVuSans-Bold.ttf"].map((name) =>
    require.resolve(`dejavu-fonts-ttf/ttf/${name}`)
  );
  try {
    return new Resvg(svg, {
      font: {
        loadSystemFonts: false,
        fontFiles,
        defaultFontFamily: "DejaVu Sans",
        sansSerifFamily: "DejaVu Sans",
      },
      background: "#ffffff",
      fitTo: options.width === undefined
        ? { mode: "zoom", value: options.zoom ?? 1 }
        : { mode: "width", value: options.width },
    }).render();
  } catch (error) {
    throw new SyntaxError(`Cannot draw SVG: ${(error as Error).message}`, { cause: error });
  }
}

/**
 * Draws an SVG as PNG. See {@linkcode renderSvg}.
 *
 * @param svg A standalone SVG.
 * @returns The bytes of the PNG file.
 *
 * @example
 * ```ts
 * import { svgToPng } from "./svg_to_png.ts";
 * import assert from "node:assert/strict";
 *
 * const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"><text>a</text></svg>`;
 * assert.deepEqual([...svgToPng(svg, { width: 90 }).subarray(1, 4)], [0x50, 0x4e, 0x47]);
 * ```
 */
export function svgToPng(svg: string, options: SvgToPngOptions = {}): Uint8Array {
  return new Uint8Array(renderSvg(svg, options).asPng());
}
