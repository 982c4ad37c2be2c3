/** Settings of a schedule; a training config has all of them. */
export interface ScheduleOptions {
  /**
   * "step": multiplied by `lrGamma` every `lrStep` epochs. "cosine": half a cosine down to zero, by
   * epoch; "cosine-batch": by batch.
   */
  schedule: "step" | "cosine" | "cosine-batch";
  /** The rate of epoch 0. */
  learningRate: number;
  /** Epochs in which the rate rises from 0 to the schedule's. Default: 0. */
  warmup?: number;
  /** Epochs between two steps. */
  lrStep: number;
  /** The factor at each step. */
  lrGamma: number;
  /** The number of epochs; a cosine ends there. */
  epochs: number;
}

/**
 * The learning rate of an epoch: PyTorch's `StepLR`, or its `CosineAnnealingLR` with
 * `T_max = epochs`.
 *
 * @param epoch Counted from 0; with a fraction for a batch within it.
 *
 * @example
 * ```ts
 * import { learningRateAt } from "./schedule.ts";
 * import assert from "node:assert/strict";
 *
 * const tutorial = {
 *   schedule: "step", learningRate: 1e-4, lrStep: 50, lrGamma: 0.5, epochs: 150,
 * } as const;
 * assert.equal(learningRateAt(tutorial, 49), 1e-4);
 * assert.equal(learningRateAt(tutorial, 50), 5e-5);
 * ```
 */
export function learningRateAt(options: ScheduleOptions, epoch: number): number {
  const { schedule, learningRate, lrStep, lrGamma, epochs, warmup = 0 } = options;
  const at = schedule === "cosine-batch" ? epoch : Math.floor(epoch);
  const rate = schedule === "step"
    ? learningRate * lrGamma ** Math.floor(at / lrStep)
    : learningRate * (1 + Math.cos(Math.PI * at / epochs)) / 2;
  return epoch < warmup ? rate * epoch / warmup : rate;
}
