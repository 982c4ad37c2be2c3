/**
 * Perturbations of position and size. Image and label change alike.
 *
 * @module
 */

import { resizeBilinear, resizeNearest } from "../../slices/resize.ts";
import type { ImageSlice } from "../../slices/types.ts";
import { percent, type Perturbation } from "./perturbation.ts";

/**
 * Shifts all slices of a case by whole pixels in one random direction. New pixels are black; what
 * leaves the picture also leaves the label. The unit is the distance, as a fraction of the slice's
 * height and width.
 */
export const translation: Perturbation = {
  name: "translation",
  title: "Translation",
  unit: "distance, fraction of the slice's size",
  none: 0,
  strengths: [0, 0.05, 0.1, 0.15, 0.2, 0.25],
  quick: [0, 0.1, 0.2],
  format: percent,
  apply({ images, labels }, strength, { random }) {
    const angle = 2 * Math.PI * random.uniform();
    const corner = ({ height, width }: Size): [number, number] => [
      Math.round(strength * height * Math.sin(angle)),
      Math.round(strength * width * Math.cos(angle)),
    ];
    return {
      images: images.map((image) =>
        eachChannel(image, (plane) => frame(plane, image, corner(image)))
      ),
      labels: labels.map((label) => frame(label, label, corner(label))),
    };
  },
};

/**
 * Scales all slices around their centre; new pixels are black. The unit is the factor, rounded to
 * whole pixels: 1.1 of 64 pixels are 70.
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
    const grown = ({ height, width }: Size) =>
      [height, width].map((n) => Math.max(1, Math.round(strength * n))) as [number, number];
    const middle = <T extends Float32Array | Uint8Array>(plane: Plane<T>, size: Size) =>
      frame(plane, size, [
        Math.floor((size.height - plane.height) / 2),
        Math.floor((size.width - plane.width) / 2),
      ]);
    return {
      images: images.map((image) =>
        eachChannel(image, (plane) => middle(resizeBilinear(plane, grown(image)), image))
      ),
      labels: labels.map((label) => middle(resizeNearest(label, grown(label)), label)),
    };
  },
};

interface Size {
  readonly height: number;
  readonly width: number;
}

interface Plane<T> extends Size {
  readonly data: T;
}

/** Applies the same change to each channel of an image. */
function eachChannel(
  image: ImageSlice,
  change: (plane: Plane<Float32Array>) => Plane<Float32Array>,
): ImageSlice {
  const { height, width, channels } = image;
  const data = new Float32Array(image.data.length);
  const pixels = height * width;
  for (let c = 0; c < channels; c++) {
    const plane = image.data.subarray(c * pixels, (c + 1) * pixels);
    data.set(change({ data: plane, height, width }).data, c * pixels);
  }
  return { ...image, data };
}

/** Places a plane in a larger or smaller frame; black around it. */
function frame<T extends Float32Array | Uint8Array>(
  plane: Plane<T>,
  { height, width }: Size,
  [top, left]: readonly [number, number],
): Plane<T> {
  const data = new (plane.data.constructor as new (length: number) => T)(height * width);
  for (let y = Math.max(0, top); y < Math.min(height, top + plane.height); y++) {
    for (let x = Math.max(0, left); x < Math.min(width, left + plane.width); x++) {
      data[y * width + x] = plane.data[(y - top) * plane.width + x - left]!;
    }
  }
  return { data, height, width };
}
