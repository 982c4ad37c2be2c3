/**
 * Variations of slices to train on: a few patients stand for more.
 *
 * @module
 */

import { Random } from "../support/random.ts";
import type { Batch, SliceDataset } from "../slices/slice_dataset.ts";

/** How far variations go: what differs between patients and scanners anyway. */
const LIMITS = {
  /** Radians, about 6°. */
  rotation: 0.1,
  /** Share of the size by which the slice grows or shrinks. */
  scale: 0.08,
  /** Share of the size by which it moves, along each axis. */
  shift: 0.05,
  /** Exponent of the intensities, from 1/(1 + x) to 1 + x. */
  gamma: 0.2,
};

/** The axis of a slice that runs from left to right, if one does. */
export type Mirror = "rows" | "columns" | "none";

/** Along which axis left and right can be swapped in the slices of a data set. */
export function mirrorOf({ manifest: { kind, options } }: SliceDataset): Mirror {
  if (kind === "png") return "columns";
  return options.axis === 0 ? "none" : "rows";
}

/**
 * Turns, moves, scales and mirrors every slice of a batch by chance, image and label alike, and
 * changes the image's contrast.
 *
 * @param batch Left as it is.
 * @param options.mirror Along which axis slices are mirrored, one in two.
 * @param options.seed Decides everything, with the slice's place in the batch.
 * @returns A batch of the same size and records.
 */
export function augmentBatch(
  batch: Batch,
  { mirror, seed }: { mirror: Mirror; seed: readonly number[] },
): Batch {
  const cells = batch.height * batch.width;
  const images = new Float32Array(batch.images.length);
  const labels = new Float32Array(batch.labels.length);
  for (let i = 0; i < batch.size; i++) {
    const random = new Random(...seed, i);
    const span = [i * cells, (i + 1) * cells] as const;
    const source = sampling(random, batch.height, batch.width, mirror);
    const gamma = (1 + LIMITS.gamma) ** between(random, -1, 1);
    resample(batch.images.subarray(...span), images.subarray(...span), source);
    resample(batch.labels.subarray(...span), labels.subarray(...span), source);
    for (let at = span[0]; at < span[1]; at++) {
      images[at] = images[at]! ** gamma;
      labels[at] = labels[at]! > 0.5 ? 1 : 0;
    }
  }
  return { ...batch, images, labels };
}

function between(random: Random, low: number, high: number): number {
  return low + (high - low) * random.uniform();
}

/** Where each pixel of the variation comes from: y = a·dy + b·dx + y0, x = c·dy + d·dx + x0. */
interface Sampling {
  a: number;
  b: number;
  c: number;
  d: number;
  y0: number;
  x0: number;
  height: number;
  width: number;
}

function sampling(random: Random, height: number, width: number, mirror: Mirror): Sampling {
  const angle = between(random, -LIMITS.rotation, LIMITS.rotation);
  const scale = 1 + between(random, -LIMITS.scale, LIMITS.scale);
  const flip = random.uniform() < 0.5 ? -1 : 1;
  const [flipY, flipX] = [mirror === "rows" ? flip : 1, mirror === "columns" ? flip : 1];
  const [cos, sin] = [Math.cos(angle) / scale, Math.sin(angle) / scale];
  return {
    a: cos * flipY,
    b: -sin,
    c: sin,
    d: cos * flipX,
    y0: (height - 1) / 2 + between(random, -LIMITS.shift, LIMITS.shift) * height,
    x0: (width - 1) / 2 + between(random, -LIMITS.shift, LIMITS.shift) * width,
    height,
    width,
  };
}

/** Reads one slice bilinearly where the sampling says; what lies outside is 0. */
function resample(from: Float32Array, to: Float32Array, s: Sampling): void {
  const value = (y: number, x: number) =>
    y < 0 || x < 0 || y >= s.height || x >= s.width ? 0 : from[y * s.width + x]!;
  for (let at = 0; at < to.length; at++) {
    const dy = Math.floor(at / s.width) - (s.height - 1) / 2;
    const dx = at % s.width - (s.width - 1) / 2;
    const y = s.a * dy + s.b * dx + s.y0;
    const x = s.c * dy + s.d * dx + s.x0;
    const [top, left] = [Math.floor(y), Math.floor(x)];
    const [v, u] = [y - top, x - left];
    to[at] = (1 - v) * ((1 - u) * value(top, left) + u * value(top, left + 1)) +
      v * ((1 - u) * value(top + 1, left) + u * value(top + 1, left + 1));
  }
}
