import * as tf from "@tensorflow/tfjs";

/**
 * Resets cells: all channels except the image's become 0, as before the first step.
 *
 * @param state [B, h, w, c].
 * @param wound 1 for each pixel to be erased, the slices of the batch one after the other, row by
 * row. It has the image's size. If the state is smaller (in the coarse stage by 4), a cell is
 * erased if at least half of its pixels are.
 * @param options.size The image's height and width, multiples of the state's.
 * @param options.imageChannels The number of the image's channels, which come first in the state.
 * @returns The new state, of the same shape.
 * @throws {TypeError} If the wound does not fit the state.
 *
 * @example
 * ```ts
 * import * as tf from "@tensorflow/tfjs";
 * import { eraseCells } from "./erase_cells.ts";
 * import assert from "node:assert/strict";
 *
 * await tf.setBackend("cpu");
 * const state = tf.ones<tf.Rank.R4>([1, 1, 2, 3]); // two cells of three channels
 * const erased = eraseCells(state, [0, 1], { size: [1, 2], imageChannels: 1 });
 * assert.deepEqual([...erased.dataSync()], [1, 1, 1, 1, 0, 0]);
 * ```
 */
export function eraseCells(
  state: tf.Tensor4D,
  wound: ArrayLike<number>,
  { size: [height, width], imageChannels }: {
    size: readonly [height: number, width: number];
    imageChannels: number;
  },
): tf.Tensor4D {
  const [batch, h, w, channels] = state.shape;
  const scale = height / h;
  if (
    !Number.isInteger(scale) || width !== scale * w || wound.length !== batch * height * width
  ) {
    throw new TypeError(
      `Cannot erase cells: a wound of ${wound.length} pixels, ${height} × ${width} a slice, does ` +
        `not fit a state of [${state.shape}]`,
    );
  }
  const keep = new Float32Array(state.size).fill(1);
  for (const [cell, isErased] of coveredCells(wound, width, scale).entries()) {
    if (isErased === 1) keep.fill(0, cell * channels + imageChannels, (cell + 1) * channels);
  }
  return tf.tidy(() => state.mul(tf.tensor4d(keep, state.shape)));
}

/**
 * The cells of which at least half of the pixels are covered.
 *
 * @param pixels 1 for each covered pixel, row by row; slices may follow one another.
 * @param width The width of a row.
 * @param scale A cell's height and width in pixels.
 * @returns 1 for each of these cells.
 *
 * @example
 * ```ts
 * import { coveredCells } from "./erase_cells.ts";
 * import assert from "node:assert/strict";
 *
 * assert.deepEqual([...coveredCells([1, 1, 0, 1, 0, 0, 0, 0], 4, 2)], [1, 0]);
 * ```
 */
export function coveredCells(pixels: ArrayLike<number>, width: number, scale: number): Uint8Array {
  const counts = new Float32Array(pixels.length / scale ** 2);
  for (let i = 0; i < pixels.length; i++) {
    const row = Math.floor(Math.floor(i / width) / scale);
    counts[row * width / scale + Math.floor((i % width) / scale)]! += pixels[i]!;
  }
  return Uint8Array.from(counts, (count) => Number(count >= scale ** 2 / 2));
}
