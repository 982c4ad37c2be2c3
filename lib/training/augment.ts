import { namesOf } from "../support/names_of.ts";
import { Random } from "../support/random.ts";
import type { Targets } from "../slices/case.ts";
import type { Manifest } from "../slices/manifest.ts";
import type { Batch, SliceDataset } from "../slices/slice_dataset.ts";

/** Limits of the variations: about the differences between patients and scanners. */
const LIMITS = {
  /** Radians, about 6°. */
  rotation: 0.1,
  /** Largest change of size, as a fraction. */
  scale: 0.08,
  /** Largest shift along each axis, as a fraction of the size. */
  shift: 0.05,
  /** Exponent of the intensities, from 1/(1 + x) to 1 + x. */
  gamma: 0.2,
};

/** The left–right axis of a slice, if any. */
export type Mirror = "rows" | "columns" | "none";

/** A batch for training. */
export type TrainingBatch = Omit<Batch, "codes">;

/** How to vary the slices of a data set. */
export interface Variation {
  /** The axis along which half of the slices are mirrored. */
  readonly mirror: Mirror;
  /** Whether intensities are in [0, 1]; otherwise contrast changes within each slice's range. */
  readonly isUnit: boolean;
  /** Whether classes exclude each other. */
  readonly kind: Targets["kind"];
}

/** Words in a class's name that say on which side of the body it is. */
const SIDES = new Set(["left", "right", "l", "r", "lt", "rt", "lh", "rh"]);

/**
 * The classes that belong to one side of the body by their names. A mirrored slice would show them
 * on the other side, under the wrong name.
 *
 * @example
 * ```ts
 * import { sidedClasses } from "./augment.ts";
 * import assert from "node:assert/strict";
 *
 * const classes = ["Left-Hippocampus", "kidneyRight", "lung_l", "liver"];
 * const names = sidedClasses({ classes: classes.map((name) => ({ name, values: [] })) });
 * assert.deepEqual(names, ["Left-Hippocampus", "kidneyRight", "lung_l"]);
 * ```
 */
export function sidedClasses({ classes }: Pick<Targets, "classes">): string[] {
  const words = (name: string) =>
    name.replace(/([a-z])([A-Z])/g, "$1 $2").toLowerCase().split(/[^a-z]+/);
  return classes.map(({ name }) => name).filter((name) =>
    words(name).some((word) => SIDES.has(word))
  );
}

/** Why the slices of a data set cannot be mirrored from left to right; null if they can. */
export function whyUnmirrored(
  { kind, settings }: Pick<Manifest, "kind" | "settings">,
): string | null {
  const { axis, orientation, targets } = settings;
  const sided = sidedClasses(targets);
  if (sided.length > 0) return `because of the side in ${namesOf(sided)}`;
  if (kind === "pictures") return null;
  if (orientation === "stored") return "because volumes are kept as stored (--orientation stored)";
  return axis === 0 || axis === "sagittal" ? "because slices are sagittal" : null;
}

/**
 * How the slices of a data set can be varied. Slices are mirrored where one of their axes is known
 * to run from left to right, and no class has a side; see {@linkcode whyUnmirrored}.
 *
 * @param isMirrored Whether to mirror them where that is possible.
 */
export function variationOf(
  { manifest }: Pick<SliceDataset, "manifest">,
  isMirrored: boolean,
): Variation {
  const { kind, settings: { normalize, targets } } = manifest;
  const leftToRight = kind === "pictures" ? "columns" : "rows";
  return {
    mirror: isMirrored && whyUnmirrored(manifest) === null ? leftToRight : "none",
    isUnit: normalize === "minmax" || normalize === "percentile",
    kind: targets.kind,
  };
}

/**
 * Randomly rotates, shifts, scales and mirrors every slice of a batch, image and label alike, and
 * changes the image's contrast.
 *
 * @param batch Not changed.
 * @param options.seed Decides everything, together with the slice's place in the batch.
 * @returns A batch of the same size and records.
 */
export function augmentBatch(
  batch: TrainingBatch,
  { mirror, isUnit, kind, seed }: Variation & { seed: readonly number[] },
): TrainingBatch {
  const { height, width, channels, classes } = batch;
  const cells = height * width;
  const images = new Float32Array(batch.images.length);
  const labels = new Float32Array(batch.labels.length);
  const keep = batch.keep && new Float32Array(batch.keep.length);
  for (let i = 0; i < batch.size; i++) {
    const random = new Random(...seed, i);
    const source = sampling(random, height, width, mirror);
    const gamma = (1 + LIMITS.gamma) ** between(random, -1, 1);
    const of = (values: Float32Array, planes: number) =>
      values.subarray(i * cells * planes, (i + 1) * cells * planes);
    resample(of(batch.images, channels), of(images, channels), source, channels);
    changeContrast(of(images, channels), gamma, channels, isUnit);
    resample(of(batch.labels, classes), of(labels, classes), source, classes);
    harden(of(labels, classes), classes, kind);
    if (keep === null) continue;
    const ignored = of(batch.keep!, 1).map((kept) => 1 - kept);
    resample(ignored, of(keep, 1), source, 1);
    of(keep, 1).forEach((value, at, plane) => plane[at] = value > 0.5 ? 0 : 1);
  }
  return { ...batch, images, labels, keep };
}

/** Raises intensities to a power within their range. */
function changeContrast(
  image: Float32Array,
  gamma: number,
  channels: number,
  isUnit: boolean,
): void {
  for (let c = 0; c < channels; c++) {
    const [low, high] = isUnit ? [0, 1] : rangeOf(image, c, channels);
    const span = high - low;
    if (span === 0) continue;
    for (let at = c; at < image.length; at += channels) {
      image[at] = low + span * ((image[at]! - low) / span) ** gamma;
    }
  }
}

/** The lowest and the highest value of a channel. */
function rangeOf(image: Float32Array, channel: number, channels: number): [number, number] {
  let [low, high] = [Infinity, -Infinity];
  for (let at = channel; at < image.length; at += channels) {
    low = Math.min(low, image[at]!);
    high = Math.max(high, image[at]!);
  }
  return [low, high];
}

/**
 * Rounds interpolated labels: of exclusive classes and background the largest part wins; of one
 * class or region, more than one half counts.
 */
function harden(labels: Float32Array, classes: number, kind: Targets["kind"]): void {
  if (classes === 1 || kind === "regions") {
    labels.forEach((value, at) => labels[at] = value > 0.5 ? 1 : 0);
    return;
  }
  for (let at = 0; at < labels.length; at += classes) {
    const own = labels.subarray(at, at + classes);
    const background = 1 - own.reduce((sum, part) => sum + part, 0);
    const largest = Math.max(...own);
    const winner = largest > background ? own.indexOf(largest) : -1;
    own.forEach((_, c) => own[c] = c === winner ? 1 : 0);
  }
}

function between(random: Random, low: number, high: number): number {
  return low + (high - low) * random.uniform();
}

/** The source of each pixel of the variation: y = a·dy + b·dx + y0, x = c·dy + d·dx + x0. */
function sampling(random: Random, height: number, width: number, mirror: Mirror) {
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

type Sampling = ReturnType<typeof sampling>;

/** Samples one slice bilinearly; 0 outside. */
function resample(from: Float32Array, to: Float32Array, s: Sampling, planes: number): void {
  const value = (y: number, x: number, plane: number) =>
    y < 0 || x < 0 || y >= s.height || x >= s.width ? 0 : from[(y * s.width + x) * planes + plane]!;
  for (let at = 0; at < s.height * s.width; at++) {
    const dy = Math.floor(at / s.width) - (s.height - 1) / 2;
    const dx = at % s.width - (s.width - 1) / 2;
    const y = s.a * dy + s.b * dx + s.y0;
    const x = s.c * dy + s.d * dx + s.x0;
    const [top, left] = [Math.floor(y), Math.floor(x)];
    const [v, u] = [y - top, x - left];
    for (let p = 0; p < planes; p++) {
      to[at * planes + p] =
        (1 - v) * ((1 - u) * value(top, left, p) + u * value(top, left + 1, p)) +
        v * ((1 - u) * value(top + 1, left, p) + u * value(top + 1, left + 1, p));
    }
  }
}
