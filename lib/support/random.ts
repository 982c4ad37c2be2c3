/**
 * Counter-based random numbers: a value is a pure function of a seed and a few counters, so a
 * resumed run draws the same numbers as one that never stopped, and so does every engine.
 *
 * @module
 */

/**
 * Mixes the bits of an unsigned 32-bit integer (Chris Wellons' `lowbias32`, a bijection).
 *
 * @param x Any integer; only its low 32 bits are used.
 * @returns An unsigned 32-bit integer.
 */
export function mix32(x: number): number {
  x = Math.imul(x ^ (x >>> 16), 0x7feb352d);
  x = Math.imul(x ^ (x >>> 15), 0x846ca68b);
  return (x ^ (x >>> 16)) >>> 0;
}

/**
 * Hashes integers, in order, to one unsigned 32-bit integer.
 *
 * @example
 * ```ts
 * import { hash32 } from "./random.ts";
 * import assert from "node:assert/strict";
 *
 * assert.equal(hash32(1, 2), hash32(1, 2));
 * assert.notEqual(hash32(1, 2), hash32(2, 1));
 * ```
 */
export function hash32(...values: number[]): number {
  let h = 0x9e3779b9;
  for (const value of values) h = mix32(h ^ mix32((value + 0x85ebca6b) >>> 0));
  return h;
}

/**
 * A sequence of uniform numbers in [0, 1) with 24 random bits each, from a seed.
 *
 * @example
 * ```ts
 * import { Random } from "./random.ts";
 * import assert from "node:assert/strict";
 *
 * const random = new Random(7);
 * assert.equal(random.uniform(), new Random(7).uniform());
 * ```
 */
export class Random {
  #seed: number;
  #counter = 0;

  constructor(...seed: number[]) {
    this.#seed = hash32(...seed);
  }

  /** A uniform number in [0, 1). */
  uniform(): number {
    return (hash32(this.#seed, this.#counter++) >>> 8) / 0x1000000;
  }

  /** A uniform integer in [0, n). */
  integer(n: number): number {
    return Math.floor(this.uniform() * n);
  }

  /** A normally distributed number, mean 0, standard deviation 1 (Box and Muller). */
  normal(): number {
    const radius = Math.sqrt(-2 * Math.log(1 - this.uniform()));
    return radius * Math.cos(2 * Math.PI * this.uniform());
  }

  /** A shuffled copy (Fisher and Yates). */
  shuffle<T>(items: readonly T[]): T[] {
    const result = [...items];
    for (let i = result.length - 1; i > 0; i--) {
      const j = this.integer(i + 1);
      [result[i], result[j]] = [result[j]!, result[i]!];
    }
    return result;
  }
}
