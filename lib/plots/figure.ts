/**
 * The result of every plotting function: a picture that can be saved, and that notebooks display.
 *
 * @module
 */

import { Buffer } from "node:buffer";
import { extname } from "@std/path";
import { writeFileAtomic } from "../support/files.ts";
import { escapeXml, svgWords } from "./svg.ts";
import { svgToPng, type SvgToPngOptions } from "./svg_to_png.ts";

/** The symbol by which the Deno kernel finds a value's display form. */
export const display: unique symbol = Symbol.for("Jupyter.display");

/** The bytes as base 64, for data URIs and notebooks. */
export function base64(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString("base64");
}

/**
 * A picture's form for notebooks: HTML, which carries the words for readers who cannot see it,
 * scales with the page, and survives the export of a notebook in every format of pictures.
 *
 * @param type Its media type.
 * @param bytes Its file.
 * @param alt What it shows, in words.
 */
function pictureOutput(
  type: string,
  bytes: Uint8Array,
  alt: string,
): Record<string, string> {
  return {
    "text/html": `<img alt="${escapeXml(alt)}" src="data:${type};base64,${base64(bytes)}" ` +
      `style="max-width:100%;height:auto">`,
    "text/plain": alt,
  };
}

/** What a {@linkcode Figure} is made of. */
export interface FigureOptions {
  /**
   * Whether it consists of pixels (slices) rather than lines (charts). The PNG of lines is twice as
   * large as the SVG, to stay sharp.
   */
  pixels?: boolean;
}

/**
 * A picture, as SVG and as PNG.
 *
 * @example
 * ```ts
 * import { Figure } from "./figure.ts";
 * import assert from "node:assert/strict";
 *
 * const figure = new Figure(`<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>`);
 * assert.ok(figure.png({ width: 90 }).length > 0);
 * ```
 */
export class Figure {
  /** A standalone SVG. */
  readonly svg: string;
  readonly #pixels: boolean;

  constructor(svg: string, options: FigureOptions = {}) {
    this.svg = svg;
    this.#pixels = options.pixels ?? false;
  }

  /** What the picture says in words: titles, captions, legends, and the axes' labels. */
  get alt(): string {
    return svgWords(this.svg).join("; ");
  }

  /** The picture as the bytes of a PNG file. */
  png(options: SvgToPngOptions = {}): Uint8Array {
    return svgToPng(this.svg, { zoom: this.#pixels ? 1 : 2, ...options });
  }

  /**
   * Writes the picture, as SVG or PNG depending on the extension.
   *
   * @throws {RangeError} If the extension is neither `.svg` nor `.png`.
   */
  async save(path: string): Promise<void> {
    const ending = extname(path).toLowerCase();
    if (ending !== ".svg" && ending !== ".png") {
      throw new RangeError(`Cannot save picture: the name must end in .svg or .png: ${path}`);
    }
    await writeFileAtomic(path, ending === ".svg" ? this.svg : this.png());
  }

  /**
   * Writes the picture as SVG and as PNG.
   *
   * @param name The path without an extension.
   * @returns Both paths.
   */
  async saveBoth(name: string): Promise<string[]> {
    const paths = [`${name}.svg`, `${name}.png`];
    for (const path of paths) await this.save(path);
    return paths;
  }

  /** The form for notebooks. */
  [display](): Record<string, string> {
    return pictureOutput("image/svg+xml", new TextEncoder().encode(this.svg), this.alt);
  }
}

/** An animation. */
export class Animation {
  /** The bytes of the GIF file. */
  readonly gif: Uint8Array;
  /** What it shows, in words. */
  readonly alt: string;

  constructor(gif: Uint8Array, alt: string) {
    this.gif = gif;
    this.alt = alt;
  }

  /** Writes the GIF file. */
  async save(path: string): Promise<void> {
    await writeFileAtomic(path, this.gif);
  }

  /** The form for notebooks. */
  [display](): Record<string, string> {
    return pictureOutput("image/gif", this.gif, this.alt);
  }
}
