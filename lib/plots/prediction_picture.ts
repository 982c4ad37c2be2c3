/**
 * Draws a prediction without a truth to compare with.
 *
 * @module
 */

import type { Case } from "../slices/case.ts";
import type { ModelInputs } from "../slices/model_inputs.ts";
import { viewOfCase } from "./case_view.ts";
import type { Figure } from "./figure.ts";
import { classColour, MASK_COLOURS } from "./palette.ts";
import { composePanels } from "./panels.ts";
import { orientForDisplay, turnPair } from "./raster.ts";
import { voxelOf } from "./scored_slice.ts";
import { displayScale, overlayClasses, sliceToRgb } from "./slice_image.ts";
import { svgLegend } from "./svg.ts";

/**
 * Draws three slices with the predicted outlines, in a radiologist's view: the slice with the most
 * foreground, and one on either side. If nothing was found, slices from the middle.
 *
 * @param opened The case.
 * @param masks One plane of codes per slice.
 * @param inputs The settings that the case was opened with.
 */
export function drawPrediction(
  opened: Pick<Case, "kind" | "orientation" | "grid" | "indices" | "slice">,
  masks: readonly Uint8Array[],
  inputs: Pick<ModelInputs, "targets" | "orientation" | "axis">,
): Figure {
  const view = viewOfCase(opened, inputs);
  const voxel = turnPair(voxelOf(opened), view);
  const { classes } = inputs.targets;
  const panels = shownPlaces(masks).map((place) => {
    const index = opened.indices[place]!;
    const { data, height, width } = opened.slice(index);
    const turn = (data: ArrayLike<number>) => orientForDisplay({ data, height, width }, view);
    const image = turn(data.subarray(0, height * width)); // the first channel
    const base = sliceToRgb(image, { scale: displayScale(image, { voxel, size: 360 }) });
    return {
      image: overlayClasses(base, turn(masks[place]!), inputs.targets, MASK_COLOURS.prediction),
      title: `Slice ${index}`,
    };
  });
  const legend = classes.map(({ name }, i) => ({
    label: name,
    colour: classes.length === 1 ? MASK_COLOURS.prediction : classColour(i),
  }));
  return composePanels(panels, {
    columns: panels.length,
    legend: (width) => svgLegend(legend, { width }),
  });
}

/** The index of the plane with the most foreground, and of planes halfway to its ends. */
function shownPlaces(masks: readonly Uint8Array[]): number[] {
  const sizes = masks.map((mask) => mask.reduce((sum, code) => sum + Number(code > 0), 0));
  const largest = Math.max(...sizes);
  if (largest === 0) {
    return [...new Set([0.35, 0.5, 0.65].map((part) => Math.floor(part * masks.length)))];
  }
  const first = sizes.findIndex((size) => size > 0);
  const last = sizes.findLastIndex((size) => size > 0);
  const most = sizes.indexOf(largest);
  const between = (a: number, b: number) => Math.round((a + b) / 2);
  return [...new Set([between(first, most), most, between(most, last)])];
}
