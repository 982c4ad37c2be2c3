/**
 * Draws one slice of a synthetic patient.
 *
 * Structures are painted one over the other, from the skin inwards. Most are ellipses with edges
 * soft over a millimetre (partial volume), in coordinates bent by smooth noise, so that nothing
 * looks like an ellipse; then the coil's uneven gain and Rician noise.
 *
 * @module
 */

import { hash32 } from "../support/random.ts";
import type { Anatomy } from "./anatomy.ts";
import { Pixel, type Section } from "./brush.ts";
import { pixelNoise, smoothNoise } from "./noise.ts";
import { paintBody, skinDistance } from "./paint_body.ts";
import { paintGland } from "./paint_gland.ts";
import { paintPelvis } from "./paint_pelvis.ts";

/** The grid of a slice. */
export interface SliceGrid {
  /** Pixels. */
  readonly width: number;
  readonly height: number;
  /** Millimetres per pixel. */
  readonly spacing: number;
  /** Millimetres above the gland's middle. */
  readonly level: number;
}

/** One slice: `width * height` values each, x (to the right) fastest, then y (forwards). */
export interface RenderedSlice {
  /** T2-weighted signal from 0 to about 255; exactly 0 outside the body. */
  readonly t2: Float64Array;
  /** Diffusion (ADC) from 0 to about 255; exactly 0 outside the body. */
  readonly adc: Float64Array;
  /** 0 background, 1 peripheral zone, 2 transition zone. */
  readonly labels: Uint8Array;
}

/** Draws one slice. */
export function renderSlice(anatomy: Anatomy, grid: SliceGrid): RenderedSlice {
  const { width, height, spacing } = grid;
  const { patient } = anatomy;
  const level = grid.level / patient.scale;
  const t2 = new Float64Array(width * height);
  const adc = new Float64Array(width * height);
  const labels = new Uint8Array(width * height);
  const section = sectionAt(anatomy, level);
  const pixel = new Pixel();
  for (let j = 0; j < height; j++) {
    for (let i = 0; i < width; i++) {
      const x0 = ((i - (width - 1) / 2) * spacing - patient.x) / patient.scale;
      const y0 = ((j - (height - 1) / 2) * spacing - patient.y) / patient.scale;
      const skin = skinDistance(anatomy, x0, y0);
      if (skin > 0) continue;
      const x = x0 + bend(anatomy.seed + 10, x0, y0, level);
      const y = y0 + bend(anatomy.seed + 20, x0, y0, level);
      paintBody(pixel, section, x, y, skin);
      paintPelvis(pixel, section, x, y);
      const at = j * width + i;
      labels[at] = paintGland(pixel, section, x, y);
      t2[at] = magnitude(pixel.t2 * coilGain(anatomy, x0, y0), anatomy.noise, section.seed, at);
      adc[at] = magnitude(pixel.adc, 1.6 * anatomy.noise, section.seed + 1, at);
    }
  }
  return { t2, adc, labels };
}

function sectionAt(anatomy: Anatomy, level: number): Section {
  const { gland } = anatomy;
  const h = level / gland.c;
  // A little broader towards the base.
  const scale = h * h >= 1 ? 0 : Math.sqrt(1 - h * h) * (1 + 0.1 * h);
  return {
    anatomy,
    level,
    seed: hash32(anatomy.seed, Math.round(level * 64)) >>> 8,
    x: gland.x + gland.driftX * level,
    y: gland.y + gland.driftY * level,
    a: gland.a * scale,
    b: gland.b * scale,
    h,
  };
}

/** Displacement of the coordinates in millimetres, slightly different from slice to slice. */
function bend(seed: number, x: number, y: number, level: number): number {
  return 2.6 * smoothNoise(seed, x / 26 + level / 60, y / 26) +
    0.8 * smoothNoise(seed + 1, x / 9 + level / 20, y / 9);
}

/** The uneven sensitivity of a surface coil. */
function coilGain({ coil, body }: Anatomy, x: number, y: number): number {
  const u = x / body.halfWidth, v = y / body.halfHeight;
  return coil.gain * (1 + coil.slopeX * u + coil.slopeY * v + coil.bulge * (0.4 - u * u - v * v));
}

/** Rician noise: the length of a signal with noise in both of its parts. */
function magnitude(signal: number, noise: number, seed: number, counter: number): number {
  const real = signal + noise * pixelNoise(seed, 2 * counter);
  const imaginary = noise * pixelNoise(seed, 2 * counter + 1);
  return Math.sqrt(real * real + imaginary * imaginary);
}
