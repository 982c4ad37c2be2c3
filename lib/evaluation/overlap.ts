/**
 * The overlap of two masks: the count behind every Dice, IoU, precision and recall.
 *
 * @module
 */

import { IGNORED, type Targets } from "../slices/case.ts";

/** For each of the 256 codes of a label plane, 1 if it belongs to a class. */
export type CodeSet = Uint8Array;

/** Every code but 0 and {@linkcode IGNORED}: the foreground of a binary mask. */
export const FOREGROUND: CodeSet = codeSet((code) => code !== 0);

/**
 * The codes that belong to a class or region.
 *
 * @param targets The meaning of the codes.
 * @param index The class's place in `targets.classes`.
 *
 * @example
 * ```ts
 * import { codesOf } from "./overlap.ts";
 * import assert from "node:assert/strict";
 *
 * const classes = [{ name: "whole", values: [1, 2] }, { name: "core", values: [2] }];
 * const regions = { kind: "regions", classes, ignore: [] } as const;
 * assert.deepEqual([...codesOf(regions, 1).subarray(0, 4)], [0, 0, 1, 1]);
 * ```
 */
export function codesOf({ kind }: Pick<Targets, "kind">, index: number): CodeSet {
  return codeSet((code) => kind === "classes" ? code === index + 1 : (code >> index & 1) === 1);
}

function codeSet(includes: (code: number) => boolean): CodeSet {
  return Uint8Array.from({ length: 256 }, (_, code) => code !== IGNORED && includes(code) ? 1 : 0);
}

/** The numbers of voxels in prediction and reference. */
export interface Overlap {
  /** In both. */
  TP: number;
  /** In the prediction only. */
  FP: number;
  /** In the reference only. */
  FN: number;
  /** In neither. */
  TN: number;
}

/**
 * Counts voxels in two masks, without those that the reference ignores.
 *
 * @param prediction Codes.
 * @param reference Codes; as many voxels.
 * @param codes The codes that count as the object.
 * @throws {TypeError} If the masks have different lengths.
 */
export function overlap(prediction: Uint8Array, reference: Uint8Array, codes: CodeSet): Overlap {
  if (prediction.length !== reference.length) {
    throw new TypeError(
      `Cannot compare masks of ${prediction.length} and ${reference.length} voxels`,
    );
  }
  // Two bits: whether the prediction, and whether the reference, is the object
  const counts = [0, 0, 0, 0];
  for (let i = 0; i < reference.length; i++) {
    const truth = reference[i]!;
    if (truth !== IGNORED) counts[2 * codes[prediction[i]!]! + codes[truth]!]!++;
  }
  const [TN, FN, FP, TP] = counts as [number, number, number, number];
  return { TP, FP, FN, TN };
}

/** The overlap of several slices taken together. */
export function sumOverlaps(parts: readonly Overlap[]): Overlap {
  const sum = { TP: 0, FP: 0, FN: 0, TN: 0 };
  for (const part of parts) {
    for (const key of ["TP", "FP", "FN", "TN"] as const) sum[key] += part[key];
  }
  return sum;
}

/** The scores that follow from an overlap; NaN if a score is undefined. */
export interface OverlapScores {
  /** 2 TP / (2 TP + FP + FN); undefined if both masks are empty. */
  Dice: number;
  /** TP / (TP + FP + FN); undefined if both masks are empty. */
  IoU: number;
  /** TP / (TP + FP); undefined if the prediction is empty. */
  Precision: number;
  /** TP / (TP + FN); undefined if the reference is empty. */
  Recall: number;
}

/**
 * The scores of an overlap.
 *
 * @example
 * ```ts
 * import { FOREGROUND, overlap, overlapScores } from "./overlap.ts";
 * import assert from "node:assert/strict";
 *
 * const counts = overlap(Uint8Array.of(1, 1, 0), Uint8Array.of(0, 1, 0), FOREGROUND);
 * assert.equal(overlapScores(counts).Dice, 2 / 3);
 * ```
 */
export function overlapScores({ TP, FP, FN }: Overlap): OverlapScores {
  // 0 / 0 is NaN: undefined, not perfect.
  return {
    Dice: 2 * TP / (2 * TP + FP + FN),
    IoU: TP / (TP + FP + FN),
    Precision: TP / (TP + FP),
    Recall: TP / (TP + FN),
  };
}
