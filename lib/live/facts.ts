/**
 * What the page knows of a model, a case and DICOM series.
 *
 * @module
 */

import type { View } from "../plots/raster.ts";

/** A model, for the page. */
export interface ModelFacts {
  readonly channels: number;
  readonly imageChannels: number;
  /** The meaning of mask codes, see `Targets`. */
  readonly kind: "classes" | "regions";
  readonly classes: readonly string[];
  /** The values of its normalised images that are shown as black and white. */
  readonly window: readonly [low: number, high: number];
  readonly steps: readonly [number, number];
  readonly fireRate: number;
  readonly seed: number;
  readonly parameters: number;
}

/** A case, for the page. */
export interface CaseFacts {
  readonly id: string;
  readonly slices: number;
  /** The index of the slice with the most foreground, else the middle one. */
  readonly start: number;
  readonly hasLabel: boolean;
  /** The orientation of its slices. */
  readonly view: View;
  /** Warnings. */
  readonly warnings: readonly string[];
}

/** A DICOM series, for the page. */
export interface SeriesFacts {
  readonly key: string;
  /** Its number, slices and description, and what is wrong with it. */
  readonly text: string;
  readonly isUsable: boolean;
}
