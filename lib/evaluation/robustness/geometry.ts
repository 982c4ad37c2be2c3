/**
 * What patients do: lie elsewhere, be of another size. Image and label change alike.
 *
 * @module
 */

import { toOriginalGrid } from "../../slices/geometry.ts";
import { resizeBilinear, resizeNearest } from "../../slices/resize.ts";
import type { Slice } from "../../slices/types.ts";
import { percent, type Perturbation } from "./perturbation.ts";

/**
 * All slices of a case moved by whole pixels, in one random direction; what comes in is black, what
 * leaves the picture is in the label no more. The unit is the distance, as a part of the slice's
 * height and width.
 */
export const translation: Perturbation = {
  name: "translation",
  title: "Translation",
  unit: "distance, part of the slice's size",
  none: 0,
  strengths: [0, 0.05, 0.1, 0.15, 0.2, 0.25],
  quick: [0, 0.1, 0.2],
  format: percent,
  apply({ images, labels }, strength, { random }) {
    const angle = 2 * Math.PI * random.uniform();
    const move = (slice: Slice) =>
      frame(slice, slice, [
        Math.round(strength * slice.height * Math.sin(angle)),
        Math.round(strength * slice.width * Math.cos(angle)),
      ]);
    return { images: images.map(move), labels: labels.map(move) };
  },
};

/**
 * All slices larger or smaller, around their middle, within the slice; what comes in is black. The
 * unit is the factor, and whole pixels make it: 1.1 of 64 pixels are 70.
 */
export const scale: Perturbation = {
  name: "scale",
  title: "Scale",
  unit: "factor",
  none: 1,
  strengths: [0.7, 0.8, 0.9, 1, 1.1, 1.25, 1.5],
  quick: [0.8, 1, 1.25],
  format: (factor) => `× ${factor}`,
  apply({ images, labels }, strength) {
    const grow = (resize: typeof resizeNearest) => (slice: Slice) => {
      const pixels = (count: number) => Math.max(1, Math.round(strength * count));
      const grown = resize(slice, [pixels(slice.height), pixels(slice.width)]);
      return frame(grown, slice, [
        Math.floor((slice.height - grown.height) / 2),
        Math.floor((slice.width - grown.width) / 2),
      ]);
    };
    return { images: images.map(grow(resizeBilinear)), labels: labels.map(grow(resizeNearest)) };
  },
};

/** A slice in a frame of some size, its corner at a place in it. */
function frame(
  { data, height, width }: Slice,
  size: { height: number; width: number },
  [y, x]: readonly [number, number],
): Slice {
  return toOriginalGrid(data, {
    original: [size.height, size.width],
    size: [height, width],
    fit: "pad-or-crop",
    offset: [-y, -x],
  });
}
