import type { MedNca } from "../nca/med_nca.ts";
import { formatDuration } from "../support/format_duration.ts";
import { progressBar, StatusLine } from "../support/status_line.ts";
import type { EpochMetrics } from "./metrics.ts";

/** A training step, for display. */
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
  /** Estimated seconds until the last epoch ends; null if not known yet. */
  secondsLeft: number | null;
}

/** Receives the progress of a training. */
export interface Progress {
  /** Before the first step; with the finished epochs if a run is resumed. */
  start(history: readonly EpochMetrics[], options: { epochs: number }): void;
  /** After every step. */
  step(step: TrainingStep): void;
  /** After every epoch; `best` if its weights are the best so far. `model` may be run, not kept. */
  epoch(metrics: EpochMetrics, options: { epochs: number; best: boolean; model: MedNca }): void;
  /** When training ends, for any reason. */
  stop(): void;
}

/** Shows nothing. */
export const silentProgress: Progress = { start() {}, step() {}, epoch() {}, stop() {} };

/**
 * A status line on standard error for steps, and a permanent line for every epoch.
 *
 * @param options.seconds Without a terminal: seconds between two lines of steps. Default: 10.
 */
export function terminalProgress(options: { seconds?: number } = {}): Progress {
  // The first step is shown at once, as a sign that training runs
  const line = new StatusLine({ ...options, atOnce: true });
  return {
    start() {},
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
