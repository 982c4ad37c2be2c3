/**
 * Random textures from integer hashes.
 *
 * This folder uses only + − × ÷ and √: IEEE 754 defines their results to the last bit, so the data
 * set is the same on every machine. Sines and exponentials may differ.
 *
 * @module
 */

import { mix32 } from "../support/random.ts";

function lattice(seed: number, x: number, y: number): number {
  const place = Math.imul(x, 0x9e3779b1) ^ Math.imul(y, 0x85ebca77);
  return mix32(Math.imul(seed, 0x27d4eb2f) ^ place) / 0x80000000 - 1;
}

/**
 * Smooth noise in the plane: random values in [-1, 1] at the places of a lattice, joined by a
 * cubic. The lattice is turned against the image, so that its lines do not show.
 *
 * @param x Place; the unit is the size of the bumps.
 */
export function smoothNoise(seed: number, x: number, y: number): number {
  const u = 0.8 * x - 0.6 * y;
  const v = 0.6 * x + 0.8 * y;
  const iu = Math.floor(u), iv = Math.floor(v);
  const fu = u - iu, fv = v - iv;
  const tu = fu * fu * (3 - 2 * fu), tv = fv * fv * (3 - 2 * fv);
  const a = lattice(seed, iu, iv);
  const b = lattice(seed, iu, iv + 1);
  const left = a + (lattice(seed, iu + 1, iv) - a) * tu;
  return left + (b + (lattice(seed, iu + 1, iv + 1) - b) * tu - left) * tv;
}

/**
 * Almost normal noise for one pixel, mean 0, standard deviation 1: the sum of a hash's four bytes.
 */
export function pixelNoise(seed: number, counter: number): number {
  const h = mix32(Math.imul(seed, 0x27d4eb2f) ^ counter);
  return ((h & 255) + (h >>> 8 & 255) + (h >>> 16 & 255) + (h >>> 24) - 510) / 147.8;
}
