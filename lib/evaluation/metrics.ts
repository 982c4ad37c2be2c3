/**
 * How well one mask agrees with another.
 *
 * @module
 */

import { surfaceDistances } from "./surface_distances.ts";

/** Voxels by what prediction and reference say of them. */
export interface ConfusionCounts {
  /** In both. */
  TP: number;
  /** In the prediction only. */
  FP: number;
  /** In the reference only. */
  FN: number;
  /** In neither. */
  TN: number;
}

/** The scores of one case; NaN where a score is undefined. */
export interface CaseMetrics extends ConfusionCounts {
  /** 2 TP / (2 TP + FP + FN); undefined where both masks are empty. */
  Dice: number;
  /** TP / (TP + FP + FN); undefined where both masks are empty. */
  IoU: number;
  /** TP / (TP + FP); undefined where the prediction is empty. */
  Precision: number;
  /** TP / (TP + FN); undefined where the reference is empty. */
  Recall: number;
  /** Voxels of the prediction. */
  n_pred: number;
  /** Voxels of the reference. */
  n_ref: number;
  /** The prediction's volume less the reference's, in millilitres; undefined for pictures. */
  VolumeDifference: number;
  /** (n_pred − n_ref) / n_ref: 0.1 is a tenth too large; undefined where the reference is empty. */
  RelativeVolumeDifference: number;
  /** 95th percentile Hausdorff distance, in mm (pictures: pixels); undefined for empty masks. */
  HD95: number;
  /** Average symmetric surface distance, in the same unit; undefined for empty masks. */
  ASSD: number;
}

/** The grid that masks lie on. */
export interface MaskGrid {
  /** [nx, ny] of a picture or [nx, ny, nz] of a volume, x fastest. */
  shape: readonly number[];
  /** The distance between voxels along each axis: millimetres, or 1 for pictures. */
  spacing: readonly number[];
}

/**
 * Counts voxels by what two masks say of them.
 *
 * @param prediction Foreground where not 0.
 * @param reference Foreground where not 0; as many voxels.
 * @throws {TypeError} Where the masks have different lengths.
 */
export function confusionCounts(prediction: Uint8Array, reference: Uint8Array): ConfusionCounts {
  if (prediction.length !== reference.length) {
    throw new TypeError(
      `Cannot compare masks of ${prediction.length} and ${reference.length} voxels`,
    );
  }
  let TP = 0, FP = 0, FN = 0;
  for (let i = 0; i < reference.length; i++) {
    const p = prediction[i] !== 0;
    const r = reference[i] !== 0;
    if (p && r) TP++;
    else if (p) FP++;
    else if (r) FN++;
  }
  return { TP, FP, FN, TN: reference.length - TP - FP - FN };
}

/**
 * Scores a predicted mask against its reference.
 *
 * @param prediction Foreground where not 0, x fastest.
 * @param reference Foreground where not 0, x fastest.
 * @param grid The masks' shape and spacing; `null` where the voxels have no common grid, as several
 * pictures: distances are undefined then.
 * @throws {TypeError} Where a mask does not fill the shape.
 *
 * @example
 * ```ts
 * import { caseMetrics } from "./metrics.ts";
 * import assert from "node:assert/strict";
 *
 * const metrics = caseMetrics(
 *   Uint8Array.of(0, 1, 1, 0),
 *   Uint8Array.of(0, 0, 1, 1),
 *   { shape: [4, 1, 1], spacing: [0.5, 1, 1] },
 * );
 * assert.equal(metrics.Dice, 0.5);
 * assert.equal(metrics.ASSD, 0.25);
 * ```
 */
export function caseMetrics(
  prediction: Uint8Array,
  reference: Uint8Array,
  grid: MaskGrid | null,
): CaseMetrics {
  const counts = confusionCounts(prediction, reference);
  const { TP, FP, FN } = counts;
  const { hd95, assd } = grid === null
    ? { hd95: NaN, assd: NaN }
    : surfaceDistances(prediction, reference, grid);
  const [dx = NaN, dy = NaN, dz = NaN] = grid?.spacing ?? [];
  // 0 / 0 is NaN: undefined, not perfect.
  return {
    Dice: 2 * TP / (2 * TP + FP + FN),
    IoU: TP / (TP + FP + FN),
    Precision: TP / (TP + FP),
    Recall: TP / (TP + FN),
    ...counts,
    n_pred: TP + FP,
    n_ref: TP + FN,
    VolumeDifference: (FP - FN) * dx * dy * dz / 1000,
    // A reference that is empty has no size to be related to: NaN, not Infinity.
    RelativeVolumeDifference: TP + FN === 0 ? NaN : (FP - FN) / (TP + FN),
    HD95: hd95,
    ASSD: assd,
  };
}
