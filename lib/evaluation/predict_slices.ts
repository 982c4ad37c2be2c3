/**
 * Segmenting slices of any size.
 *
 * @module
 */

import * as tf from "@tensorflow/tfjs";
import type { MedNca } from "../nca/med_nca.ts";
import { commonSize, toModelGrid, toOriginalGrid } from "../slices/geometry.ts";
import type { Fit, Slice, SliceGeometry } from "../slices/types.ts";
import { hash32 } from "../support/random.ts";

/** How slices are put on the model's grid: as they were in training. */
export interface GridSettings {
  /**
   * "pad" keeps every voxel: each slice in its own size, or `smallest` where that is larger.
   * Otherwise a height and width, multiples of 4. "pad" unless told.
   */
  size?: "pad" | readonly [number, number];
  /** How slices come to a size that is not "pad"; "pad-or-crop" unless told. */
  fit?: Fit;
  /**
   * With "pad", the height and width of the training's slices: batch norm sees the padding too, so
   * a prediction wants as much of it.
   */
  smallest?: readonly [number, number];
}

/** How {@linkcode predictSlices} runs. */
export interface PredictOptions extends GridSettings {
  /** Slices at a time; the result does not depend on it. 4 unless told. */
  batchSize?: number;
  /** Decides which cells fire; 0 unless told. */
  seed?: number;
  /** Runs with other seeds to average over; 1 unless told. */
  samples?: number;
  /** Stops the work: the promise is rejected with its reason. */
  signal?: AbortSignal | undefined;
  /** Told after each batch how many slices are done. */
  onProgress?: (done: number, total: number) => void;
}

/** What the model says of a slice, in the slice's own size. */
export interface SlicePrediction {
  /** The probability of the object at each voxel, 0 to 1: the mean over the samples. */
  probability: Float32Array;
  /** The standard deviation of the probability over the samples: where the model is unsure. */
  deviation: Float32Array;
  /** Number of rows. */
  height: number;
  /** Number of columns. */
  width: number;
}

/** A list of slices, or something that cuts them when they are asked for. */
export interface SliceSource {
  /** How many there are. */
  readonly length: number;
  /** Those from a place on, up to another, as an array's `slice`. */
  slice(start: number, end: number): readonly Slice[];
}

/**
 * Segments slices. Batch norm takes its statistics of each slice by itself, and the cells that
 * fire depend on the seed and the slice's place in the list only, so a prediction depends neither
 * on the batch size nor on the other slices.
 *
 * @param model Is not changed; no tensor is left behind.
 * @param slices Normalised to [0, 1], of any sizes.
 * @throws The signal's reason, where it was aborted.
 */
export function predictSlices(
  model: MedNca,
  slices: readonly Slice[],
  options: PredictOptions = {},
): Promise<SlicePrediction[]> {
  return Array.fromAsync(predictEach(model, slices, options));
}

/** {@linkcode predictSlices} one by one, so that nobody needs to hold all slices of a volume. */
export async function* predictEach(
  model: MedNca,
  slices: SliceSource,
  options: PredictOptions = {},
): AsyncGenerator<SlicePrediction> {
  const { batchSize = 4, seed = 0, samples = 1, signal, onProgress } = options;
  if (!(Number.isInteger(batchSize) && batchSize > 0 && Number.isInteger(samples) && samples > 0)) {
    throw new RangeError(
      `Expected a batch size and samples from 1 on, got ${batchSize} and ${samples}`,
    );
  }
  let done = 0;
  while (done < slices.length) {
    signal?.throwIfAborted();
    const first = done;
    const batch = nextBatch(slices, first, batchSize, options);
    const sums = batch.map(({ slice }) => ({
      mean: new Float64Array(slice.data.length),
      squares: new Float64Array(slice.data.length),
    }));
    for (let sample = 0; sample < samples; sample++) {
      const seeds = batch.map((_, i) =>
        sample === 0 ? hash32(seed, first + i) : hash32(seed, first + i, sample)
      );
      const probabilities = await forward(model, batch.map(({ slice }) => slice), seeds);
      for (const [i, { mean, squares }] of sums.entries()) {
        for (let j = 0; j < mean.length; j++) {
          const p = probabilities[i * mean.length + j]!;
          mean[j]! += p / samples;
          squares[j]! += p * p / samples;
        }
      }
    }
    for (const [i, { mean, squares }] of sums.entries()) {
      const deviation = squares.map((square, j) => Math.sqrt(Math.max(0, square - mean[j]! ** 2)));
      const { geometry } = batch[i]!;
      const back = (data: Float64Array) => toOriginalGrid(Float32Array.from(data), geometry);
      const { data: probability, height, width } = back(mean);
      done++;
      yield { probability, deviation: back(deviation).data, height, width };
    }
    onProgress?.(done, slices.length);
    // Lets timers, signals and a notebook's display have their turn.
    await new Promise((resolve) => setTimeout(resolve));
  }
}

/** 1 where the probability is above one half. */
export function maskOf(probability: Float32Array): Uint8Array {
  return Uint8Array.from(probability, (p) => p > 0.5 ? 1 : 0);
}

interface GridSlice {
  slice: Slice;
  geometry: SliceGeometry;
}

/** As many of the next slices as have the same size on the grid. */
function nextBatch(
  slices: SliceSource,
  first: number,
  batchSize: number,
  grid: GridSettings,
): GridSlice[] {
  const batch: GridSlice[] = [];
  for (const slice of slices.slice(first, first + batchSize)) {
    const next = toModelGrid(slice, gridOptions(slice, grid));
    const [height, width] = batch[0]?.geometry.size ?? next.geometry.size;
    if (next.geometry.size[0] !== height || next.geometry.size[1] !== width) break;
    batch.push(next);
  }
  return batch;
}

function gridOptions({ height, width }: Slice, { size = "pad", fit, smallest }: GridSettings) {
  if (size !== "pad") return { size, fit: fit ?? "pad-or-crop" };
  return { size: commonSize([[height, width], smallest ?? [0, 0]]) };
}

/** Probabilities of slices of one size, one after the other. */
async function forward(
  model: MedNca,
  slices: readonly Slice[],
  seeds: readonly number[],
): Promise<Float32Array> {
  const { height, width } = slices[0]!;
  const data = new Float32Array(slices.length * height * width);
  for (const [i, slice] of slices.entries()) data.set(slice.data, i * height * width);
  const probabilities = tf.tidy(() =>
    tf.sigmoid(
      model.forward(tf.tensor4d(data, [slices.length, height, width, 1]), {
        seeds,
        stats: "slice",
      }),
    )
  );
  try {
    return await probabilities.data<"float32">();
  } finally {
    probabilities.dispose();
  }
}
