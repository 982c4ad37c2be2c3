/**
 * Bilinear resampling by fixed matrices, R_h · x · R_wᵀ: exact, differentiable, equal on every
 * backend. (tfjs 4.22's own `resizeBilinear` has a wrong gradient with half-pixel centres.)
 *
 * @module
 */

import * as tf from "@tensorflow/tfjs";

/** Resampling along one axis: every output is `w0·in[i0] + w1·in[i1]`. */
export interface Taps {
  /** The number of inputs. */
  inputs: number;
  /** For each output, the first input. */
  i0: Int32Array;
  /** For each output, the second input. */
  i1: Int32Array;
  /** For each output, the weight of the first input. */
  w0: Float32Array;
  /** For each output, the weight of the second input. */
  w1: Float32Array;
}

/**
 * The taps of PyTorch's `interpolate(scale_factor=scale, mode="bilinear", align_corners=False)`
 * along one axis: half-pixel centres, the border is repeated.
 *
 * @param scale Output size over input size; the output has ⌊inputs·scale⌋ values.
 *
 * @example Downsampling by four takes the two centre pixels of four, it does not average
 * ```ts
 * import { bilinearTaps } from "./resample.ts";
 * import assert from "node:assert/strict";
 *
 * const { i0, i1, w0, w1 } = bilinearTaps(8, 1 / 4);
 * assert.deepEqual([[...i0], [...i1]], [[1, 5], [2, 6]]);
 * assert.deepEqual([[...w0], [...w1]], [[0.5, 0.5], [0.5, 0.5]]);
 * ```
 */
export function bilinearTaps(inputs: number, scale: number): Taps {
  const outputs = Math.floor(inputs * scale);
  const taps: Taps = {
    inputs,
    i0: new Int32Array(outputs),
    i1: new Int32Array(outputs),
    w0: new Float32Array(outputs),
    w1: new Float32Array(outputs),
  };
  for (let i = 0; i < outputs; i++) {
    const centre = Math.max(0, (i + 0.5) / scale - 0.5);
    const first = Math.min(Math.floor(centre), inputs - 1);
    taps.i0[i] = first;
    taps.i1[i] = Math.min(first + 1, inputs - 1);
    taps.w1[i] = centre - first;
    taps.w0[i] = 1 - (centre - first);
  }
  return taps;
}

/** The taps as a dense matrix [outputs, inputs]. */
export function tapsMatrix(taps: Taps): tf.Tensor2D {
  const outputs = taps.i0.length;
  const values = new Float32Array(outputs * taps.inputs);
  for (let i = 0; i < outputs; i++) {
    values[i * taps.inputs + taps.i0[i]!]! += taps.w0[i]!;
    values[i * taps.inputs + taps.i1[i]!]! += taps.w1[i]!;
  }
  return tf.tensor2d(values, [outputs, taps.inputs]);
}

/**
 * Resamples height and width by one factor, bilinearly.
 *
 * @param x [B, H, W, C].
 * @param scale The factor, e.g. 1/4 or 4.
 * @returns [B, ⌊H·scale⌋, ⌊W·scale⌋, C].
 */
export function resampleBilinear(x: tf.Tensor4D, scale: number): tf.Tensor4D {
  const [b, height, width, c] = x.shape;
  return tf.tidy(() => {
    const rows = tapsMatrix(bilinearTaps(height, scale));
    const columns = tapsMatrix(bilinearTaps(width, scale));
    const [newHeight, newWidth] = [rows.shape[0], columns.shape[0]];
    // R_h · x: [h', h] · [b, h, w·c]
    const tall = tf.matMul(rows.expandDims(0).tile([b, 1, 1]), x.as3D(b, height, width * c));
    // (R_h · x) · R_wᵀ: [w', w] · [b·h', w, c]
    const wide = tf.matMul(
      columns.expandDims(0).tile([b * newHeight, 1, 1]),
      tall.as3D(b * newHeight, width, c),
    );
    return wide.as4D(b, newHeight, newWidth, c);
  });
}
