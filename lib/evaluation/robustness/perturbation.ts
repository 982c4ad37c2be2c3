/**
 * The type of a perturbation, with variable strength.
 *
 * @module
 */

import type { LabelPlane } from "../../slices/case.ts";
import type { ImageSlice } from "../../slices/types.ts";
import type { Random } from "../../support/random.ts";
import type { PredictCaseOptions } from "../predict_case.ts";

/** All slices of a case, at their own size. */
export interface CaseImages {
  /** Normalised. */
  images: readonly ImageSlice[];
  /** Codes, of the same sizes. */
  labels: readonly LabelPlane[];
}

/** A case after a perturbation; missing parts are unchanged. */
export interface Perturbed extends Partial<CaseImages> {
  /** Changes to the automaton. */
  predict?: Pick<PredictCaseOptions, "steps" | "wound">;
}

/** What a perturbation depends on beside the case. */
export interface PerturbationContext {
  /** The steps that the model was trained for. */
  steps: readonly [coarse: number, fine: number];
  /** The same for every strength: a stronger perturbation differs only in its amount. */
  random: Random;
}

/** A perturbation. */
export interface Perturbation {
  /** Its name in flags and CSV. */
  name: string;
  /** Its name in figures. */
  title: string;
  /** The unit of the strength. */
  unit: string;
  /** The strength at which nothing is changed. */
  none: number;
  /** The strengths to try, including `none`. */
  strengths: readonly number[];
  /** A few of them, for a first look. */
  quick: readonly number[];
  /** A strength as text. */
  format(strength: number): string;
  /**
   * Returns the perturbed case; the original is not changed.
   *
   * @param strength In its unit.
   */
  apply(given: CaseImages, strength: number, context: PerturbationContext): Perturbed;
}

/** A fraction in per cent. */
export const percent = (part: number): string => `${Math.round(100 * part)} %`;
