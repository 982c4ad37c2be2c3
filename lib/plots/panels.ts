/**
 * Pictures side by side with text around them.
 *
 * @module
 */

import { base64, Figure } from "./figure.ts";
import { MUTED_COLOUR } from "./palette.ts";
import { imageToPng, type RgbImage } from "./slice_image.ts";
import { type Legend, svgDocument, svgGroup, svgText, textWidth } from "./svg.ts";

/** A picture and the text around it. */
export interface Panel {
  /** The picture. */
  image: RgbImage;
  /** Above it. */
  title?: string;
  /** Below it, smaller. */
  caption?: string;
}

/** The layout of panels. */
export interface PanelsOptions {
  /** The number of panels side by side. */
  columns: number;
  /** Above all of them. */
  title?: string;
  /** Below the title. */
  subtitle?: string;
  /** Below all of them; called with the available width. */
  legend?: (width: number) => Legend;
}

const MARGIN = 20;
const GAP = 14;
const TITLE = 22;
const TEXT = 16;
const CAPTION = 14;

/**
 * Lays pictures out in a grid, with titles, captions and a legend as text.
 *
 * @throws {RangeError} If there are no panels, or no columns.
 */
export function composePanels(panels: readonly Panel[], options: PanelsOptions): Figure {
  const { columns } = options;
  if (panels.length === 0) throw new RangeError("Cannot draw panels: there are none");
  if (!(Number.isInteger(columns) && columns > 0)) {
    throw new RangeError(`Expected at least 1 column, got ${columns}`);
  }
  const cellWidth = Math.max(...panels.map(({ image }) => image.width));
  const width = 2 * MARGIN + columns * (cellWidth + GAP) - GAP;

  let content = "";
  let y = MARGIN;
  if (options.title !== undefined) {
    content += svgText(options.title, MARGIN, y + TITLE * 0.8, { size: TITLE, bold: true });
    y += Math.round(TITLE * 1.5);
  }
  if (options.subtitle !== undefined) {
    content += svgText(options.subtitle, MARGIN, y + TEXT * 0.8, { size: TEXT });
    y += Math.round(TEXT * 1.7);
  }
  for (let start = 0; start < panels.length; start += columns) {
    const row = panels.slice(start, start + columns);
    const titled = row.some(({ title }) => title !== undefined) ? Math.round(TEXT * 1.5) : 0;
    const captioned = row.some(({ caption }) => caption !== undefined) ? CAPTION * 1.6 : 0;
    const height = Math.max(...row.map(({ image }) => image.height));
    for (const [column, panel] of row.entries()) {
      content += svgGroup(MARGIN + column * (cellWidth + GAP), y, drawPanel(panel, titled));
    }
    y += Math.round(titled + height + captioned) + GAP;
  }
  const legend = options.legend?.(width - 2 * MARGIN);
  if (legend !== undefined) {
    content += svgGroup(MARGIN, y, legend.content);
    y += Math.round(legend.height) + GAP;
  }
  return new Figure(svgDocument(width, y - GAP + MARGIN, content), { pixels: true });
}

function drawPanel({ image, title, caption }: Panel, top: number): string {
  let content = "";
  if (title !== undefined) {
    // Long names are written smaller, to stay in their panel.
    const size = Math.min(TEXT, Math.floor(TEXT * image.width / textWidth(title, TEXT)));
    content += svgText(title, 0, TEXT * 0.9, { size });
  }
  content += `<image x="0" y="${top}" width="${image.width}" height="${image.height}" ` +
    `style="image-rendering:pixelated" href="data:image/png;base64,${base64(imageToPng(image))}"/>`;
  if (caption !== undefined) {
    const baseline = top + image.height + CAPTION * 1.2;
    content += svgText(caption, 0, baseline, { size: CAPTION, colour: MUTED_COLOUR });
  }
  return content;
}
