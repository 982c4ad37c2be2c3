/**
 * Shows the progress of a training in a notebook.
 *
 * @module
 */

import * as Plot from "@observablehq/plot";
import type { MedNca } from "../nca/med_nca.ts";
import { display, Figure } from "../plots/figure.ts";
import { OKABE_ITO } from "../plots/palette.ts";
import type { View } from "../plots/raster.ts";
import { drawChart } from "../plots/render_plot.ts";
import { svgDocument, svgGroup, svgLegend, svgText } from "../plots/svg.ts";
import type { Sample } from "../slices/slice_dataset.ts";
import { formatDuration } from "../support/format_duration.ts";
import type { EpochMetrics } from "../training/metrics.ts";
import type { Progress, TrainingStep } from "../training/progress.ts";
import { sendDisplay } from "./display.ts";
import { showStopButton, type StopButton } from "./stop_button.ts";
import { watchedMask } from "./watched_mask.ts";

const WIDTH = 1060; // of a page, so that the curves have room beside the mask
const BAR_WIDTH = WIDTH - 24;
const COLOURS = { training: OKABE_ITO.blue, validation: OKABE_ITO.vermillion };

/** What is drawn of a training. */
export interface ProgressState {
  /** Epochs in all. */
  total: number;
  /** The last step; undefined before the first one, such as of a finished run. */
  last: TrainingStep | undefined;
  /** Losses of steps, or of whole epochs that were done before; x in epochs. */
  losses: readonly { epoch: number; loss: number }[];
  /** The finished epochs. */
  epochs: readonly EpochMetrics[];
  /** The picture beside the curves. */
  mask: Figure | undefined;
}

/** What {@linkcode NotebookProgress} shows beside the curves, and how often. */
export interface ProgressOptions {
  /** Between two pictures. */
  milliseconds: number;
  /** The slice whose mask is redrawn after each epoch. */
  watch: Sample | undefined;
  view: View;
  /** Shows a Stop button. */
  stopButton: () => StopButton;
}

/**
 * A Stop button, and a picture that shows the progress of a training: a bar, the figures of the last
 * step, the loss of every step and epoch, and the Dice score of the validation patients. A resumed
 * or finished run starts with the epochs that were done before.
 *
 * @param options.seconds Between two pictures. Default: ½.
 * @param options.watch A validation slice, whose mask is redrawn after each epoch. Default: none.
 * @param options.view The orientation of the slice. Default: cut along axis 2 of a volume in RAS.
 */
export function notebookProgress(
  options: { seconds?: number; watch?: Sample; view?: View } = {},
): Progress {
  const { seconds = 0.5, watch, view = {} } = options;
  const stopButton = () => showStopButton();
  return new NotebookProgress(
    { milliseconds: seconds * 1000, watch, view, stopButton },
    sendDisplay,
  );
}

/** {@linkcode notebookProgress}, which draws with any function. */
export class NotebookProgress implements Progress {
  readonly #options: ProgressOptions;
  readonly #send: typeof sendDisplay;
  readonly #id = crypto.randomUUID();
  readonly #losses: { epoch: number; loss: number }[] = [];
  readonly #epochs: EpochMetrics[] = [];
  #total = 0;
  #last: TrainingStep | undefined;
  #mask: Figure | undefined;
  #shown = -Infinity;
  #first = true;
  #button: StopButton | undefined;

  constructor(options: ProgressOptions, send: typeof sendDisplay) {
    this.#options = options;
    this.#send = send;
  }

  start(history: readonly EpochMetrics[], { epochs }: { epochs: number }): void {
    this.#total = epochs;
    this.#epochs.push(...history);
    // The mean of an epoch is drawn at its middle
    this.#losses.push(...history.map(({ epoch, loss }) => ({ epoch: epoch - 0.5, loss })));
    if (history.length < epochs) this.#button = this.#options.stopButton();
    if (history.length > 0) this.#show();
  }

  step(step: TrainingStep): void {
    this.#last = step;
    this.#losses.push({ epoch: step.epoch - 1 + step.batch / step.batches, loss: step.loss });
    if (performance.now() - this.#shown >= this.#options.milliseconds) this.#show();
  }

  epoch(metrics: EpochMetrics, { model }: { model: MedNca }): void {
    this.#epochs.push(metrics);
    const { watch, view } = this.#options;
    const caption = `after epoch ${metrics.epoch}`;
    if (watch !== undefined) this.#mask = watchedMask(model, watch, { view, caption });
    this.#show();
  }

  stop(): void {
    if (this.#last !== undefined) this.#show();
    this.#button?.close();
  }

  #show(): void {
    this.#shown = performance.now();
    const svg = drawProgress({
      ...{ total: this.#total, last: this.#last, losses: this.#losses, epochs: this.#epochs },
      mask: this.#mask,
    });
    // Not awaited, so that training continues; the kernel keeps the order.
    this.#send(new Figure(svg)[display](), { id: this.#id, update: !this.#first });
    this.#first = false;
  }
}

/**
 * The picture of a running or finished training.
 *
 * @returns A standalone SVG.
 */
export function drawProgress({ total, last, losses, epochs, mask }: ProgressState): string {
  const validation = epochs.flatMap(({ epoch, valLoss }) =>
    valLoss === null ? [] : [{ epoch, loss: valLoss }]
  );
  const scores = epochs.flatMap(({ epoch, valVolumeDice }) =>
    valVolumeDice === null ? [] : [{ epoch, dice: valVolumeDice }]
  );
  const [maskWidth, maskHeight] = ["width", "height"].map((side) =>
    Number(mask?.svg.match(`${side}="(\\d+)"`)?.[1] ?? 0)
  ) as [number, number];
  const panel = { width: (WIDTH - maskWidth) / 2, height: 260, marginTop: 12 };
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
    title: "Dice of validation patients",
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
  const done = last === undefined
    ? epochs.length / total
    : (last.epoch - 1 + last.batch / last.batches) / total;
  const bar = `<rect x="12" y="40" width="${BAR_WIDTH}" height="12" rx="6" fill="#e0e0e0"/>` +
    `<rect x="12" y="40" width="${BAR_WIDTH * done}" height="12" rx="6" fill="${OKABE_ITO.blue}"/>`;
  const [headline, figures] = last === undefined
    ? [`${epochs.length} of ${total} epochs were done before`, ""]
    : describeStep(last, done);
  const content = svgText(headline, 12, 26, { size: 18, bold: true }) + bar +
    svgText(figures, 12, 76) + svgGroup(12, 92, legend.content) +
    svgGroup(0, 124, curves.content) + svgGroup(panel.width, 124, dicePanel.content) +
    svgGroup(2 * panel.width, 92, mask?.svg ?? "");
  const height = Math.max(curves.height, dicePanel.height, maskHeight - 32);
  return svgDocument(WIDTH, 124 + height, content);
}

/** The two lines about a step. */
function describeStep(step: TrainingStep, done: number): [headline: string, figures: string] {
  const { epoch, epochs: total, batch, batches, loss, dice, bce, lr, secondsLeft } = step;
  return [
    `Epoch ${epoch} of ${total}, batch ${batch} of ${batches}` +
    (done < 1 && secondsLeft !== null ? `, ${formatDuration(secondsLeft)} left` : ""),
    `loss ${loss.toFixed(3)}, Dice loss ${dice.toFixed(3)}, ` +
    `BCE ${bce.toFixed(3)}, learning rate ${lr.toExponential(1)}`,
  ];
}
