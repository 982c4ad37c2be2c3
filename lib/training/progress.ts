/**
 * Showing how a training goes: in a terminal, in a log file, or not at all.
 *
 * @module
 */

// @ts-types="npm:@types/cli-progress@3.11.6"
import cliProgress from "cli-progress";
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
  /** Dice loss + BCE of the batch. */
  loss: number;
  /** Dice loss of the batch. */
  dice: number;
  /** Binary cross-entropy of the batch. */
  bce: number;
  /** Learning rate of the step. */
  lr: number;
  /** Seconds until the last epoch ends, as far as one can tell; null where one cannot yet. */
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
 * A progress bar with a line an epoch where there is a terminal; where there is none, as in a log
 * file, a plain line at the first step and then every few seconds.
 *
 * @param options.seconds Between two plain lines.
 */
export function terminalProgress(options: { seconds?: number } = {}): Progress {
  const { seconds = 10 } = options;
  return Deno.stderr.isTerminal() ? new BarProgress() : new LineProgress(seconds);
}

/** A time left whose text is the longest, 59 min 59 s. */
const LONGEST = 3599;

class BarProgress implements Progress {
  #bar: cliProgress.SingleBar | undefined;

  step(step: TrainingStep): void {
    const { head, figures } = describe(step);
    if (this.#bar === undefined) {
      const longest = describe({ ...step, secondsLeft: LONGEST }).figures;
      const rest = `${head}  ${step.batches}/${step.batches}   ${longest}`.length;
      this.#bar = new cliProgress.SingleBar({
        format: "{head} {bar} {value}/{total}  {figures}",
        barCompleteChar: "━",
        barIncompleteChar: "─",
        barsize: Math.max(3, Math.min(30, columns() - rest - 3)),
        hideCursor: true,
        clearOnComplete: true,
      });
      this.#bar.start(step.batches, step.batch, { head, figures });
    }
    this.#bar.update(step.batch, { head, figures });
  }

  epoch(metrics: EpochMetrics, options: { epochs: number; best: boolean }): void {
    this.stop();
    console.error(epochLine(metrics, options));
  }

  stop(): void {
    this.#bar?.stop();
    this.#bar = undefined;
  }
}

class LineProgress implements Progress {
  readonly #milliseconds: number;
  #last = -Infinity; // the first step is told at once, so that one sees that it runs

  constructor(seconds: number) {
    this.#milliseconds = 1000 * seconds;
  }

  step(step: TrainingStep): void {
    if (performance.now() - this.#last < this.#milliseconds) return;
    this.#last = performance.now();
    const { head, figures } = describe(step);
    console.error(`${head}, batch ${step.batch}/${step.batches}  ${figures}`);
  }

  epoch(metrics: EpochMetrics, options: { epochs: number; best: boolean }): void {
    this.#last = performance.now();
    console.error(epochLine(metrics, options));
  }

  stop(): void {}
}

function columns(): number {
  try {
    return Deno.consoleSize().columns || 80;
  } catch {
    return 80; // standard input or output is no terminal
  }
}

function describe(step: TrainingStep): { head: string; figures: string } {
  const { epoch, epochs, loss, dice, bce, lr, secondsLeft } = step;
  return {
    head: `Epoch ${epoch}/${epochs}`,
    figures: `loss ${loss.toFixed(3)} = dice ${dice.toFixed(3)} + bce ${bce.toFixed(3)}  ` +
      `lr ${lr.toExponential(0)}` +
      (secondsLeft === null ? "" : `  ${formatDuration(secondsLeft)} left`),
  };
}

function epochLine(
  metrics: EpochMetrics,
  { epochs, best }: { epochs: number; best: boolean },
): string {
  const { epoch, loss, dice, bce, valLoss, valVolumeDice, seconds } = metrics;
  const train = `loss ${loss.toFixed(4)} = dice ${dice.toFixed(4)} + bce ${bce.toFixed(4)}`;
  const validation = valLoss === null
    ? ""
    : `  validation: loss ${valLoss.toFixed(4)}, volume Dice ${valVolumeDice?.toFixed(4) ?? "–"}`;
  return `Epoch ${epoch}/${epochs}  ${train}${validation}${best ? ", the best so far" : ""}  ` +
    `(${formatDuration(seconds)})`;
}

/**
 * A duration for people.
 *
 * @example
 * ```ts
 * import { formatDuration } from "./progress.ts";
 * import assert from "node:assert/strict";
 *
 * assert.equal(formatDuration(8), "8 s");
 * assert.equal(formatDuration(192), "3 min 12 s");
 * assert.equal(formatDuration(7500), "2 h 05 min");
 * ```
 */
export function formatDuration(seconds: number): string {
  const total = Math.round(seconds);
  const two = (n: number) => String(n).padStart(2, "0");
  if (total < 60) return `${total} s`;
  if (total < 3600) return `${Math.floor(total / 60)} min ${two(total % 60)} s`;
  return `${Math.floor(total / 3600)} h ${two(Math.floor(total / 60) % 60)} min`;
}
