/**
 * Slices side by side in a notebook.
 *
 * @module
 */

import type { Figure } from "../plots/figure.ts";
import { divergingColour, MASK_COLOURS } from "../plots/palette.ts";
import { composePanels } from "../plots/panels.ts";
import { orientForDisplay, quantile, type Raster, type View } from "../plots/raster.ts";
import { displayScale, overlayMask, sliceToRgb } from "../plots/slice_image.ts";
import { svgLegend } from "../plots/svg.ts";

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
   * "signed" maps values from blue over white (0) to vermillion. Default: "grey".
   */
  colour?: "grey" | "signed";
  /** Whether to interpolate between voxels. Default: true for grey. */
  smooth?: boolean;
}

/** Options of {@linkcode sliceFigure}. */
export interface SliceFigureOptions {
  /** Above all. */
  title?: string;
  /** The number of slices side by side. Default: all. */
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
 * assert.match(sliceFigure([{ ...slice, title: "before" }]).svg, /before/);
 * ```
 */
export function sliceFigure(
  slices: readonly SlicePanel[],
  options: SliceFigureOptions = {},
): Figure {
  const { title, columns = slices.length, size = 240, view = {} } = options;
  const panels = slices.map((panel) => {
    const raster = orientForDisplay(panel, view);
    const signed = panel.colour === "signed";
    const limit = quantile(raster.data.map(Math.abs), 0.995) || 1;
    const range = panel.range ?? (signed ? [-limit, limit] as const : undefined);
    let image = sliceToRgb(raster, {
      scale: displayScale(raster, { size }),
      smooth: panel.smooth ?? !signed,
      ...(range === undefined ? {} : { range }),
      ...(signed ? { colour: (t: number) => divergingColour(2 * t - 1) } : {}),
    });
    for (const mask of ["truth", "prediction"] as const) {
      const data = panel[mask];
      if (data === undefined) continue;
      const turned = orientForDisplay({ data, height: panel.height, width: panel.width }, view);
      image = overlayMask(image, turned, { colour: MASK_COLOURS[mask] });
    }
    return {
      image,
      ...(panel.title === undefined ? {} : { title: panel.title }),
      ...(panel.caption === undefined ? {} : { caption: panel.caption }),
    };
  });
  const masks = (["truth", "prediction"] as const)
    .filter((mask) => slices.some((panel) => panel[mask] !== undefined))
    .map((mask) => ({ label: mask, colour: MASK_COLOURS[mask] }));
  return composePanels(panels, {
    columns,
    ...(title === undefined ? {} : { title }),
    ...(masks.length === 0 ? {} : { legend: (width) => svgLegend(masks, { width }) }),
  });
}
