/**
 * The segmentation loss in one pass over arrays. It computes the same as `tensor_loss.ts`, which
 * took a twentieth of a training step if tensors are arrays.
 *
 * @module
 */

import { DICE_SMOOTH } from "./dice_loss.ts";

/** Logits and labels, pixel by pixel, the class running fastest. */
export interface ArrayLossInput {
  /** P × k values. */
  readonly logits: Float32Array;
  /** P × k values, 0 or 1. */
  readonly labels: Float32Array;
  /** P values, 0 where a pixel is ignored; null if all count. */
  readonly keep: Float32Array | null;
  /** The number of classes or regions, k. */
  readonly classes: number;
  /** Whether classes exclude each other, so that background competes with them. */
  readonly exclusive: boolean;
}

/** A loss with its gradient. */
export interface ArrayLoss {
  /** The Dice loss of each class, k values. */
  readonly classes: Float64Array;
  /** Their mean. */
  readonly dice: number;
  /** The mean cross-entropy. */
  readonly bce: number;
  /** The gradient of `slope · (dice + bce)` with respect to the logits, P × k values. */
  gradient(slope: number): Float32Array;
}

/** Computes the loss; see `segmentationLoss` for its definition. */
export function arrayLoss(input: ArrayLossInput): ArrayLoss {
  const { logits, labels, keep, classes: k } = input;
  const softmax = input.exclusive && k > 1;
  const p = new Float32Array(logits.length);
  const own = new Float64Array(k);
  const both = new Float64Array(k);
  const predicted = new Float64Array(k);
  const truth = new Float64Array(k);
  let [entropy, kept] = [0, 0];
  for (let at = 0, pixel = 0; at < logits.length; at += k, pixel++) {
    if (keep !== null && keep[pixel] === 0) continue;
    entropy += (softmax ? softmaxPixel : sigmoidPixel)(logits, labels, at, own);
    kept += softmax ? 1 : k;
    for (let c = 0; c < k; c++) {
      both[c]! += own[c]! * labels[at + c]!;
      predicted[c]! += own[c]!;
      truth[c]! += labels[at + c]!;
    }
    p.set(own, at);
  }
  const count = Math.max(kept, 1);
  const intersection = both.map((sum) => 2 * sum + DICE_SMOOTH);
  const union = predicted.map((sum, c) => sum + truth[c]! + DICE_SMOOTH);
  const dice = intersection.map((value, c) => 1 - value / union[c]!);
  return {
    classes: dice,
    dice: dice.reduce((sum, value) => sum + value, 0) / k,
    bce: entropy / count,
    gradient: (slope) => {
      const gradient = new Float32Array(p.length);
      // The derivative of a class's Dice loss by a probability is I/U² − 2z/U.
      const base = intersection.map((value, c) => value / union[c]! ** 2 / k);
      const hit = union.map((value) => 2 / value / k);
      const slopes = new Float64Array(k); // by the probabilities of a pixel
      for (let at = 0, pixel = 0; at < p.length; at += k, pixel++) {
        if (keep !== null && keep[pixel] === 0) continue;
        let mean = 0;
        for (let c = 0; c < k; c++) {
          slopes[c] = base[c]! - hit[c]! * labels[at + c]!;
          mean += p[at + c]! * slopes[c]!;
        }
        for (let c = 0; c < k; c++) {
          const [probability, byProbability] = [p[at + c]!, slopes[c]!];
          // dp/dx is p (1 − p) for a sigmoid; for a softmax it depends on the other classes too.
          const byLogit = softmax
            ? probability * (byProbability - mean)
            : byProbability * probability * (1 - probability);
          gradient[at + c] = slope * (byLogit + (probability - labels[at + c]!) / count);
        }
      }
      return gradient;
    },
  };
}

/** Writes the sigmoid probabilities of one pixel; returns the sum of their cross-entropies. */
function sigmoidPixel(
  logits: Float32Array,
  labels: Float32Array,
  at: number,
  p: Float64Array,
): number {
  let entropy = 0;
  for (let c = 0; c < p.length; c++) {
    const logit = logits[at + c]!;
    const small = Math.exp(-Math.abs(logit));
    p[c] = (logit < 0 ? small : 1) / (1 + small);
    entropy += Math.max(logit, 0) - logit * labels[at + c]! + Math.log1p(small);
  }
  return entropy;
}

/** The same for a softmax over the classes and a background of logit 0. */
function softmaxPixel(
  logits: Float32Array,
  labels: Float32Array,
  at: number,
  p: Float64Array,
): number {
  let largest = 0;
  for (let c = 0; c < p.length; c++) largest = Math.max(largest, logits[at + c]!);
  let [sum, truth] = [Math.exp(-largest), 0];
  for (let c = 0; c < p.length; c++) {
    sum += p[c] = Math.exp(logits[at + c]! - largest);
    truth += logits[at + c]! * labels[at + c]!;
  }
  for (let c = 0; c < p.length; c++) p[c]! /= sum;
  return largest + Math.log(sum) - truth;
}
