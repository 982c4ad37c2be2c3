/**
 * Which cells fire when a model is asked.
 *
 * @module
 */

import { hash32 } from "../support/random.ts";

/**
 * The seed of a slice: a function of the run's seed and of the slice's index within its case.
 *
 * @param seed The run's seed.
 * @param index The slice's index within its case.
 */
export function cellSeed(seed: number, index: number): number {
  return hash32(seed, index);
}

/** The seeds of slices, see {@linkcode cellSeed}. */
export function cellSeeds(seed: number, indices: readonly number[]): number[] {
  return indices.map((index) => cellSeed(seed, index));
}
