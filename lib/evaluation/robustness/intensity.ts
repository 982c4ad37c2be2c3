/**
 * What scanners do to intensities: noise and a bias field.
 *
 * @module
 */

import type { Random } from "../../support/random.ts";
import { percent, type Perturbation } from "./perturbation.ts";

/**
 * Gaussian noise on every voxel. The unit is its standard deviation, as a part of the image's
 * range of intensities.
 */
export const noise: Perturbation = {
  name: "noise",
  title: "Noise",
  unit: "standard deviation, part of the image's range",
  none: 0,
  strengths: [0, 0.03, 0.06, 0.1, 0.2, 0.3],
  quick: [0, 0.1, 0.3],
  format: percent,
  apply: ({ images }, strength, { random }) => ({
    images: images.map((image) => ({
      ...image,
      data: image.data.map((value) => value + strength * random.normal()),
    })),
  }),
};

/**
 * A bias field, as the coils of an MR scanner leave it: brightness that drifts smoothly through the
 * volume. The unit is the largest factor by which it makes a place brighter or darker.
 *
 * The field is strength^f, f a random polynomial of third degree in the three coordinates, scaled
 * so that the largest |f| is 1; polynomials are the usual model, as in Van Leemput et al.,
 * "Automated model-based bias field correction of MR images of the brain", 1999.
 */
export const biasField: Perturbation = {
  name: "bias",
  title: "Bias field",
  unit: "largest factor of brightness",
  none: 1,
  strengths: [1, 1.25, 1.5, 2, 3, 5],
  quick: [1, 1.5, 3],
  format: (factor) => `× ${factor}`,
  apply({ images }, strength, { random }) {
    const field = polynomial(random);
    const exponents = images.map(({ height, width }, z) =>
      Float32Array.from({ length: height * width }, (_, i) =>
        field([
          centred(Math.floor(i / width), height),
          centred(i % width, width),
          centred(z, images.length),
        ]))
    );
    let most = 0;
    for (const plane of exponents) for (const f of plane) most = Math.max(most, Math.abs(f));
    return {
      images: images.map((image, z) => ({
        ...image,
        data: image.data.map((value, i) => value * strength ** (exponents[z]![i]! / most)),
      })),
    };
  },
};

/** A place among so many as -1 to 1. */
function centred(place: number, count: number): number {
  return count > 1 ? 2 * place / (count - 1) - 1 : 0;
}

/** A random polynomial of third degree without a constant: that would change nothing. */
function polynomial(random: Random): (at: readonly [number, number, number]) => number {
  const terms: [coefficient: number, a: number, b: number, c: number][] = [];
  for (let a = 0; a <= 3; a++) {
    for (let b = 0; a + b <= 3; b++) {
      for (let c = a + b === 0 ? 1 : 0; a + b + c <= 3; c++) {
        terms.push([random.normal(), a, b, c]);
      }
    }
  }
  return ([y, x, z]) => terms.reduce((sum, [k, a, b, c]) => sum + k * y ** a * x ** b * z ** c, 0);
}
