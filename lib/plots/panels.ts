/**
 * Pictures side by side with text around them.
 *
 * @module
 */

import { base64, Figure } from "./figure.ts";
import { MUTED_COLOUR } from "./palette.ts";
import { imageToPng, type RgbImage } from "./slice_image.ts";
import {
  type Block,
  type Legend,
  svgDocument,
  svgGroup,
  svgLines,
  type TextOptions,
} from "./svg.ts";

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
const SPACE = 8;
/** Narrower pictures would break their title into too many lines. */
const SMALLEST_WIDTH = 320;

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
  const inside = Math.max(SMALLEST_WIDTH, columns * (cellWidth + GAP) - GAP);

  let content = "";
  let y = MARGIN;
  const add = (block: Block) => {
    content += svgGroup(MARGIN, y, block.content);
    y += Math.round(block.height);
  };
  if (options.title !== undefined) {
    add(svgLines(options.title, { size: TITLE, bold: true, width: inside }));
    y += SPACE;
  }
  if (options.subtitle !== undefined) {
    add(svgLines(options.subtitle, { size: TEXT, width: inside }));
    y += SPACE;
  }
  for (let start = 0; start < panels.length; start += columns) {
    add(drawRow(panels.slice(start, start + columns), cellWidth));
    y += GAP;
  }
  const legend = options.legend?.(inside);
  if (legend !== undefined && legend.height > 0) {
    add(legend);
    y += GAP;
  }
  const document = svgDocument(inside + 2 * MARGIN, y - GAP + MARGIN, content);
  return new Figure(document, { pixels: true });
}

/** Panels side by side: their titles, pictures and captions are aligned. */
function drawRow(panels: readonly Panel[], cellWidth: number): Block {
  const texts = (key: "title" | "caption", style: TextOptions) =>
    panels.map((panel) =>
      svgLines(panel[key] ?? "", {
        ...style,
        width: Math.min(cellWidth + GAP / 2, panel.image.width),
      })
    );
  const highest = (key: "title" | "caption", blocks: readonly Block[]) =>
    panels.every((panel) => panel[key] === undefined)
      ? 0
      : Math.max(...blocks.map(({ height }) => height)) + SPACE / 2;
  const titles = texts("title", { size: TEXT });
  const captions = texts("caption", { size: CAPTION, colour: MUTED_COLOUR });
  const top = highest("title", titles);
  const height = Math.max(...panels.map(({ image }) => image.height));
  const content = panels.map(({ image }, i) => {
    const picture = `<image x="0" y="${top}" width="${image.width}" height="${image.height}" ` +
      `style="image-rendering:pixelated" ` +
      `href="data:image/png;base64,${base64(imageToPng(image))}"/>`;
    const caption = svgGroup(0, top + image.height + SPACE / 2, captions[i]!.content);
    return svgGroup(i * (cellWidth + GAP), 0, titles[i]!.content + picture + caption);
  });
  return { content: content.join(""), height: top + height + highest("caption", captions) };
}
