import * as tf from "@tensorflow/tfjs";
import type { NcaWeights } from "../types.ts";
import { layoutOf, type NcaShape } from "./layout.ts";

/** All weights as one vector, see the layout. The biases of perception and fc1 cancel. */
export function packWeights(weights: NcaWeights, shape: NcaShape): tf.Tensor1D {
  const { channels: c, hidden: h } = shape;
  const { taps } = layoutOf(shape);
  const changing = weights.fc2Bias.size;
  const images = c - changing;
  return tf.tidy(() =>
    tf.concat1d([
      weights.perceptionWeight.reshape([c, taps]).transpose().flatten(),
      weights.fc1Weight.flatten(),
      weights.bnWeight.flatten(),
      weights.bnBias.flatten(),
      // The image does not change: its rows are zero.
      weights.fc2Weight.as2D(changing, h).pad([[images, 0], [0, 0]]).transpose().flatten(),
      weights.fc2Bias.as1D().pad([[images, 0]]),
    ])
  );
}

/** The shapes of the three gradients that a workspace holds. */
export function gradientShapes(shape: NcaShape): [number[], number[], number[]] {
  const { channels: c, hidden: h } = shape;
  return [[h * 2 * c + 2 * h], [h + 1, c], [layoutOf(shape).taps, c]];
}

/**
 * The gradients of all weights, in the order of {@linkcode WEIGHT_NAMES}.
 *
 * @param changing The number of channels that change, the last ones.
 */
export function unpackGradients(
  [fc1, fc2, kernel]: readonly [tf.Tensor, tf.Tensor, tf.Tensor],
  { channels: c, hidden: h, kernelSize: k }: NcaShape,
  changing: number,
): tf.Tensor[] {
  const [fc1Weight, bnWeight, bnBias] = tf.split(fc1, [h * 2 * c, h, h]);
  return [
    kernel.transpose().reshape([c, 1, k, k]),
    // Batch norm cancels the biases of perception and fc1: their gradients are exactly zero.
    tf.zeros([c]),
    fc1Weight!.reshape([h, 2 * c, 1, 1]),
    tf.zeros([h]),
    bnWeight!,
    bnBias!,
    fc2.slice([0, c - changing], [h, changing]).transpose().reshape([changing, h, 1, 1]),
    fc2.slice([h, c - changing], [1, changing]).flatten(),
  ];
}
