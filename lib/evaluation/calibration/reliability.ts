/**
 * Reliability: how often what a probability says comes true.
 *
 * @module
 */

import { IGNORED } from "../../slices/case.ts";
import type { CodeSet } from "../overlap.ts";

/** The number of bins of equal width from 0 to 1. */
export const BINS = 10;
/** A pixel is near the edge if the mask's edge is at most so many pixels away along its slice. */
const NEAR = 2;

/** Voxels of similar probability. */
export interface ReliabilityBin {
  /** How many. */
  readonly n: number;
  /** The mean probability: what was said. */
  readonly said: number;
  /** The fraction that belongs to the class: what is true. */
  readonly seen: number;
}

/** The calibration of one class over voxels. */
export interface Reliability {
  /** From the lowest probability to the highest. */
  readonly bins: readonly ReliabilityBin[];
  /** The number of voxels. */
  readonly n: number;
  /** The expected calibration error: the mean over voxels of |said − seen| of their bin. */
  readonly ece: number;
  /** The Brier score: the mean squared difference of probability and truth. */
  readonly brier: number;
}

/**
 * Collects voxels of one class over cases.
 *
 * @example
 * ```ts
 * import { ReliabilityCounter } from "./reliability.ts";
 * import assert from "node:assert/strict";
 *
 * const counter = new ReliabilityCounter();
 * for (const truth of [1, 1, 1, 0]) counter.add(0.75, truth);
 * assert.equal(counter.result().ece, 0);
 * assert.equal(counter.result().brier, (3 * 0.25 ** 2 + 0.75 ** 2) / 4);
 * ```
 */
export class ReliabilityCounter {
  readonly #n = new Float64Array(BINS);
  readonly #said = new Float64Array(BINS);
  readonly #seen = new Float64Array(BINS);
  #squares = 0;

  /** Adds a voxel: its probability, and 1 if it is of the class, else 0. */
  add(probability: number, truth: number): void {
    const bin = Math.min(BINS - 1, Math.floor(probability * BINS));
    this.#n[bin]!++;
    this.#said[bin]! += probability;
    this.#seen[bin]! += truth;
    this.#squares += (probability - truth) ** 2;
  }

  /** Of all voxels so far. */
  result(): Reliability {
    const n = this.#n.reduce((a, b) => a + b);
    const error = this.#said.reduce((sum, said, i) => sum + Math.abs(said - this.#seen[i]!), 0);
    return {
      bins: Array.from(this.#n, (count, i) => ({
        n: count,
        said: this.#said[i]! / count,
        seen: this.#seen[i]! / count,
      })),
      n,
      ece: error / n,
      brier: this.#squares / n,
    };
  }
}

/** The counters of a class: of all voxels, and of those near the edge of the predicted mask. */
export interface ClassReliability<T> {
  readonly all: T;
  readonly edge: T;
}

/**
 * Adds a slice.
 *
 * @param probabilities Of one class.
 * @param mask The predicted codes.
 * @param label The codes of the reference; voxels that it ignores do not count.
 * @param codes Those of the class.
 */
export function addSlice(
  counters: ClassReliability<ReliabilityCounter>,
  probabilities: Float32Array,
  { mask, label, codes, width }: {
    mask: Uint8Array;
    label: Uint8Array;
    codes: CodeSet;
    width: number;
  },
): void {
  const near = nearEdge(mask.map((code) => codes[code]!), width);
  for (const [i, code] of label.entries()) {
    if (code === IGNORED) continue;
    counters.all.add(probabilities[i]!, codes[code]!);
    if (near[i] === 1) counters.edge.add(probabilities[i]!, codes[code]!);
  }
}

/**
 * The pixels near an edge of a mask: those with both object and background among the pixels at most
 * two rows and two columns away.
 *
 * @param mask 1 in the object, else 0; row-major.
 * @param width Its columns.
 * @returns 1 near an edge.
 *
 * @example
 * ```ts
 * import { nearEdge } from "./reliability.ts";
 * import assert from "node:assert/strict";
 *
 * assert.deepEqual([...nearEdge(Uint8Array.of(0, 0, 0, 0, 1, 1, 1), 7)], [0, 0, 1, 1, 1, 1, 0]);
 * ```
 */
export function nearEdge(mask: Uint8Array, width: number): Uint8Array {
  const near = new Uint8Array(mask.length);
  const height = mask.length / width;
  /** Marks the pixels that have both of two neighbours, the second below or to the right, near. */
  const mark = (y: number, x: number, down: number, right: number) => {
    const bottom = Math.min(height - 1, y + NEAR);
    const [first, last] = [Math.max(0, x + right - NEAR), Math.min(width - 1, x + NEAR)];
    for (let row = Math.max(0, y + down - NEAR); row <= bottom; row++) {
      near.fill(1, row * width + first, row * width + last + 1);
    }
  };
  for (let i = 0; i < mask.length; i++) {
    const [y, x] = [Math.floor(i / width), i % width];
    if (x + 1 < width && mask[i] !== mask[i + 1]) mark(y, x, 0, 1);
    if (y + 1 < height && mask[i] !== mask[i + width]) mark(y, x, 1, 0);
  }
  return near;
}
