/**
 * How sure the model is of itself: since cells fire by chance, it can be asked several times.
 *
 * @module
 */

import type { Volume } from "../volume/mod.ts";
import { writeVolume } from "../volume/mod.ts";

/** How often the Med-NCA paper asks for one answer. */
export const UNCERTAINTY_SAMPLES = 10;

/** Mean and standard deviation of the probability, voxel by voxel. */
export interface SampledPrediction {
  /** The mean over the samples. */
  probability: Float32Array;
  /** The standard deviation over the samples. */
  deviation: Float32Array;
}

/**
 * The NCA quality metric (NQM) of a case: the sum of the standard deviations of its voxels over
 * the sum of their means. 0 where all runs agree; the larger, the less the prediction is to be
 * trusted. It needs no label.
 *
 * Source: Kalkhof et al., "Med-NCA", IPMI 2023, section 3.2.
 *
 * @param predictions The case: its volume, or all of its slices, from 2 or more samples.
 * @returns NaN where every mean is 0.
 *
 * @example
 * ```ts
 * import { ncaQuality } from "./uncertainty.ts";
 * import assert from "node:assert/strict";
 *
 * const slice = { probability: Float32Array.of(1, 0.5), deviation: Float32Array.of(0, 0.375) };
 * assert.equal(ncaQuality([slice]), 0.25);
 * ```
 */
export function ncaQuality(predictions: readonly SampledPrediction[]): number {
  let [deviations, means] = [0, 0];
  for (const { probability, deviation } of predictions) {
    for (let i = 0; i < probability.length; i++) {
      deviations += deviation[i]!;
      means += probability[i]!;
    }
  }
  return deviations / means;
}

/**
 * The variance at each voxel: the square of the standard deviation, at most 0.25.
 *
 * @param deviation From `predictSlices` or `predictVolume`.
 */
export function varianceMap(deviation: Float32Array): Float32Array {
  return deviation.map((value) => value * value);
}

/**
 * Writes the variance at each voxel as a volume, in the space of the image.
 *
 * @param path `.nii` or `.nii.gz`.
 * @param prediction From `predictVolume`, with `samples` of 2 or more.
 * @param like The image, whose grid, affine and header it takes.
 * @throws {TypeError} Where the prediction is not of that volume.
 *
 * @example
 * ```ts ignore
 * const volume = await readVolume("prostate_00.nii.gz");
 * const prediction = await predictVolume(model, volume, { samples: UNCERTAINTY_SAMPLES });
 * await writeVarianceMap("prostate_00_variance.nii.gz", prediction, volume);
 * console.log(ncaQuality([prediction]));
 * ```
 */
export async function writeVarianceMap(
  path: string,
  prediction: Pick<SampledPrediction, "deviation">,
  like: Volume,
): Promise<void> {
  await writeVolume(path, { data: varianceMap(prediction.deviation), like });
}
