/**
 * The mask of one slice while a model learns.
 *
 * @module
 */

import * as tf from "@tensorflow/tfjs";
import { cellSeed } from "../nca/cell_seeds.ts";
import type { MedNca } from "../nca/med_nca.ts";
import type { Figure } from "../plots/figure.ts";
import type { View } from "../plots/raster.ts";
import { IGNORED } from "../slices/case.ts";
import { interleave } from "../slices/interleave.ts";
import type { Sample } from "../slices/slice_dataset.ts";
import { sliceFigure } from "./slice_figure.ts";

/** Pixels of the longer side. */
const SIZE = 220;

/**
 * Draws a model's mask of a slice, and the truth. Several classes count as one.
 *
 * @param model It may still be in training.
 * @param sample The slice.
 * @param options.caption Below it.
 */
export function watchedMask(
  model: MedNca,
  { image, label, record }: Sample,
  { view, caption }: { view: View; caption: string },
): Figure {
  const [height, width] = record.geometry.size;
  const channels = image.length / label.length;
  const pixels = new Float32Array(image.length);
  interleave(image, channels, pixels);
  const logits = tf.tidy(() => {
    const images = tf.tensor4d(pixels, [1, height, width, channels]);
    const seeds = [cellSeed(0, record.index)];
    return model.forward(images, { seeds, stats: "slice" }).max(3).dataSync();
  });
  return sliceFigure([{
    data: image.subarray(0, label.length),
    truth: label.map((code) => Number(code > 0 && code !== IGNORED)),
    prediction: logits.map((logit) => Number(logit > 0)),
    height,
    width,
    caption,
  }], { title: `${record.case}, slice ${record.index}`, view, size: SIZE });
}
