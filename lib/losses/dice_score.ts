import type * as tf from "@tensorflow/tfjs";
import { DICE_SMOOTH } from "./dice_loss.ts";

/**
 * The logit above which a cell is foreground: the smallest that a float32 sigmoid puts above ½.
 * (The tutorial uses sigmoid > 0.5, so a logit of exactly 0 is background.)
 */
const FOREGROUND_LOGIT = 2 ** -25;

/**
 * The tutorial's Dice score of a batch: (2 |P∩Z| + s) / (|P| + |Z| + s), P where the sigmoid of the
 * logit is above ½. With empty P and Z it is 1; use the Dice per volume for reports.
 *
 * @param logits Any shape.
 * @param labels 0 or 1, of the same size.
 *
 * @example
 * ```ts
 * import { diceScore } from "./dice_score.ts";
 * import assert from "node:assert/strict";
 *
 * const score = diceScore(new Float32Array([2, -1, 3]), new Float32Array([1, 0, 0]));
 * assert(Math.abs(score - 2 / 3) < 1e-5);
 * ```
 */
export function diceScore(
  logits: Float32Array | tf.Tensor,
  labels: Float32Array | Uint8Array | tf.Tensor,
): number {
  const x = "dataSync" in logits ? logits.dataSync() : logits;
  const z = "dataSync" in labels ? labels.dataSync() : labels;
  if (x.length !== z.length) {
    throw new TypeError(`Cannot score: ${x.length} logits for ${z.length} labels`);
  }
  let both = 0, predicted = 0, actual = 0;
  for (let i = 0; i < x.length; i++) {
    const p = x[i]! > FOREGROUND_LOGIT ? 1 : 0;
    both += p * z[i]!;
    predicted += p;
    actual += z[i]!;
  }
  return (2 * both + DICE_SMOOTH) / (predicted + actual + DICE_SMOOTH);
}
