/**
 * Self-contained HTML pages: no scripts, no external files.
 *
 * @module
 */

import { base64 } from "../plots/figure.ts";
import { escapeXml } from "../plots/svg.ts";

const STYLE = `
body { font: 16px/1.5 "DejaVu Sans", Verdana, sans-serif; color: #1a1a1a; margin: 2em auto;
  max-width: 62em; padding: 0 1em; }
h1 { font-size: 1.6em; } h2 { font-size: 1.25em; margin-top: 2em; }
table { border-collapse: collapse; } caption { text-align: left; color: #595959; }
.wide { overflow-x: auto; }
th, td { text-align: left; vertical-align: top; padding: .25em 1em .25em 0;
  border-bottom: 1px solid #ddd; overflow-wrap: anywhere; }
td.number, th.number { text-align: right; font-variant-numeric: tabular-nums; }
figure { margin: 1.5em 0; } img { max-width: 100%; height: auto; }
figcaption, .note { color: #595959; } code { font-size: .9em; }
`;

/**
 * A whole page.
 *
 * @param title Its title and first heading.
 * @param body The content, as HTML.
 *
 * @example
 * ```ts
 * import { htmlPage, htmlParagraph } from "./html_page.ts";
 * import assert from "node:assert/strict";
 *
 * const html = htmlPage("A & B", [htmlParagraph("x < y")]);
 * assert.ok(html.includes("<p>x &lt; y</p>"));
 * ```
 */
export function htmlPage(title: string, body: readonly string[]): string {
  const csp = "default-src 'none'; img-src data:; style-src 'unsafe-inline'";
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="${csp}">
<title>${escapeXml(title)}</title>
<style>${STYLE}</style>
</head>
<body>
<h1>${escapeXml(title)}</h1>
${body.join("\n")}
</body>
</html>
`;
}

/** A heading. */
export function htmlHeading(text: string): string {
  return `<h2>${escapeXml(text)}</h2>`;
}

/** A paragraph of plain text. */
export function htmlParagraph(text: string): string {
  return `<p>${escapeXml(text)}</p>`;
}

/** A table; numbers are aligned to the right. The first row is the header. */
export function htmlTable(rows: readonly (readonly (string | number)[])[]): string {
  const [head = [], ...others] = rows;
  const isNumber = head.map((_, i) =>
    others.length > 0 && others.every((row) => isNumeric(row[i]))
  );
  const line = (tag: "th" | "td", row: readonly (string | number)[]) =>
    row.map((cell, i) =>
      `<${tag}${tag === "th" ? ' scope="col"' : ""}${isNumber[i] ? ' class="number"' : ""}>` +
      `${escapeXml(String(cell))}</${tag}>`
    ).join("");
  const body = others.map((row) => `<tr>${line("td", row)}</tr>`).join("\n");
  return `<div class="wide"><table>\n<thead><tr>${
    line("th", head)
  }</tr></thead>\n<tbody>\n${body}\n` +
    "</tbody></table></div>";
}

function isNumeric(cell: string | number | undefined): boolean {
  return typeof cell === "number" || (cell !== undefined && /^[−-]?[\d.]*$|^–$/.test(cell));
}

/** A picture with a caption, which is also its alternative text. */
export function htmlPicture(bytes: Uint8Array, type: string, caption: string): string {
  const text = escapeXml(caption);
  return `<figure><img alt="${text}" src="data:${type};base64,${base64(bytes)}">\n` +
    `<figcaption>${text}</figcaption></figure>`;
}

/** Settings as rows of a table; nested ones with their path. */
export function settingRows(settings: unknown, name = ""): [string, string][] {
  const isPlain = typeof settings !== "object" || settings === null ||
    (Array.isArray(settings) && settings.every((item) => typeof item !== "object"));
  if (isPlain) return [[name, Array.isArray(settings) ? settings.join(", ") : String(settings)]];
  if (Array.isArray(settings) && settings.length === 1) return settingRows(settings[0], name);
  return Object.entries(settings).flatMap(([key, inner]) =>
    settingRows(inner, name === "" ? key : `${name} ${key}`)
  );
}
