/**
 * Showing how a training goes: in a terminal, in a log file, or not at all.
 *
 * @module
 */

import { formatDuration } from "../support/format_duration.ts";
import { progressBar, StatusLine } from "../support/status_line.ts";
import type { EpochMetrics } from "./metrics.ts";

/** One training step as it is shown. */
export interface TrainingStep {
  /** Counted from 1. */
  epoch: number;
  /** Epochs in all. */
  epochs: number;
  /** Within the epoch, counted from 1. */
  batch: number;
  /** Batches in an epoch. */
  batches: number;
  /** Dice loss + cross-entropy of the batch. */
  loss: number;
  /** Dice loss of the batch. */
  dice: number;
  /** Cross-entropy of the batch. */
  bce: number;
  /** Learning rate of the step. */
  lr: number;
  /** Seconds until the last epoch ends, as far as one can tell; null if one cannot yet. */
  secondsLeft: number | null;
}

/** Is told how a training goes. */
export interface Progress {
  /** After every step. */
  step(step: TrainingStep): void;
  /** After every epoch, `best` where its weights are the best so far. */
  epoch(metrics: EpochMetrics, options: { epochs: number; best: boolean }): void;
  /** When training ends, whichever way. */
  stop(): void;
}

/** Shows nothing. */
export const silentProgress: Progress = { step() {}, epoch() {}, stop() {} };

/**
 * A line on standard error that follows the steps, and one that stays for every epoch.
 *
 * @param options.seconds Where there is no terminal: between two lines of steps. Default: 10.
 */
export function terminalProgress(options: { seconds?: number } = {}): Progress {
  // The first step is shown at once, so that one sees that it runs
  const line = new StatusLine({ ...options, atOnce: true });
  return {
    step: (step) => line.show(stepLine(step)),
    epoch: (metrics, options) => line.print(epochLine(metrics, options)),
    stop: () => line.clear(),
  };
}

function stepLine(step: TrainingStep): string {
  const { epoch, epochs, batch, batches, loss, dice, bce, lr, secondsLeft } = step;
  const left = secondsLeft === null ? "" : `  ${formatDuration(secondsLeft)} left`;
  return `Epoch ${epoch}/${epochs} ${progressBar(batch, batches)} ${batch}/${batches}  ` +
    `loss ${loss.toFixed(3)} = dice ${dice.toFixed(3)} + bce ${bce.toFixed(3)}  ` +
    `lr ${lr.toExponential(0)}${left}`;
}

function epochLine(
  metrics: EpochMetrics,
  { epochs, best }: { epochs: number; best: boolean },
): string {
  const { epoch, loss, dice, bce, valLoss, valVolumeDice, classes, seconds } = metrics;
  const score = (value: number | null) => value?.toFixed(4) ?? "–";
  const each = classes.map(({ name, valVolumeDice }) => `${name} ${score(valVolumeDice)}`);
  const byClass = each.length === 0 ? "" : ` (${each.join(", ")})`;
  const train = `loss ${loss.toFixed(4)} = dice ${dice.toFixed(4)} + bce ${bce.toFixed(4)}`;
  const validation = valLoss === null
    ? ""
    : `  validation: loss ${valLoss.toFixed(4)}, volume Dice ${score(valVolumeDice)}${byClass}`;
  return `Epoch ${epoch}/${epochs}  ${train}${validation}${best ? ", the best so far" : ""}  ` +
    `(${formatDuration(seconds)})`;
}
