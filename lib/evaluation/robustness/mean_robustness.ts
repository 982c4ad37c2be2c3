/**
 * Mean scores by the strength of a perturbation.
 *
 * @module
 */

import { finiteMean } from "../statistics.ts";
import type { RobustnessScore } from "./evaluate_robustness.ts";

/** The mean score of all cases at one strength of a perturbation. */
export interface MeanRobustness {
  /** The perturbation's name. */
  perturbation: string;
  /** In the perturbation's unit. */
  strength: number;
  /** The mean over the cases in which it is defined; NaN if there are none. */
  dice: number;
  /** For erased cells: the mean if nothing healed; otherwise NaN. */
  unhealed: number;
}

/** The means over the cases, for each perturbation and strength in the order of the scores. */
export function meanRobustness(scores: readonly RobustnessScore[]): MeanRobustness[] {
  const groups = Map.groupBy(scores, (row) => `${row.perturbation} ${row.strength}`);
  return [...groups.values()].map((rows) => ({
    perturbation: rows[0]!.perturbation,
    strength: rows[0]!.strength,
    dice: finiteMean(rows.map(({ dice }) => dice)),
    unhealed: finiteMean(rows.map(({ unhealed = NaN }) => unhealed)),
  }));
}
