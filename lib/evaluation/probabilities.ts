/**
 * Converts logits to probabilities, and these to a mask.
 *
 * @module
 */

import type { Targets } from "../slices/case.ts";
import { storedCodes } from "../slices/targets.ts";

/**
 * The probability of each class at each pixel: for exclusive classes the softmax over the classes
 * and the background, whose logit is 0; for regions the sigmoid of each. With one class both are
 * the sigmoid.
 *
 * @param logits Pixels × k values, the class running fastest, from a model.
 * @param kind Whether classes exclude each other.
 * @param k The number of classes.
 * @returns k × pixels values, class after class.
 *
 * @example
 * ```ts
 * import { probabilitiesOf } from "./probabilities.ts";
 * import assert from "node:assert/strict";
 *
 * const logits = Float32Array.of(0, 0); // one pixel, two classes
 * assert.deepEqual(probabilitiesOf(logits, "regions", 2), Float32Array.of(0.5, 0.5));
 * assert.deepEqual(probabilitiesOf(logits, "classes", 2), Float32Array.of(1 / 3, 1 / 3));
 * ```
 */
export function probabilitiesOf(
  logits: Float32Array,
  kind: Targets["kind"],
  k: number,
): Float32Array {
  const pixels = logits.length / k;
  const result = new Float32Array(logits.length);
  if (k === 1 || kind === "regions") {
    for (let c = 0, to = 0; c < k; c++) {
      for (let i = c; i < logits.length; i += k) result[to++] = 1 / (1 + Math.exp(-logits[i]!));
    }
    return result;
  }
  for (let pixel = 0; pixel < pixels; pixel++) {
    const own = pixel * k;
    let highest = 0; // the background's logit
    for (let c = 0; c < k; c++) highest = Math.max(highest, logits[own + c]!);
    let sum = Math.exp(-highest);
    for (let c = 0; c < k; c++) sum += Math.exp(logits[own + c]! - highest);
    for (let c = 0; c < k; c++) {
      result[c * pixels + pixel] = Math.exp(logits[own + c]! - highest) / sum;
    }
  }
  return result;
}

/**
 * The mask of probabilities: the most probable of background and classes, or every region above one
 * half. Ties go to the background, then to the first class.
 *
 * @param probabilities k × pixels values, class after class.
 * @param kind Whether classes exclude each other.
 * @param k The number of classes.
 * @returns One code per pixel, see `Targets`.
 *
 * @example
 * ```ts
 * import { maskOf } from "./probabilities.ts";
 * import assert from "node:assert/strict";
 *
 * const probabilities = Float32Array.of(0.3, 0.6, 0.45, 0.6); // two pixels, two classes
 * assert.deepEqual([...maskOf(probabilities, "classes", 2)], [2, 1]);
 * assert.deepEqual([...maskOf(probabilities, "regions", 2)], [0, 3]);
 * ```
 */
export function maskOf(
  probabilities: Float32Array,
  kind: Targets["kind"],
  k: number,
): Uint8Array {
  const pixels = probabilities.length / k;
  const mask = new Uint8Array(pixels);
  for (let pixel = 0; pixel < pixels; pixel++) {
    let [code, best, background] = [0, 0, 1];
    for (let c = 0; c < k; c++) {
      const probability = probabilities[c * pixels + pixel]!;
      if (kind === "regions") code |= probability > 0.5 ? 1 << c : 0;
      else {
        background -= probability;
        if (probability > best) [code, best] = [c + 1, probability];
      }
    }
    mask[pixel] = kind === "classes" && !(best > background) ? 0 : code;
  }
  return mask;
}

/**
 * The mask of probabilities as a file holds it: {@linkcode maskOf}, and for regions `storedCodes`. It
 * is what is scored, drawn and written.
 *
 * @param probabilities k × pixels values, class after class.
 */
export function storedMask(probabilities: Float32Array, targets: Targets): Uint8Array {
  return storedCodes(maskOf(probabilities, targets.kind, targets.classes.length), targets);
}
