/**
 * Shows the progress of a training in a notebook.
 *
 * @module
 */

import * as Plot from "@observablehq/plot";
import { OKABE_ITO } from "../plots/palette.ts";
import { drawChart } from "../plots/render_plot.ts";
import { svgDocument, svgGroup, svgLegend, svgText } from "../plots/svg.ts";
import { sendDisplay } from "./display.ts";
import { formatDuration } from "../support/format_duration.ts";
import type { Progress, TrainingStep } from "../training/progress.ts";
import type { EpochMetrics } from "../training/metrics.ts";

const WIDTH = 900;
const BAR_WIDTH = WIDTH - 24;
const COLOURS = { training: OKABE_ITO.blue, validation: OKABE_ITO.vermillion };

/**
 * A picture below the cell that shows the progress of a training: a bar, the figures of the last
 * step, the loss of every step and epoch, and the Dice score of the validation patients.
 *
 * @param options.seconds Between two pictures. Default: ½.
 */
export function notebookProgress(options: { seconds?: number } = {}): Progress {
  return new NotebookProgress((options.seconds ?? 0.5) * 1000);
}

class NotebookProgress implements Progress {
  readonly #milliseconds: number;
  readonly #id = crypto.randomUUID();
  readonly #losses: { epoch: number; loss: number }[] = [];
  readonly #epochs: EpochMetrics[] = [];
  #last: TrainingStep | undefined;
  #shown = -Infinity;
  #first = true;

  constructor(milliseconds: number) {
    this.#milliseconds = milliseconds;
  }

  step(step: TrainingStep): void {
    this.#last = step;
    this.#losses.push({ epoch: step.epoch - 1 + step.batch / step.batches, loss: step.loss });
    if (performance.now() - this.#shown >= this.#milliseconds) this.#show();
  }

  epoch(metrics: EpochMetrics): void {
    this.#epochs.push(metrics);
    this.#show();
  }

  stop(): void {
    if (this.#last !== undefined) this.#show();
  }

  #show(): void {
    if (this.#last === undefined) return;
    this.#shown = performance.now();
    const svg = drawProgress(this.#last, this.#losses, this.#epochs);
    // Not awaited, so that training continues; the kernel keeps the order.
    sendDisplay({ "image/svg+xml": svg }, { id: this.#id, update: !this.#first });
    this.#first = false;
  }
}

/**
 * The picture of a running training.
 *
 * @param last The last step.
 * @param losses The loss of every step; x in epochs.
 * @param epochs The finished epochs.
 * @returns A standalone SVG.
 */
export function drawProgress(
  last: TrainingStep,
  losses: readonly { epoch: number; loss: number }[],
  epochs: readonly EpochMetrics[],
): string {
  const { epoch, epochs: total, batch, batches, loss, dice, bce, lr, secondsLeft } = last;
  const done = (epoch - 1 + batch / batches) / total;
  const text = `Epoch ${epoch} of ${total}, batch ${batch} of ${batches}` +
    (done < 1 && secondsLeft !== null ? `, ${formatDuration(secondsLeft)} left` : "");
  const figures = `loss ${loss.toFixed(3)}, Dice loss ${dice.toFixed(3)}, ` +
    `BCE ${bce.toFixed(3)}, learning rate ${lr.toExponential(1)}`;
  const validation = epochs.flatMap(({ epoch, valLoss }) =>
    valLoss === null ? [] : [{ epoch, loss: valLoss }]
  );
  const scores = epochs.flatMap(({ epoch, valVolumeDice }) =>
    valVolumeDice === null ? [] : [{ epoch, dice: valVolumeDice }]
  );
  const panel = { width: WIDTH / 2, height: 260, marginTop: 12 };
  const x = { label: "epoch", domain: [0, total], ticks: Math.min(total, 8) };
  const curves = drawChart({
    ...panel,
    title: "Loss (Dice + BCE)",
    x,
    y: { label: null, grid: true, zero: true, nice: true },
    marks: [
      Plot.lineY(losses, { x: "epoch", y: "loss", stroke: COLOURS.training, strokeWidth: 1.5 }),
      Plot.lineY(validation, {
        x: "epoch",
        y: "loss",
        stroke: COLOURS.validation,
        strokeWidth: 2.5,
      }),
      Plot.dot(validation, { x: "epoch", y: "loss", fill: COLOURS.validation, r: 4 }),
    ],
  });
  const dicePanel = drawChart({
    ...panel,
    title: "Dice score per validation patient",
    x,
    y: { label: null, grid: true, domain: [0, 1] },
    marks: [
      Plot.lineY(scores, { x: "epoch", y: "dice", stroke: COLOURS.validation, strokeWidth: 2.5 }),
      Plot.dot(scores, { x: "epoch", y: "dice", fill: COLOURS.validation, r: 4 }),
    ],
  });
  const legend = svgLegend(
    Object.entries(COLOURS).map(([label, colour]) => ({ label, colour })),
    { width: BAR_WIDTH },
  );
  const bar = `<rect x="12" y="40" width="${BAR_WIDTH}" height="12" rx="6" fill="#e0e0e0"/>` +
    `<rect x="12" y="40" width="${BAR_WIDTH * done}" height="12" rx="6" fill="${OKABE_ITO.blue}"/>`;
  const content = svgText(text, 12, 26, { size: 18, bold: true }) + bar +
    svgText(figures, 12, 76) + svgGroup(12, 92, legend.content) +
    svgGroup(0, 124, curves.content) + svgGroup(WIDTH / 2, 124, dicePanel.content);
  return svgDocument(WIDTH, 124 + Math.max(curves.height, dicePanel.height), content);
}
