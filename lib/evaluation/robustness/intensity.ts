/**
 * Perturbations of intensities: noise and a bias field.
 *
 * @module
 */

import { percent, type Perturbation } from "./perturbation.ts";

/**
 * Gaussian noise on every voxel. The unit is its standard deviation, as a fraction of the image's
 * intensity range.
 */
export const noise: Perturbation = {
  name: "noise",
  title: "Noise",
  unit: "standard deviation, fraction of the image's range",
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
 * A bias field, as from the coils of an MR scanner: brightness that varies smoothly over the
 * volume. The unit is the largest factor by which it makes a place brighter or darker.
 *
 * The field is strength^f, f a wave between -1 and 1 of random direction and phase that is as long
 * as the volume is wide: brightness varies across the object, wherever it is.
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
    const angle = 2 * Math.PI * random.uniform();
    const phase = 2 * Math.PI * random.uniform();
    const through = random.uniform() - 0.5;
    // All channels of a pixel change alike
    const exponents = images.map(({ data, height, width }, z) =>
      Float32Array.from(data, (_, place) => {
        const i = place % (height * width);
        const y = centred(Math.floor(i / width), height);
        const x = centred(i % width, width);
        const along = Math.sin(angle) * y + Math.cos(angle) * x;
        return Math.sin(2 * Math.PI * (along + through * centred(z, images.length)) + phase);
      })
    );
    return {
      images: images.map((image, z) => ({
        ...image,
        data: image.data.map((value, i) => value * strength ** exponents[z]![i]!),
      })),
    };
  },
};

/** An index scaled to -0.5 to 0.5. */
function centred(place: number, count: number): number {
  return count > 1 ? place / (count - 1) - 0.5 : 0;
}
