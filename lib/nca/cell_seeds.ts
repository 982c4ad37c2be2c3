/**
 * Which cells fire when a model is asked about a slice.
 *
 * @module
 */

import { hash32 } from "../support/random.ts";

/**
 * The seed of the masks of one slice, whenever a trained model is asked about it: in validation,
 * scores, predictions and pictures. It depends on nothing else, so that the same pixels give the
 * same mask wherever the slice stands and whatever its file is called.
 *
 * @param seed The run's.
 * @param index The slice's number within its case.
 * @param sample Which of several runs over the same slice. 0 is the only or the first one.
 * @returns An integer from 0 below 2³².
 *
 * @example
 * ```ts
 * import { cellSeed } from "./cell_seeds.ts";
 * import assert from "node:assert/strict";
 *
 * assert.equal(cellSeed(0, 3), cellSeed(0, 3));
 * assert.notEqual(cellSeed(0, 3), cellSeed(0, 4));
 * ```
 */
export function cellSeed(seed: number, index: number, sample = 0): number {
  return sample === 0 ? hash32(seed, index) : hash32(seed, index, sample);
}

/** {@linkcode cellSeed} of several slices. */
export function cellSeeds(seed: number, indices: readonly number[], sample = 0): number[] {
  return indices.map((index) => cellSeed(seed, index, sample));
}
