/**
 * Reads a state: numbers to show, Dice, and the amount of change.
 *
 * @module
 */

import { codesOf, overlap, overlapScores } from "../evaluation/overlap.ts";
import type { TrainedModel } from "../evaluation/predict_case.ts";
import { maskOf, probabilitiesOf } from "../evaluation/probabilities.ts";
import { finiteMean } from "../evaluation/statistics.ts";
import { storedCodes } from "../slices/targets.ts";
import type { Shown } from "./situation.ts";

/**
 * The part of a state to show, one number or code per cell: a channel, the probability (of the most
 * probable class), or the mask.
 *
 * @param state [h, w, c].
 */
export function planeOf(
  state: Float32Array,
  show: Shown,
  { model, inputs }: TrainedModel,
): Uint8Array | Float32Array {
  const { channels, imageChannels: n, classes: k } = model.config;
  const cells = state.length / channels;
  if (typeof show === "number") {
    const channel = Math.min(show, channels - 1);
    return Float32Array.from({ length: cells }, (_, cell) => state[cell * channels + channel]!);
  }
  const logits = new Float32Array(cells * k);
  for (let i = 0; i < logits.length; i++) {
    logits[i] = state[Math.floor(i / k) * channels + n + i % k]!;
  }
  const { kind } = inputs.targets;
  const probabilities = probabilitiesOf(logits, kind, k);
  if (show !== "probability") return storedCodes(maskOf(probabilities, kind, k), inputs.targets);
  return Float32Array.from({ length: cells }, (_, cell) => {
    let most = 0;
    for (let c = 0; c < k; c++) most = Math.max(most, probabilities[c * cells + cell]!);
    return most;
  });
}

/**
 * The mean Dice score of a state's mask over its classes; NaN if it is undefined.
 *
 * @param on.size The size of the grid; if the state is smaller, a cell covers several pixels.
 * @param on.truth Codes on the grid; null if there is none.
 */
export function diceOf(
  state: Float32Array,
  { size: [height, width], truth }: {
    readonly size: readonly [number, number];
    readonly truth: Uint8Array | null;
  },
  trained: TrainedModel,
): number {
  if (truth === null) return NaN;
  const mask = planeOf(state, "mask", trained);
  const scale = Math.sqrt(height * width / mask.length);
  const whole = new Uint8Array(height * width);
  for (let y = 0, i = 0; y < height; y++) {
    const row = Math.floor(y / scale) * width / scale;
    for (let x = 0; x < width; x++) whole[i++] = mask[row + Math.floor(x / scale)]!;
  }
  const { targets } = trained.inputs;
  return finiteMean(
    targets.classes.map((_, c) => overlapScores(overlap(whole, truth, codesOf(targets, c))).Dice),
  );
}

/** The mean change from one state to the next, over the numbers that can change. */
export function meanChange(
  before: Float32Array,
  after: Float32Array,
  { model: { config: { channels, imageChannels } } }: TrainedModel,
): number {
  let sum = 0;
  for (let i = 0; i < after.length; i++) sum += Math.abs(after[i]! - before[i]!);
  return sum / (after.length / channels * (channels - imageChannels));
}
