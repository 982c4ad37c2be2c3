/**
 * Reads a state: numbers to show, Dice, and the amount of change.
 *
 * @module
 */

import { codesOf, overlap, overlapScores } from "../evaluation/overlap.ts";
import type { TrainedModel } from "../evaluation/predict_case.ts";
import { maskOf, probabilitiesOf } from "../evaluation/probabilities.ts";
import { finiteMean } from "../evaluation/statistics.ts";
import type { Targets } from "../slices/case.ts";
import { storedCodes } from "../slices/targets.ts";
import type { Shown } from "./situation.ts";

/** Consecutive channels of a state. */
export interface Channels {
  readonly first: number;
  readonly count: number;
}

/** The channels of the logits. */
export function logitChannels({ model }: TrainedModel): Channels {
  return { first: model.config.imageChannels, count: model.config.classes };
}

/** The channels that {@linkcode planeOf} needs. */
export function channelsOf(show: Shown, trained: TrainedModel): Channels {
  if (typeof show !== "number") return logitChannels(trained);
  return { first: Math.min(show, trained.model.config.channels - 1), count: 1 };
}

/** The probabilities of logits, class after class. */
export function answerOf(
  logits: Float32Array,
  { inputs: { targets: { kind, classes } } }: TrainedModel,
): Float32Array {
  return probabilitiesOf(logits, kind, classes.length);
}

/**
 * What to show of a state, one number or code per cell: a channel, the probability (of the most
 * probable class), or the mask.
 *
 * @param values The channels of {@linkcode channelsOf}, the channel running fastest.
 */
export function planeOf(
  values: Float32Array,
  show: Shown,
  trained: TrainedModel,
): Uint8Array | Float32Array {
  if (typeof show === "number") return values;
  const { targets } = trained.inputs;
  const k = targets.classes.length;
  const probabilities = answerOf(values, trained);
  if (show !== "probability") return codesIn(probabilities, targets);
  const cells = values.length / k;
  return Float32Array.from({ length: cells }, (_, cell) => {
    let most = 0;
    for (let c = 0; c < k; c++) most = Math.max(most, probabilities[c * cells + cell]!);
    return most;
  });
}

/**
 * The mean Dice score of a mask over its classes; NaN if it is undefined.
 *
 * @param answer The probabilities of {@linkcode answerOf}.
 * @param on.size The size of the grid; if the state is smaller, a cell covers several pixels.
 * @param on.truth Codes on the grid; null if there is none.
 */
export function diceOf(
  answer: Float32Array,
  { size: [height, width], truth }: {
    readonly size: readonly [number, number];
    readonly truth: Uint8Array | null;
  },
  trained: TrainedModel,
): number {
  if (truth === null) return NaN;
  const { targets } = trained.inputs;
  const mask = codesIn(answer, targets);
  const scale = Math.sqrt(height * width / mask.length);
  const whole = new Uint8Array(height * width);
  for (let y = 0, i = 0; y < height; y++) {
    const row = Math.floor(y / scale) * width / scale;
    for (let x = 0; x < width; x++) whole[i++] = mask[row + Math.floor(x / scale)]!;
  }
  return finiteMean(
    targets.classes.map((_, c) => overlapScores(overlap(whole, truth, codesOf(targets, c))).Dice),
  );
}

function codesIn(answer: Float32Array, targets: Targets): Uint8Array {
  return storedCodes(maskOf(answer, targets.kind, targets.classes.length), targets);
}

/** The mean change of a number. */
export function meanChange(before: Float32Array, after: Float32Array): number {
  let sum = 0;
  for (let i = 0; i < after.length; i++) sum += Math.abs(after[i]! - before[i]!);
  return sum / after.length;
}
