/**
 * The effects of the page's sliders on an image.
 *
 * @module
 */

import { biasField, noise } from "../evaluation/robustness/intensity.ts";
import type { ImageSlice } from "../slices/types.ts";
import { Random } from "../support/random.ts";
import { type ImageChange, SLIDERS } from "./situation.ts";

/** The middle of a normalised image's range: contrast turns about it. */
const MIDDLE = 0.5;

/**
 * Changes contrast, then adds a bias field and noise, as `deno task robustness` does.
 *
 * @param slice Normalised; not changed.
 * @param change Noise and field are the same for every strength, only more of it.
 *
 * @example
 * ```ts
 * import { changeImage } from "./change_image.ts";
 * import assert from "node:assert/strict";
 *
 * const slice = { data: Float32Array.of(0.25, 0.75), height: 1, width: 2, channels: 1 };
 * const { data } = changeImage(slice, { noise: 0, bias: 1, contrast: 2, seed: 0 });
 * assert.deepEqual([...data], [0, 1]);
 * ```
 */
export function changeImage(
  slice: ImageSlice,
  change: ImageChange & { readonly seed: number },
): ImageSlice {
  const { contrast, seed } = change;
  let image = slice;
  if (contrast !== SLIDERS.contrast.none) {
    image = { ...image, data: image.data.map((value) => MIDDLE + contrast * (value - MIDDLE)) };
  }
  for (const perturbation of [biasField, noise]) {
    const strength = change[perturbation.name as keyof ImageChange];
    if (strength === perturbation.none) continue;
    const context = { random: new Random(seed), steps: [0, 0] as const };
    const { images } = perturbation.apply({ images: [image], labels: [] }, strength, context);
    image = images![0]!;
  }
  return image;
}
