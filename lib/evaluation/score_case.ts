/**
 * The scores of a predicted case against its own labels.
 *
 * @module
 */

import type { Case, Targets } from "../slices/case.ts";
import { type CaseMetrics, caseMetrics } from "./case_metrics.ts";
import { sliceDice, softDice } from "./other_dice.ts";
import { scoreLabels } from "./score_labels.ts";
import type { MaskGrid } from "./surface_distances.ts";

/**
 * Scores masks against the labels of their case, as one volume.
 *
 * @param masks Codes, one plane per index of the case.
 * @param labels Codes, the same number of planes.
 * @param probabilities `[class][plane]`; null if there are only masks.
 * @param grid From {@linkcode maskGrid}.
 * @returns The metrics of each class, by its key in `summary.json`.
 */
export function scoreCase(
  masks: readonly Uint8Array[],
  labels: readonly Uint8Array[],
  probabilities: readonly (readonly Float32Array[])[] | null,
  grid: MaskGrid | null,
  targets: Targets,
): Record<string, CaseMetrics> {
  const prediction = joinPlanes(masks);
  const reference = joinPlanes(labels);
  return Object.fromEntries(
    scoreLabels(targets).map(({ key, codes }, c) =>
      [key, {
        ...caseMetrics(prediction, reference, grid, codes),
        SoftDice: probabilities === null ? NaN : softDice(probabilities[c]!, labels, codes),
        SliceDice: sliceDice(masks, labels, codes),
      }] as const
    ),
  );
}

/**
 * The grid of all planes of a case: of a volume, or of a single picture. Several pictures have
 * none.
 */
export function maskGrid({ kind, grid }: Pick<Case, "kind" | "grid">): MaskGrid | null {
  if (grid === null) return null;
  const { shape, spacing } = grid;
  if (kind === "volume") return { shape, spacing: spacing ?? [1, 1, 1] };
  return shape[2] === 1 ? { shape: shape.slice(0, 2), spacing: [1, 1] } : null;
}

/** Planes one after the other. */
export function joinPlanes(planes: readonly Uint8Array[]): Uint8Array {
  const result = new Uint8Array(planes.reduce((sum, plane) => sum + plane.length, 0));
  let start = 0;
  for (const plane of planes) {
    result.set(plane, start);
    start += plane.length;
  }
  return result;
}
