/**
 * SVG building blocks of pictures.
 *
 * @module
 */

import { TEXT_COLOUR } from "./palette.ts";

/** PNGs are drawn with DejaVu Sans; browsers without it use their own sans serif. */
export const FONT_FAMILY = "DejaVu Sans, Verdana, sans-serif";

/** Escapes text for an element or attribute. */
export function escapeXml(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;")
    .replaceAll('"', "&quot;");
}

/** Approximate width of a text in DejaVu Sans, whose letters are 0.6 of their height on average. */
export function textWidth(text: string, size: number): number {
  return text.length * size * 0.6;
}

/** The style of a text. */
export interface TextOptions {
  /** Pixels. Default: 16. */
  size?: number;
  /** The part of the text at x. Default: its start. */
  anchor?: "start" | "middle" | "end";
  /** `#rrggbb`. */
  colour?: string;
  /** Bold or not. */
  bold?: boolean;
}

/** A `<text>` element whose baseline is at y. */
export function svgText(text: string, x: number, y: number, options: TextOptions = {}): string {
  return textElement(escapeXml(text), x, y, options);
}

function textElement(content: string, x: number, y: number, options: TextOptions): string {
  const { size = 16, anchor = "start", colour = TEXT_COLOUR, bold = false } = options;
  return `<text x="${x}" y="${y}" font-size="${size}" text-anchor="${anchor}" fill="${colour}"` +
    `${bold ? ' font-weight="bold"' : ""}>${content}</text>`;
}

/** Elements laid out from origin (0, 0). */
export interface Block {
  content: string;
  /** Pixels. */
  height: number;
}

/**
 * A text in as many lines as fit a width. A word that is longer than a line is written smaller.
 *
 * @param options.width Pixels.
 */
export function svgLines(
  text: string,
  options: TextOptions & { width: number },
): Block {
  if (text === "") return { content: "", height: 0 };
  const { width, size = 16 } = options;
  const lines: string[] = [];
  for (const word of text.split(" ")) {
    const longer = `${lines.at(-1)} ${word}`;
    if (lines.length > 0 && textWidth(longer, size) <= width) lines[lines.length - 1] = longer;
    else lines.push(word);
  }
  const longest = Math.max(...lines.map((line) => textWidth(line, size)));
  const fitted = Math.min(size, Math.floor(size * width / longest));
  const lineHeight = Math.round(size * 1.3);
  const [first, ...others] = lines.map(escapeXml);
  const more = others.map((line) => `<tspan x="0" dy="${lineHeight}">${line}</tspan>`).join("");
  return {
    content: textElement(`${first}${more}`, 0, Math.round(size * 0.9), {
      ...options,
      size: fitted,
    }),
    height: lines.length * lineHeight,
  };
}

/** The texts of {@linkcode svgText}, and the labels of Observable Plot's axes. */
const WORDS = /<text x=[^>]*>(.*?)<\/text>|"f?([xy]-axis) label"[^>]*><text[^>]*>([^<]+)</g;

/**
 * What a picture says: its texts in their order, without the numbers along axes.
 *
 * @param svg Made of {@linkcode svgText} and charts.
 *
 * @example
 * ```ts
 * import { svgText, svgWords } from "./svg.ts";
 * import assert from "node:assert/strict";
 *
 * assert.deepEqual(svgWords(svgText("Dice < 1", 0, 0)), ["Dice < 1"]);
 * ```
 */
export function svgWords(svg: string): string[] {
  return [...svg.matchAll(WORDS)].map(([, text, axis, label]) =>
    unescapeXml(
      axis === undefined
        ? text!.replace(/<[^/].*?>/g, " ").replace(/<.*?>/g, "")
        : `${axis}: ${label!.replace(/^[←↑] | [→↓]$/g, "")}`,
    )
  ).filter((words) => words !== "");
}

function unescapeXml(text: string): string {
  return text.replaceAll("&quot;", '"').replaceAll("&gt;", ">").replaceAll("&lt;", "<")
    .replaceAll("&amp;", "&");
}

/** A `<g>` moved by x and y. */
export function svgGroup(x: number, y: number, content: string): string {
  return `<g transform="translate(${x},${y})">${content}</g>`;
}

/** One entry of a legend. */
export interface LegendEntry {
  /** The meaning of the colour. */
  label: string;
  /** `#rrggbb`. */
  colour: string;
}

/** A legend laid out in lines. */
export type Legend = Block;

/**
 * Swatches with labels in a row, wrapped to the width.
 *
 * @param entries The entries.
 * @param options The width to fill and the size of the text, in pixels.
 */
export function svgLegend(
  entries: readonly LegendEntry[],
  options: { width: number; size?: number },
): Legend {
  const size = options.size ?? 16;
  const line = Math.round(size * 1.6);
  let content = "";
  let x = 0;
  let y = 0;
  for (const { label, colour } of entries) {
    const width = size * 1.4 + textWidth(label, size);
    if (x > 0 && x + width > options.width) {
      x = 0;
      y += line;
    }
    const top = y + (line - size) / 2;
    content += `<rect x="${x}" y="${top}" width="${size}" height="${size}" rx="2" ` +
      `fill="${escapeXml(colour)}"/>`;
    content += svgText(label, x + size * 1.4, top + size * 0.86, { size });
    x += Math.round(width + size * 1.2);
  }
  return { content, height: entries.length === 0 ? 0 : y + line };
}

/**
 * The size of a document of {@linkcode svgDocument}, in pixels.
 *
 * @throws {TypeError} If the text is not such a document.
 */
export function svgSize(document: string): { width: number; height: number } {
  const [, width, height] = /^<svg [^>]*?width="([\d.]+)" height="([\d.]+)"/.exec(document) ?? [];
  if (height === undefined) throw new TypeError("Expected an SVG document with width and height");
  return { width: Number(width), height: Number(height) };
}

/** Documents of {@linkcode svgDocument} one below the other, as one. */
export function stackSvg(documents: readonly string[]): string {
  const sizes = documents.map(svgSize);
  let y = 0;
  let content = "";
  for (const [i, document] of documents.entries()) {
    content += svgGroup(0, y, document.trimEnd());
    y += sizes[i]!.height;
  }
  return svgDocument(Math.max(...sizes.map(({ width }) => width)), y, content);
}

/** A whole SVG document on white. */
export function svgDocument(width: number, height: number, content: string): string {
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" ` +
    `viewBox="0 0 ${width} ${height}" font-family="${FONT_FAMILY}" fill="${TEXT_COLOUR}" ` +
    `color="${TEXT_COLOUR}">` +
    `<rect width="${width}" height="${height}" fill="#ffffff"/>${content}</svg>\n`;
}
