/**
 * The measures of doubt: numbers that need no label and should be large where a mask is bad.
 *
 * @module
 */

import type { Targets } from "../../slices/case.ts";
import { codesOf, type Overlap, overlap, overlapScores, sumOverlaps } from "../overlap.ts";
import { finiteMean } from "../statistics.ts";

/** The measures, by their names in files; those of a single run first. */
export const DOUBTS = [
  "entropy_one_run",
  "stability",
  "resilience",
  "nqm",
  "agreement",
  "entropy",
] as const;

/** One of {@linkcode DOUBTS}. */
export type DoubtName = (typeof DOUBTS)[number];

/** Measures that need only a single run with its fire masks. */
export const ONE_RUN_DOUBTS: readonly DoubtName[] = DOUBTS.slice(0, 3);

/** What each measures, for tables and figures. All grow with doubt. */
export const DOUBT_TITLES: Readonly<Record<DoubtName, string>> = {
  entropy_one_run: "entropy of one run",
  stability: "1 − stability",
  resilience: "1 − resilience",
  nqm: "NCA quality metric",
  agreement: "1 − agreement of runs",
  entropy: "entropy of the mean of runs",
};

/** A measure of one case. */
export interface Doubt {
  /** Of all classes together: their voxels are counted as one; NaN if nothing was found. */
  readonly all: number;
  /** Of each class. */
  readonly classes: readonly number[];
}

/** Planes of numbers, `[class][slice]`. */
type Planes = readonly (readonly Float32Array[])[];

/**
 * The NCA quality metric: the sum over voxels of the deviation between runs, over the sum of the
 * mean probability. All classes together: `CasePrediction.quality`.
 *
 * Source: J. Kalkhof and A. Mukhopadhyay, "M3D-NCA", MICCAI 2023.
 *
 * @param probabilities The mean of the runs, `[class][slice]`.
 * @param deviations Their standard deviation.
 *
 * @example
 * ```ts
 * import { ncaQuality } from "./doubts.ts";
 * import assert from "node:assert/strict";
 *
 * const [mean, deviation] = [Float32Array.of(0.5, 0.25), Float32Array.of(0.25, 0.125)];
 * assert.deepEqual(ncaQuality([[mean]], [[deviation]]), { all: 0.5, classes: [0.5] });
 * ```
 */
export function ncaQuality(probabilities: Planes, deviations: Planes): Doubt {
  return ratios(
    deviations.map((planes) => total(planes, (value) => value)),
    probabilities.map((planes) => total(planes, (value) => value)),
  );
}

/**
 * The entropy of each voxel's probability, in bits: its sum over voxels, over the sum of the
 * probability. So it is the mean entropy per voxel of the object, however much background there is.
 *
 * @param probabilities `[class][slice]`.
 *
 * @example
 * ```ts
 * import { meanEntropy } from "./doubts.ts";
 * import assert from "node:assert/strict";
 *
 * assert.deepEqual(meanEntropy([[Float32Array.of(0.5, 0, 1)]]), { all: 1 / 1.5, classes: [1 / 1.5] });
 * ```
 */
export function meanEntropy(probabilities: Planes): Doubt {
  return ratios(
    probabilities.map((planes) => total(planes, entropy)),
    probabilities.map((planes) => total(planes, (value) => value)),
  );
}

/** In bits; 0 where it is certain. */
function entropy(p: number): number {
  const part = (q: number) => q <= 0 ? 0 : -q * Math.log2(q);
  return part(p) + part(1 - p);
}

function total(planes: readonly Float32Array[], of: (value: number) => number): number {
  let sum = 0;
  for (const plane of planes) for (const value of plane) sum += of(value);
  return sum;
}

function ratios(above: readonly number[], below: readonly number[]): Doubt {
  const sum = (values: readonly number[]) => values.reduce((a, b) => a + b, 0);
  return {
    all: sum(above) / sum(below),
    classes: above.map((value, c) => value / below[c]!),
  };
}

/**
 * How much masks of one case differ: 1 − the mean Dice of every two of them. Pairs of which both
 * are empty do not count.
 *
 * @param masks `[mask][slice]` of codes; at least two.
 *
 * @example
 * ```ts
 * import { disagreement } from "./doubts.ts";
 * import assert from "node:assert/strict";
 *
 * const targets = { kind: "classes", classes: [{ name: "object", values: [1] }], ignore: [] } as const;
 * const masks = [Uint8Array.of(1, 1, 0), Uint8Array.of(0, 1, 1)].map((mask) => [mask]);
 * assert.equal(disagreement(masks, targets).all, 0.5);
 * ```
 */
export function disagreement(
  masks: readonly (readonly Uint8Array[])[],
  targets: Targets,
): Doubt {
  const pairs = masks.flatMap((a, i) => masks.slice(i + 1).map((b) => overlaps(a, b, targets)));
  const mean = (of: (pair: readonly Overlap[]) => Overlap) =>
    1 - finiteMean(pairs.map((pair) => overlapScores(of(pair)).Dice));
  return {
    all: mean(sumOverlaps),
    classes: targets.classes.map((_, c) => mean((pair) => pair[c]!)),
  };
}

/** The overlap of two masks of a case, by class. */
function overlaps(
  a: readonly Uint8Array[],
  b: readonly Uint8Array[],
  targets: Targets,
): Overlap[] {
  return targets.classes.map((_, c) => {
    const codes = codesOf(targets, c);
    return sumOverlaps(a.map((mask, i) => overlap(mask, b[i]!, codes)));
  });
}
