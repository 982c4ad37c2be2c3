import { hash32 } from "../support/random.ts";

/**
 * The seed of one slice's fire masks wherever a trained model is applied: validation, scores,
 * predictions, pictures. It depends on nothing else, so the same pixels give the same mask whatever
 * the batch or the file's name.
 *
 * @param sample The number of the run, if the same slice is predicted several times; from 0.
 * @returns An integer in [0, 2³²).
 *
 * @example
 * ```ts
 * import { cellSeed } from "./cell_seeds.ts";
 * import assert from "node:assert/strict";
 *
 * assert.equal(cellSeed(0, 3), cellSeed(0, 3));
 * assert.notEqual(cellSeed(0, 3), cellSeed(0, 4));
 * assert.notEqual(cellSeed(0, 3, 1), cellSeed(0, 3, 2));
 * ```
 */
export function cellSeed(seed: number, index: number, sample = 0): number {
  return sample === 0 ? hash32(seed, index) : hash32(seed, index, sample);
}

/** {@linkcode cellSeed} of several slices. */
export function cellSeeds(seed: number, indices: readonly number[], sample = 0): number[] {
  return indices.map((index) => cellSeed(seed, index, sample));
}
