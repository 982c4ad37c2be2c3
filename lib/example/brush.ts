/**
 * Shared by the painters of this folder: pixels, soft edges, ellipses.
 *
 * @module
 */

import { type Anatomy, rotationOf } from "./anatomy.ts";

/** T2 signal (0 to 255) and ADC (0 to 255) of the tissues that differ little between patients. */
export const TISSUE = {
  skin: [85, 70],
  cortex: [32, 14],
  marrow: [150, 30],
  urine: [242, 245],
  wall: [78, 95],
  gas: [10, 6],
  stool: [128, 80],
  mucosa: [165, 110],
  vein: [205, 120],
  nerve: [75, 60],
  capsule: [74, 90],
  stroma: [52, 80],
  urethra: [175, 150],
  vesicle: [215, 150],
} as const satisfies Record<string, readonly [number, number]>;

/** ADC of fat, and of muscle. */
export const ADC = { fat: 19, muscle: 92 } as const;

/** One pixel, painted from the skin inwards. */
export class Pixel {
  /** T2-weighted signal. */
  t2 = 0;
  /** Diffusion. */
  adc = 0;

  /** Paints over the pixel with a weight from 0 to 1. */
  paint(weight: number, t2: number, adc: number): void {
    this.t2 += (t2 - this.t2) * weight;
    this.adc += (adc - this.adc) * weight;
  }
}

/** The patient's slice at one level. */
export interface Section {
  readonly anatomy: Anatomy;
  /** Millimetres above the gland's middle. */
  readonly level: number;
  /** Seeds the fine textures, which differ from slice to slice. */
  readonly seed: number;
  /** The gland's centre and half-axes at this level; half-axes 0 above and below it. */
  readonly x: number;
  readonly y: number;
  readonly a: number;
  readonly b: number;
  /** Height relative to the gland's half-axis: -1 apex, 1 base. */
  readonly h: number;
}

/** The covered fraction of a pixel, from its distance to the edge in mm (negative inside). */
export function inside(distance: number): number {
  return distance > 0.7 ? 0 : distance < -0.7 ? 1 : 0.5 - distance / 1.4;
}

/** Approximate distance to an ellipse's edge, exact near it; negative inside. */
export function ellipse(x: number, y: number, a: number, b: number): number {
  const u = x / a, v = y / b;
  const slope = Math.sqrt(u * u / (a * a) + v * v / (b * b));
  return (u * u + v * v - 1) / (2 * slope + 1e-9);
}

/**
 * Like {@linkcode ellipse}, its axes turned counterclockwise.
 *
 * @param tangent The tangent of half the angle.
 */
export function turnedEllipse(
  x: number,
  y: number,
  a: number,
  b: number,
  tangent: number,
): number {
  const { cos, sin } = rotationOf(tangent);
  return ellipse(cos * x + sin * y, cos * y - sin * x, a, b);
}
