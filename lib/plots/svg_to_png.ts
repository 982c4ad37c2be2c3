/**
 * SVG to pixels, with a font that comes with the project.
 *
 * @module
 */

import { createRequire } from "node:module";
import { initWasm, Resvg } from "@resvg/resvg-wasm";
// Only imported packages are installed, and fonts are not modules: this import installs them.
import "dejavu-fonts-ttf/package.json" with { type: "json" };

const require = createRequire(import.meta.url);
await initWasm(await Deno.readFile(require.resolve("@resvg/resvg-wasm/index_bg.wasm")));
let fontBuffers: Uint8Array[] | undefined;

/** The size of a drawing. */
export interface SvgToPngOptions {
  /** Pixels; the height follows. */
  width?: number;
  /** Scale of the SVG's own size, if there is no width. Default: 1. */
  zoom?: number;
}

/** An SVG in pixels. */
export interface Pixels {
  width: number;
  height: number;
  /** Red, green, blue and opacity per pixel, row by row. */
  pixels: Uint8Array;
}

/**
 * Draws an SVG to pixels with DejaVu Sans, never with a system font, so that the same SVG gives the
 * same pixels everywhere.
 *
 * @param svg A standalone SVG.
 * @throws {SyntaxError} If the SVG cannot be parsed.
 */
export function renderSvg(svg: string, options: SvgToPngOptions = {}): Pixels {
  return render(svg, options, ({ width, height, pixels }) => ({ width, height, pixels }));
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
  return render(svg, options, (image) => image.asPng());
}

/** Reads the result of a drawing and frees its memory. */
function render<T>(
  svg: string,
  options: SvgToPngOptions,
  take: (image: Pixels & { asPng(): Uint8Array }) => T,
): T {
  fontBuffers ??= ["DejaVuSans.ttf", "DejaVuSans-Bold.ttf"].map((name) =>
    Deno.readFileSync(require.resolve(`dejavu-fonts-ttf/ttf/${name}`))
  );
  using stack = new DisposableStack();
  try {
    const drawing = new Resvg(svg, {
      font: {
        fontBuffers,
        defaultFontFamily: "DejaVu Sans",
        sansSerifFamily: "DejaVu Sans",
      },
      background: "#ffffff",
      fitTo: options.width === undefined
        ? { mode: "zoom", value: options.zoom ?? 1 }
        : { mode: "width", value: options.width },
    });
    stack.defer(() => drawing.free());
    const image = drawing.render();
    stack.defer(() => image.free());
    return take(image);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new SyntaxError(`Cannot draw SVG: ${reason}`, { cause: error });
  }
}
