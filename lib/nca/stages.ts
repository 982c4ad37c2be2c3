/**
 * Around the two stages of Med-NCA: the image is reduced to a quarter, the coarse state is enlarged
 * again, and the logits are read from the fine state.
 *
 * Each is defined in tfjs ops. If the engine works on arrays, the same is done on arrays: generic
 * slicing and padding of a state would cost as much as a dozen NCA steps.
 *
 * @module
 */

import * as tf from "@tensorflow/tfjs";
import { arrayOp, onArrays } from "../rollout/array_op.ts";
import { resample, resampleTransposed } from "./resample_arrays.ts";
import { bilinearTaps, resampleBilinear } from "./resample.ts";

/** How much smaller the coarse stage's grid is. */
export const COARSE_SCALE = 4;

/**
 * The image at a quarter of its size.
 *
 * @param images [B, H, W, n], H and W multiples of 4.
 * @returns [B, H/4, W/4, n].
 */
export function downsampleImages(images: tf.Tensor4D): tf.Tensor4D {
  if (!onArrays()) return resampleBilinear(images, 1 / COARSE_SCALE);
  const [batch, height, width, channels] = images.shape;
  return tf.tensor4d(
    resample(
      images.dataSync<"float32">(),
      { batch, height, width, channels },
      bilinearTaps(height, 1 / COARSE_SCALE),
      bilinearTaps(width, 1 / COARSE_SCALE),
    ),
    [batch, height / COARSE_SCALE, width / COARSE_SCALE, channels],
  );
}

/**
 * The initial state of the fine stage: the original image in the first n channels, and the other
 * channels of the coarse state, enlarged by four. Differentiable with respect to the coarse state.
 *
 * @param coarse [B, H/4, W/4, c].
 * @param images [B, H, W, n].
 * @returns [B, H, W, c].
 */
export function upsampleState(coarse: tf.Tensor4D, images: tf.Tensor4D): tf.Tensor4D {
  const [batch, height, width, channels] = coarse.shape;
  const n = images.shape[3];
  if (!onArrays()) {
    return tf.tidy(() => {
      const hidden = coarse.slice([0, 0, 0, n], [-1, -1, -1, channels - n]);
      return tf.concat([images, resampleBilinear(hidden, COARSE_SCALE)], 3);
    });
  }
  const size = { batch, height, width, channels };
  const rows = bilinearTaps(height, COARSE_SCALE);
  const columns = bilinearTaps(width, COARSE_SCALE);
  return arrayOp(coarse, {
    shape: [batch, height * COARSE_SCALE, width * COARSE_SCALE, channels],
    forward: (state) => {
      const values = resample(state, size, rows, columns);
      setImages(values, images.dataSync<"float32">(), { channels, imageChannels: n });
      return values;
    },
    backward: (slope) => {
      const gradient = resampleTransposed(slope, size, rows, columns);
      for (let i = 0; i < gradient.length; i += channels) gradient.fill(0, i, i + n);
      return gradient;
    },
  });
}

/**
 * Puts images into the first channels of states, both with the channel running fastest.
 *
 * @param state Changed in place.
 */
export function setImages(
  state: Float32Array,
  images: Float32Array,
  { channels, imageChannels: n }: { channels: number; imageChannels: number },
): void {
  for (let i = 0, at = 0; i < images.length; at += channels) {
    for (let channel = 0; channel < n; channel++) state[at + channel] = images[i++]!;
  }
}

/**
 * The logits of a state. Differentiable.
 *
 * @param state [B, H, W, c].
 * @param first The channel of the first logit, n: the first after the image's.
 * @param classes The number of logits, k.
 * @returns [B, H, W, k].
 */
export function readLogits(state: tf.Tensor4D, first: number, classes: number): tf.Tensor4D {
  if (!onArrays()) return state.slice([0, 0, 0, first], [-1, -1, -1, classes]);
  const [batch, height, width, channels] = state.shape;
  return arrayOp(state, {
    shape: [batch, height, width, classes],
    forward: (values) => {
      const logits = new Float32Array(batch * height * width * classes);
      for (let i = 0, at = first; i < logits.length; at += channels) {
        for (let c = 0; c < classes; c++) logits[i++] = values[at + c]!;
      }
      return logits;
    },
    backward: (slope) => {
      const gradient = new Float32Array(batch * height * width * channels);
      for (let i = 0, at = first; i < slope.length; at += channels) {
        for (let c = 0; c < classes; c++) gradient[at + c] = slope[i++]!;
      }
      return gradient;
    },
  });
}
