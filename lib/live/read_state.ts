/**
 * Reads a state: numbers to show, Dice, and the amount of change.
 *
 * @module
 */

import { type CodeSet, codesOf } from "../evaluation/overlap.ts";
import type { TrainedModel } from "../evaluation/predict_case.ts";
import { probabilitiesOf, storedMask } from "../evaluation/probabilities.ts";
import { finiteMean } from "../evaluation/statistics.ts";
import { IGNORED, type Targets } from "../slices/case.ts";
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
  if (show !== "probability") return storedMask(probabilities, targets);
  const cells = values.length / k;
  return Float32Array.from({ length: cells }, (_, cell) => {
    let most = 0;
    for (let c = 0; c < k; c++) most = Math.max(most, probabilities[c * cells + cell]!);
    return most;
  });
}

/** The truth as cells see it, so that Dice needs no mask of the grid's size. */
export interface TruthCells {
  /** The pixels of each cell that are not ignored. */
  readonly counted: Uint8Array;
  /** Of each class: those that belong to it, in each cell and together. */
  readonly classes: readonly {
    readonly codes: CodeSet;
    readonly inside: Uint8Array;
    readonly sum: number;
  }[];
}

/**
 * Counts the truth in cells.
 *
 * @param truth Codes on the grid.
 * @param scale How many pixels a cell is wide and high.
 */
export function countTruth(
  truth: Uint8Array,
  [height, width]: readonly [number, number],
  scale: number,
  targets: Targets,
): TruthCells {
  const cells = truth.length / scale ** 2;
  const count = (isIn: (code: number) => boolean) => {
    const counts = new Uint8Array(cells);
    for (let y = 0, i = 0; y < height; y++) {
      const row = Math.floor(y / scale) * width / scale;
      for (let x = 0; x < width; x++) {
        if (isIn(truth[i++]!)) counts[row + Math.floor(x / scale)]!++;
      }
    }
    return counts;
  };
  return {
    counted: count((code) => code !== IGNORED),
    classes: targets.classes.map((_, c) => {
      const codes = codesOf(targets, c);
      const inside = count((code) => codes[code] === 1);
      return { codes, inside, sum: inside.reduce((a, b) => a + b, 0) };
    }),
  };
}

/**
 * The mean Dice score of a mask over its classes; NaN if it is undefined.
 *
 * @param answer The probabilities of {@linkcode answerOf}.
 * @param truth In the same cells; null if there is none.
 */
export function diceOf(
  answer: Float32Array,
  truth: TruthCells | null,
  trained: TrainedModel,
): number {
  if (truth === null) return NaN;
  const mask = storedMask(answer, trained.inputs.targets);
  return finiteMean(truth.classes.map(({ codes, inside, sum }) => {
    let [both, found] = [0, 0];
    for (let cell = 0; cell < mask.length; cell++) {
      if (codes[mask[cell]!] === 0) continue;
      both += inside[cell]!;
      found += truth.counted[cell]!;
    }
    return 2 * both / (found + sum);
  }));
}

/** The mean change of a number. */
export function meanChange(before: Float32Array, after: Float32Array): number {
  let sum = 0;
  for (let i = 0; i < after.length; i++) sum += Math.abs(after[i]! - before[i]!);
  return sum / after.length;
}
