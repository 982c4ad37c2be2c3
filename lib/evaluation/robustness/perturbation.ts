/**
 * What a perturbation is: one thing that goes wrong, as far as one likes.
 *
 * @module
 */

import type { LabelPlane } from "../../slices/case.ts";
import type { ImageSlice } from "../../slices/types.ts";
import type { Random } from "../../support/random.ts";
import type { PredictCaseOptions } from "../predict_case.ts";

/** All slices of a case, in their own size. */
export interface CaseImages {
  /** Normalised. */
  images: readonly ImageSlice[];
  /** Codes, of the same sizes. */
  labels: readonly LabelPlane[];
}

/** A case after a perturbation: what is not named stays as it was. */
export interface Perturbed extends Partial<CaseImages> {
  /** What is done to the automaton on the way. */
  predict?: Pick<PredictCaseOptions, "steps" | "wound">;
}

/** What a perturbation may look at beside the case. */
export interface PerturbationContext {
  /** The steps that the model was trained for. */
  steps: readonly [coarse: number, fine: number];
  /** The same numbers for every strength: a stronger perturbation is the same one, only more of it. */
  random: Random;
}

/** One way to make it harder. */
export interface Perturbation {
  /** As a flag and the CSV name it. */
  name: string;
  /** As a figure names it. */
  title: string;
  /** What the strength is measured in. */
  unit: string;
  /** The strength at which nothing is changed. */
  none: number;
  /** The strengths to try, `none` among them. */
  strengths: readonly number[];
  /** A few of them, for a first look. */
  quick: readonly number[];
  /** A strength as a person reads it. */
  format(strength: number): string;
  /**
   * Perturbs a case, which is not changed itself.
   *
   * @param strength In its unit.
   */
  apply(given: CaseImages, strength: number, context: PerturbationContext): Perturbed;
}

/** A part as per cent. */
export const percent = (part: number): string => `${Math.round(100 * part)} %`;
