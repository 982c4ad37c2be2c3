/**
 * One synthetic patient: the numbers from which a case is drawn.
 *
 * @module
 */

import { Random } from "../support/random.ts";

/** A nodule of the transition zone, or a lesion of the peripheral zone. */
export interface Nodule {
  /** Centre relative to the gland's half-axes. */
  readonly x: number;
  readonly y: number;
  readonly z: number;
  /** Millimetres. */
  readonly radius: number;
  /** T2 signal inside. */
  readonly signal: number;
}

/** A rotation in the plane. */
export interface Rotation {
  readonly cos: number;
  readonly sin: number;
}

/** Everything that differs from patient to patient. Lengths in millimetres, signals from 0 to 255. */
export interface Anatomy {
  /** Seeds the patient's textures. */
  readonly seed: number;
  /** The patient's position and scale in the image; other lengths are unscaled. */
  readonly patient: { x: number; y: number; scale: number };
  readonly body: { halfWidth: number; halfHeight: number; fat: number };
  readonly gland: {
    /** Centre at its middle level, relative to the middle of the body. */
    x: number;
    y: number;
    /** Half-axes: left-right, front-back, up-down. */
    a: number;
    b: number;
    c: number;
    /** How far the centre moves sideways and forwards per millimetre upwards. */
    driftX: number;
    driftY: number;
    rotation: Rotation;
    /** How deep the dent at the back is, relative to the half-axis. */
    dent: number;
    /** The transition zone's share of the half-axes at the middle level. */
    transition: number;
  };
  readonly nodules: readonly Nodule[];
  readonly lesion: Nodule | undefined;
  readonly bladder: { halfWidth: number; halfHeight: number; floor: number };
  readonly rectum: { halfWidth: number; halfHeight: number; x: number; gas: boolean };
  /** T2 signals that differ most between patients. */
  readonly signals: { peripheral: number; transition: number; fat: number; muscle: number };
  /** The coil: overall gain and how the signal falls off across the image. */
  readonly coil: { gain: number; slopeX: number; slopeY: number; bulge: number };
  /** Standard deviation of the noise, in signal. */
  readonly noise: number;
}

/** A rotation by twice the angle whose tangent is given: no sine needed. */
export function rotationOf(tangent: number): Rotation {
  const norm = 1 + tangent * tangent;
  return { cos: (1 - tangent * tangent) / norm, sin: 2 * tangent / norm };
}

/** Draws a patient. */
export function drawAnatomy(seed: number, number: number): Anatomy {
  const random = new Random(seed, number);
  const between = (low: number, high: number) => low + (high - low) * random.uniform();
  // Most glands are of medium size, some are large.
  const size = between(0.94, 1.06) + 0.15 * random.uniform() * random.uniform();
  const transition = between(0.6, 0.82);
  const nodules = Array.from({ length: 7 + random.integer(6) }, () => ({
    x: between(-0.6, 0.6),
    y: between(-0.35, 0.65),
    z: between(-0.7, 0.8),
    radius: between(3, 7.5),
    signal: between(60, 160),
  }));
  const side = random.uniform() < 0.5 ? -1 : 1;
  return {
    seed: random.integer(2 ** 24),
    patient: { x: between(-10, 10), y: between(-15, 15), scale: between(0.9, 1.04) },
    body: {
      halfWidth: between(87, 93),
      halfHeight: between(70, 77),
      fat: between(6, 12),
    },
    gland: {
      x: between(-7, 7),
      y: between(-6, 10),
      a: 25.5 * size * between(0.95, 1.08),
      b: 19 * size * between(0.92, 1.1),
      c: 20 * size * between(0.92, 1.08),
      driftX: between(-0.08, 0.08),
      driftY: between(-0.05, 0.25),
      rotation: rotationOf(between(-0.07, 0.07)),
      dent: between(0.05, 0.3),
      transition,
    },
    nodules,
    lesion: random.uniform() < 0.4
      ? {
        x: side * between(0.45, 0.7),
        y: between(-0.75, -0.5),
        z: between(-0.3, 0.3),
        radius: between(3.5, 5.5),
        signal: between(80, 115),
      }
      : undefined,
    bladder: {
      halfWidth: between(22, 36),
      halfHeight: between(13, 21),
      floor: between(0.45, 0.9),
    },
    rectum: {
      halfWidth: between(12, 18),
      halfHeight: between(9, 15),
      x: between(-5, 5),
      gas: random.uniform() < 0.6,
    },
    signals: {
      peripheral: between(205, 235),
      transition: between(85, 110),
      fat: between(140, 165),
      muscle: between(48, 70),
    },
    coil: {
      gain: between(0.85, 1),
      slopeX: between(-0.12, 0.12),
      slopeY: between(-0.2, 0.2),
      bulge: between(-0.25, 0.05),
    },
    noise: between(4.5, 6.5),
  };
}
