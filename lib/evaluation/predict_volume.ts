/**
 * Segmenting a volume.
 *
 * @module
 */

import type { MedNca } from "../nca/med_nca.ts";
import { normalize } from "../slices/normalize.ts";
import { type Volume, volumeSlice } from "../volume/mod.ts";
import { maskOf, predictEach, type PredictOptions, type SliceSource } from "./predict_slices.ts";

/** How {@linkcode predictVolume} cuts and runs: the cutting as in training. */
export interface PredictVolumeOptions extends PredictOptions {
  /** The axis to cut along; 2 unless told. */
  axis?: 0 | 1 | 2;
  /** Which channel of a 4D volume; 0 unless told. */
  channel?: number;
  /** Percentiles to clip the volume to before it is scaled to [0, 1]; not clipped unless told. */
  clip?: readonly [number, number] | null;
}

/** What the model says of a volume. */
export interface VolumePrediction {
  /** 1 where the probability is above one half; x fastest, in the volume's own grid. */
  mask: Uint8Array;
  /** The probability of the object at each voxel. */
  probability: Float32Array;
  /** Its standard deviation over the samples; zeros where there is one only. */
  deviation: Float32Array;
}

/**
 * Segments a volume: normalised as a whole, cut into slices, each put on the model's grid and its
 * prediction put back.
 *
 * @param model Is not changed; no tensor is left behind.
 * @param volume 3D, or 4D of which one channel is used.
 * @returns Mask and probability over the volume's own grid, ready for `writeVolume`.
 * @throws {RangeError} Where the volume has no such axis or channel.
 * @throws The signal's reason, where it was aborted.
 */
export async function predictVolume(
  model: MedNca,
  volume: Volume,
  options: PredictVolumeOptions = {},
): Promise<VolumePrediction> {
  const { axis = 2, channel = 0, clip } = options;
  const shape = volume.shape.slice(0, 3);
  const voxels = shape.reduce((a, b) => a * b, 1);
  const channels = volume.shape[3] ?? 1;
  if (channel >= channels) {
    throw new RangeError(`Channel ${channel} is not in 0 to ${channels - 1}`);
  }
  const values = volume.data.subarray(channel * voxels, (channel + 1) * voxels);
  const data = normalize(values, clip == null ? {} : { clip });
  return await predictNormalized(model, { data, shape }, { ...options, axis });
}

/**
 * Segments a volume that is normalised already. Its slices are cut when their turn comes, and each
 * prediction goes to its place at once.
 *
 * @param model Is not changed; no tensor is left behind.
 * @param image Values in [0, 1], x fastest, and their shape [nx, ny, nz].
 * @throws The signal's reason, where it was aborted.
 */
export async function predictNormalized(
  model: MedNca,
  { data, shape }: { data: Float32Array; shape: readonly number[] },
  options: PredictOptions & { axis: 0 | 1 | 2 },
): Promise<VolumePrediction> {
  const { axis, samples = 1 } = options;
  const probability = new Float32Array(data.length);
  const deviation = new Float32Array(data.length);
  const slices: SliceSource = {
    length: shape[axis] ?? 0,
    slice(start, end) {
      const count = Math.max(0, Math.min(end, this.length) - start);
      return Array.from(
        { length: count },
        (_, i) => volumeSlice({ data, shape }, { axis, index: start + i }),
      );
    },
  };
  let index = 0;
  for await (const prediction of predictEach(model, slices, options)) {
    placeSlice(probability, prediction.probability, { shape, axis, index });
    if (samples > 1) placeSlice(deviation, prediction.deviation, { shape, axis, index });
    index++;
  }
  return { mask: maskOf(probability), probability, deviation };
}

/**
 * Puts slices back together to a volume: the inverse of cutting all of them with `volumeSlice`.
 *
 * @param slices All slices along the axis, row-major.
 * @param shape [nx, ny, nz].
 * @param axis The axis they were cut along.
 * @returns The volume's values, x fastest.
 * @throws {TypeError} Where the slices do not fill the volume.
 *
 * @example
 * ```ts
 * import { joinSlices } from "./predict_volume.ts";
 * import assert from "node:assert/strict";
 *
 * const slices = [Float32Array.of(0, 1, 2, 3)]; // rows are x, columns are y
 * assert.deepEqual(joinSlices(slices, [2, 2, 1], 2), Float32Array.of(0, 2, 1, 3));
 * ```
 */
export function joinSlices(
  slices: readonly Float32Array[],
  shape: readonly number[],
  axis: 0 | 1 | 2,
): Float32Array {
  const [height, width] = shape.filter((_, i) => i !== axis) as [number, number];
  const wrong = slices.find((slice) => slice.length !== height * width);
  if (slices.length !== shape[axis] || wrong !== undefined) {
    throw new TypeError(
      `Cannot join ${slices.length} slices of ${wrong?.length ?? height * width} voxels to a ` +
        `volume of ${shape.join(" × ")} along axis ${axis}`,
    );
  }
  const data = new Float32Array(shape.reduce((a, b) => a * b, 1));
  for (const [index, slice] of slices.entries()) placeSlice(data, slice, { shape, axis, index });
  return data;
}

/** Writes a slice to its place in a volume. */
function placeSlice(
  volume: Float32Array,
  slice: Float32Array,
  { shape, axis, index }: { shape: readonly number[]; axis: 0 | 1 | 2; index: number },
): void {
  const [nx = 0, ny = 0] = shape;
  const strides = [1, nx, nx * ny];
  const [rowAxis, columnAxis] = [axis === 0 ? 1 : 0, axis === 2 ? 1 : 2];
  const [height, width] = [shape[rowAxis] ?? 0, shape[columnAxis] ?? 0];
  for (let row = 0; row < height; row++) {
    let to = index * strides[axis]! + row * strides[rowAxis]!;
    for (let column = 0; column < width; column++, to += strides[columnAxis]!) {
      volume[to] = slice[row * width + column]!;
    }
  }
}
