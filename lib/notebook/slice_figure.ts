/**
 * Slices side by side in a notebook.
 *
 * @module
 */

import type { Figure } from "../plots/figure.ts";
import { MASK_COLOURS } from "../plots/palette.ts";
import { composePanels, type Panel } from "../plots/panels.ts";
import { orientForDisplay, type Raster, type View } from "../plots/raster.ts";
import { signedColours, signedLegend } from "../plots/signed_colours.ts";
import { displayScale, overlayMask, sliceToRgb } from "../plots/slice_image.ts";
import { type Legend, svgGroup, svgLegend } from "../plots/svg.ts";

/** A slice with its texts. */
export interface SlicePanel extends Raster {
  /** Above it. */
  title?: string;
  /** Below it. */
  caption?: string;
  /** A reference, drawn as an outline. */
  truth?: ArrayLike<number>;
  /** A prediction, drawn as an outline. */
  prediction?: ArrayLike<number>;
  /** The values of black and white. Default: all but the outermost half per cent. */
  range?: readonly [number, number];
  /**
   * "signed" maps values from blue over white (0) to vermillion; the caption says how far, and a
   * scale stands below the figure. Default: "grey".
   */
  colour?: "grey" | "signed";
  /** Whether to interpolate between voxels. Default: true for grey. */
  smooth?: boolean;
}

/** A page's width in pixels, so that figures need not be scaled down. */
const PAGE = 1060;

/** Options of {@linkcode sliceFigure}. */
export interface SliceFigureOptions {
  /** Above all: what the figure shows. */
  title: string;
  /** The number of slices side by side. Default: as many as fit a page. */
  columns?: number;
  /** Pixels of the longer side. Default: 240. */
  size?: number;
  /** The orientation of the slices. Default: cut along axis 2 of a volume in RAS. */
  view?: View;
}

/**
 * Draws slices side by side, in a radiologist's view.
 *
 * @param slices The slices.
 * @throws {TypeError} If data does not fit its height and width.
 * @throws {RangeError} If there are no slices.
 *
 * @example
 * ```ts
 * import { sliceFigure } from "./slice_figure.ts";
 * import assert from "node:assert/strict";
 *
 * const slice = { data: [0, 1, 2, 3], height: 2, width: 2 };
 * const figure = sliceFigure([{ ...slice, title: "before" }], { title: "A slice" });
 * assert.equal(figure.alt, "A slice; before");
 * ```
 */
export function sliceFigure(
  slices: readonly SlicePanel[],
  options: SliceFigureOptions,
): Figure {
  const { title, size = 240, view = {} } = options;
  const { columns = Math.min(slices.length, Math.floor(PAGE / (size + 14))) } = options;
  const panels = slices.map((panel): Panel => {
    const raster = orientForDisplay(panel, view);
    const signed = panel.colour === "signed" ? signedColours(raster.data) : undefined;
    let image = sliceToRgb(raster, {
      scale: displayScale(raster, { size }),
      smooth: panel.smooth ?? signed === undefined,
      ...signed?.style,
      ...(panel.range === undefined ? {} : { range: panel.range }),
    });
    for (const mask of ["truth", "prediction"] as const) {
      const data = panel[mask];
      if (data === undefined) continue;
      const turned = orientForDisplay({ data, height: panel.height, width: panel.width }, view);
      image = overlayMask(image, turned, { colour: MASK_COLOURS[mask] });
    }
    const caption = panel.caption ?? signed?.caption;
    return {
      image,
      ...(panel.title === undefined ? {} : { title: panel.title }),
      ...(caption === undefined ? {} : { caption }),
    };
  });
  return composePanels(panels, {
    columns,
    title,
    legend: (width) => legendOf(slices, width),
  });
}

/** What the outlines and colours mean. */
function legendOf(slices: readonly SlicePanel[], width: number): Legend {
  const masks = (["truth", "prediction"] as const)
    .filter((mask) => slices.some((panel) => panel[mask] !== undefined))
    .map((mask) => ({ label: mask, colour: MASK_COLOURS[mask] }));
  const outlines = svgLegend(masks, { width });
  if (!slices.some(({ colour }) => colour === "signed")) return outlines;
  const scale = signedLegend();
  return {
    content: outlines.content + svgGroup(0, outlines.height, scale.content),
    height: outlines.height + scale.height,
  };
}
