/**
 * Scores of a predicted mask against its reference.
 *
 * @module
 */

import { IGNORED } from "../slices/case.ts";
import {
  type CodeSet,
  type Overlap,
  overlap,
  type OverlapScores,
  overlapScores,
} from "./overlap.ts";
import { type MaskGrid, surfaceDistances } from "./surface_distances.ts";

/** The scores of one case and class; NaN if a score is undefined. */
export interface CaseMetrics extends MaskMetrics {
  /**
   * The Dice score as in the code of the Med-NCA paper: of the probabilities, not of the mask, over
   * the whole volume; see `softDice`. Undefined for masks without probabilities.
   */
  SoftDice: number;
  /** The mean over slices of their Dice scores; see `sliceDice`. */
  SliceDice: number;
}

/** The scores that follow from two masks. */
export interface MaskMetrics extends OverlapScores, Overlap {
  /** Voxels of the prediction. */
  n_pred: number;
  /** Voxels of the reference. */
  n_ref: number;
  /** The prediction's volume minus the reference's, in millilitres; undefined for pictures. */
  VolumeDifference: number;
  /** (n_pred − n_ref) / n_ref: 0.1 is a tenth too large; undefined if the reference is empty. */
  RelativeVolumeDifference: number;
  /** 95th percentile Hausdorff distance, in mm (pictures: pixels); undefined for empty masks. */
  HD95: number;
  /** Average symmetric surface distance, in the same unit; undefined for empty masks. */
  ASSD: number;
}

/**
 * Scores a predicted mask against its reference. Voxels that the reference ignores do not count.
 *
 * @param prediction Codes, x fastest.
 * @param reference Codes, x fastest.
 * @param grid The masks' shape and spacing; `null` if the voxels have no common grid (several
 * pictures): then distances are undefined.
 * @param codes The codes that count as the object.
 * @throws {TypeError} If a mask does not fill the shape.
 *
 * @example
 * ```ts
 * import { caseMetrics } from "./case_metrics.ts";
 * import { FOREGROUND } from "./overlap.ts";
 * import assert from "node:assert/strict";
 *
 * const grid = { shape: [4, 1, 1], spacing: [0.5, 1, 1] };
 * const metrics = caseMetrics(
 *   Uint8Array.of(0, 1, 1, 0),
 *   Uint8Array.of(0, 0, 1, 1),
 *   grid,
 *   FOREGROUND,
 * );
 * assert.equal(metrics.Dice, 0.5);
 * assert.equal(metrics.ASSD, 0.25);
 * ```
 */
export function caseMetrics(
  prediction: Uint8Array,
  reference: Uint8Array,
  grid: MaskGrid | null,
  codes: CodeSet,
): MaskMetrics {
  const counts = overlap(prediction, reference, codes);
  const { TP, FP, FN } = counts;
  const object = (mask: Uint8Array) =>
    mask.map((code, i) => reference[i] === IGNORED ? 0 : codes[code]!);
  const { hd95, assd } = grid === null
    ? { hd95: NaN, assd: NaN }
    : surfaceDistances(object(prediction), object(reference), grid);
  const [dx = NaN, dy = NaN, dz = NaN] = grid?.spacing ?? [];
  return {
    ...overlapScores(counts),
    ...counts,
    n_pred: TP + FP,
    n_ref: TP + FN,
    VolumeDifference: (FP - FN) * dx * dy * dz / 1000,
    // Relative to an empty reference: NaN, not Infinity.
    RelativeVolumeDifference: TP + FN === 0 ? NaN : (FP - FN) / (TP + FN),
    HD95: hd95,
    ASSD: assd,
  };
}
