/**
 * Parts of a page that can be touched, without a server.
 *
 * @module
 */

import { base64, display, type Figure } from "../plots/figure.ts";

/** A part of a page with controls, and a still picture where scripts are not allowed. */
export class LiveView {
  /** A self-contained part of a page. */
  readonly html: string;
  /** What stands there until the script runs. */
  readonly still: Figure;

  constructor(html: string, still: Figure) {
    this.html = html;
    this.still = still;
  }

  /** The form for notebooks. */
  [display](): Record<string, string> {
    return { "text/html": this.html, "image/png": base64(this.still.png()) };
  }
}

/**
 * Makes a part of a page from functions and data. It works in JupyterLab, in VS Code, and in HTML made
 * from the notebook.
 *
 * @typeParam T Numbers, texts, and arrays of them; `Float32Array` and `Uint8Array` are kept.
 * @param options.functions All code of the part: each uses only others of this list.
 * @param options.start Among them; it gets an element, the data and `html`.
 * @param options.still What the script replaces.
 * @param options.alt The still picture in words.
 */
export function pagePart<T>({ functions, start, html, data, still, alt }: {
  functions: readonly unknown[];
  start: (root: HTMLElement, data: T, html: string) => void;
  html: string;
  data: T;
  still: Figure;
  alt: string;
}): LiveView {
  const id = crypto.randomUUID();
  // An output can be shown more than once on a page
  const script = `(() => {
"use strict";
${functions.map(String).join("\n")}
const numbers = (Type, text) => new Type(Uint8Array.from(atob(text), (c) => c.charCodeAt(0)).buffer);
const data = JSON.parse(${quote(JSON.stringify(data, packed))}, (_, value) =>
  value?.f32 !== undefined ? numbers(Float32Array, value.f32)
    : value?.u8 !== undefined ? numbers(Uint8Array, value.u8) : value);
for (const root of document.querySelectorAll('[data-live="${id}"]')) {
  if (root.shadowRoot === null) ${start.name}(root, data, ${quote(html)});
}
})();`;
  return new LiveView(
    `<div data-live="${id}" data-lm-suppress-shortcuts="true">` +
      `<img alt="${alt}" src="data:image/png;base64,${base64(still.png())}"></div>` +
      `<script>${script}</script>`,
    still,
  );
}

/** Arrays of numbers as base 64, for JSON. */
function packed(_: string, value: unknown): unknown {
  if (!(value instanceof Float32Array || value instanceof Uint8Array)) return value;
  const bytes = new Uint8Array(value.buffer, value.byteOffset, value.byteLength);
  return { [value instanceof Float32Array ? "f32" : "u8"]: base64(bytes) };
}

/** A JavaScript string that cannot end the script. */
function quote(text: string): string {
  return JSON.stringify(text).replaceAll("<", "\\u003c");
}
