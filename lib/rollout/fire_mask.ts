/**
 * Which cells fire: decided by a hash of (slice's seed, step, cell), equal in every engine.
 *
 * @module
 */

import { hash32, mix32 } from "../support/random.ts";

/**
 * The 24-bit threshold of a fire rate: a cell fires where its hash's upper 24 bits are below.
 *
 * @param fireRate A probability, 0 to 1; both ends are exact.
 */
export function fireThreshold(fireRate: number): number {
  if (!(fireRate >= 0 && fireRate <= 1)) {
    throw new RangeError(`Cannot run an NCA: fire rate must be from 0 to 1, got ${fireRate}`);
  }
  return Math.round(fireRate * 2 ** 24);
}

/** The key of one slice at one step, to be hashed with a cell's index. */
export function fireKey(seed: number, step: number): number {
  return hash32(seed, step);
}

/**
 * The fire mask of one slice in one step.
 *
 * @param options.cells The number of cells, H·W, row by row.
 * @returns 1 where the cell fires, else 0.
 *
 * @example
 * ```ts
 * import { fireMask } from "./fire_mask.ts";
 * import assert from "node:assert/strict";
 *
 * const mask = fireMask({ seed: 1, step: 0, cells: 10_000, fireRate: 0.5 });
 * const fired = mask.reduce((sum, fires) => sum + fires, 0);
 * assert(Math.abs(fired - 5000) < 200);
 * ```
 */
export function fireMask(
  options: { seed: number; step: number; cells: number; fireRate: number },
): Uint8Array {
  const key = fireKey(options.seed, options.step);
  const threshold = fireThreshold(options.fireRate);
  const mask = new Uint8Array(options.cells);
  for (let cell = 0; cell < mask.length; cell++) {
    const hash = mix32(mix32((cell + key) | 0) ^ key);
    mask[cell] = (hash >>> 8) < threshold ? 1 : 0;
  }
  return mask;
}
