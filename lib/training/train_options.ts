/**
 * What a training takes and returns.
 *
 * @module
 */

import type { MedNca } from "../nca/med_nca.ts";
import type { SliceDataset } from "../slices/slice_dataset.ts";
import type { Split } from "../slices/split/split_cases.ts";
import type { ConfigOverrides } from "./config.ts";
import type { EpochMetrics } from "./metrics.ts";
import type { Progress } from "./progress.ts";

/** What `trainMedNca` takes. */
export interface TrainOptions {
  /** Slices to learn from. */
  train: SliceDataset;
  /** Slices of other patients, to choose the best epoch by. */
  validation?: SliceDataset;
  /** What differs from the preset and the defaults. */
  config?: ConfigOverrides;
  /** The patients of all parts, for the record; by default those of the two data sets. */
  split?: Split;
  /** Folder of the run. Without one nothing is written. */
  out?: string;
  /** Go on from the checkpoint in `out`. */
  resume?: boolean;
  /** The model to train, freshly made by default. */
  model?: MedNca;
  /** Where progress is shown; nowhere by default. */
  progress?: Progress;
  /** Ends training after the step at hand, with a checkpoint. */
  signal?: AbortSignal;
}

/** What `trainMedNca` returns. */
export interface TrainResult {
  /**
   * With the last weights, their running mean where `ema` is set; the best ones are in the run's
   * folder. The caller disposes it.
   */
  model: MedNca;
  /** The epochs that are done, those before a resume among them. */
  history: EpochMetrics[];
  /** The epoch of the best weights, counted from 1, and its volume Dice on the validation set. */
  best: { epoch: number; score: number } | null;
  /** Whether the signal ended it before the last epoch. */
  aborted: boolean;
}
