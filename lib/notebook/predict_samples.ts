/**
 * Predicts prepared slices.
 *
 * @module
 */

import {
  predictCase,
  type PredictCaseOptions,
  type TrainedModel,
} from "../evaluation/predict_case.ts";
import { slicesAsCase } from "../evaluation/slices_as_case.ts";
import type { Sample } from "../slices/slice_dataset.ts";

/** The predictions of prepared slices. */
export interface SamplePredictions {
  /** In the order of the samples. */
  slices: { mask: Uint8Array; probability: Float32Array; deviation: Float32Array }[];
  /** The NCA quality metric of each case, see `CasePrediction`. */
  qualities: { case: string; quality: number }[];
}

/**
 * Predicts prepared slices, each case's together, as `evaluateCases` and `deno task predict` do.
 *
 * @param trained The model and what it was trained on.
 * @param samples From a `SliceDataset`, of one channel.
 * @param options.images Other images instead of the samples' own, such as noisy ones.
 * @throws {TypeError} If the model sees neighbouring slices, which samples do not have.
 */
export async function predictSamples(
  trained: TrainedModel,
  samples: readonly Sample[],
  options: Partial<PredictCaseOptions> & { images?: readonly Float32Array[] } = {},
): Promise<SamplePredictions> {
  if (trained.model.config.neighbours > 0) {
    throw new TypeError("Cannot predict samples: the model sees neighbouring slices too");
  }
  const { images = samples.map(({ image }) => image), ...how } = options;
  const result: SamplePredictions = { slices: [], qualities: [] };
  for (const [id, places] of Map.groupBy(samples.keys(), (i) => samples[i]!.record.case)) {
    const opened = slicesAsCase(
      places.map((i) => {
        const [height, width] = samples[i]!.record.geometry.size;
        return { data: images[i]!, height, width, channels: 1 };
      }),
      places.map((i) => samples[i]!.record.index),
    );
    const predicted = await predictCase([{ ...trained, opened }], how);
    for (const [place, i] of places.entries()) {
      const probability = predicted.probabilities[0]![place]!;
      result.slices[i] = {
        mask: predicted.masks[place]!,
        probability,
        deviation: predicted.deviations[0]?.[place] ?? new Float32Array(probability.length),
      };
    }
    result.qualities.push({ case: id, quality: predicted.quality });
  }
  return result;
}
