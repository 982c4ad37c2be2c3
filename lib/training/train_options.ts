import type { MedNca } from "../nca/med_nca.ts";
import type { SliceDataset } from "../slices/slice_dataset.ts";
import type { Split } from "../slices/split/split_cases.ts";
import type { ConfigOverrides } from "./config.ts";
import type { EpochMetrics } from "./metrics.ts";
import type { Progress } from "./progress.ts";

/** What `trainMedNca` takes. */
export interface TrainOptions {
  /** The training slices. */
  train: SliceDataset;
  /** Slices of other patients, to choose the best epoch. */
  validation?: SliceDataset;
  /** Changes to the preset and the defaults. */
  config?: ConfigOverrides;
  /** The patients of all parts, to be stored. Default: those of the two data sets. */
  split?: Split;
  /** The run's folder. Without one, nothing is written. */
  out?: string;
  /** Continue from the checkpoint in `out`. */
  resume?: boolean;
  /** The model to train. Default: a new one. */
  model?: MedNca;
  /** Shows the progress. Default: nothing. */
  progress?: Progress;
  /** Ends training after the current step, with a checkpoint. */
  signal?: AbortSignal;
}

/** What `trainMedNca` returns. */
export interface TrainResult {
  /**
   * With the last weights (their running mean if `ema` is set); the best ones are in the run's
   * folder. The caller disposes it.
   */
  model: MedNca;
  /** All finished epochs, including those before a resume. */
  history: EpochMetrics[];
  /** The epoch of the best weights, counted from 1, and its volume Dice on the validation set. */
  best: { epoch: number; score: number } | null;
  /** Whether the signal ended it before the last epoch. */
  aborted: boolean;
}
