import type { Volume, Voxels } from "./types.ts";

/** Which slice. */
export interface VolumeSliceOptions {
  /** The axis that the slice is perpendicular to: 0, 1 or 2. */
  axis: 0 | 1 | 2;
  /** Its index along that axis, from 0. */
  index: number;
  /** Which channel of a 4D volume. Default: 0. */
  channel?: number;
}

/**
 * Cuts one slice, a copy. Rows and columns are the remaining two axes, in their order: cut along
 * axis 2 the rows are x and the columns y, as numpy's `volume[:, :, index]`.
 *
 * @returns The slice, row-major, of the volume's type.
 * @throws {RangeError} If the volume has no such slice or channel.
 *
 * @example
 * ```ts
 * import { createVolume, volumeSlice } from "./mod.ts";
 * import assert from "node:assert/strict";
 *
 * const volume = createVolume({
 *   data: Float32Array.of(0, 1, 2, 3, 4, 5), // x fastest
 *   shape: [3, 2, 1],
 *   spacing: [1, 1, 1],
 * });
 * assert.deepEqual(volumeSlice(volume, { axis: 2, index: 0 }), {
 *   data: Float32Array.of(0, 3, 1, 4, 2, 5),
 *   height: 3,
 *   width: 2,
 * });
 * ```
 */
export function volumeSlice<T extends Voxels>(
  volume: Pick<Volume<T>, "data" | "shape">,
  options: VolumeSliceOptions,
): { data: T; height: number; width: number } {
  const { axis, index, channel = 0 } = options;
  const [nx, ny, nz, channels = 1] = volume.shape as [number, number, number, number?];
  const within = (value: number, count: number, what: string) => {
    if (!Number.isInteger(value) || value < 0 || value >= count) {
      throw new RangeError(`${what} ${value} is not in 0 to ${count - 1}`);
    }
  };
  within(axis, 3, "Axis");
  const sizes = [nx, ny, nz];
  const strides = [1, nx, nx * ny];
  within(index, sizes[axis]!, `Slice along axis ${axis}`);
  within(channel, channels, "Channel");
  const [rowAxis, columnAxis] = axis === 0 ? [1, 2] : axis === 1 ? [0, 2] : [0, 1];
  const height = sizes[rowAxis!]!;
  const width = sizes[columnAxis!]!;
  const start = channel * nx * ny * nz + index * strides[axis]!;
  const data = new (volume.data.constructor as new (length: number) => T)(height * width);
  for (let row = 0; row < height; row++) {
    let from = start + row * strides[rowAxis!]!;
    for (let column = 0; column < width; column++, from += strides[columnAxis!]!) {
      data[row * width + column] = volume.data[from]!;
    }
  }
  return { data, height, width };
}
