/**
 * The Dice score as others count it, so that numbers can be compared.
 *
 * @module
 */

import { IGNORED } from "../slices/case.ts";
import { type CodeSet, overlap, overlapScores } from "./overlap.ts";
import { finiteMean } from "./statistics.ts";

/**
 * The soft Dice score of a volume, without smoothing: 2 Σ p·y / (Σ p + Σ y) over all voxels, p the
 * probability and y 1 in the object. An unsure model scores lower than with its mask.
 *
 * Source: the code of the Med-NCA paper, github.com/MECLabTUDA/Med-NCA, `test` in
 * `src/agents/Agent.py`: one less its Dice loss with `smooth = 0`, over the slices of a patient.
 *
 * @param probabilities Of the class, one plane per slice.
 * @param labels Codes; voxels that the label ignores do not count.
 * @param codes Those of the class.
 * @returns NaN if the label is empty: there such cases are left out.
 *
 * @example
 * ```ts
 * import { softDice } from "./other_dice.ts";
 * import { FOREGROUND } from "./overlap.ts";
 * import assert from "node:assert/strict";
 *
 * const probabilities = [Float32Array.of(0.75, 0.25)];
 * assert.equal(softDice(probabilities, [Uint8Array.of(1, 0)], FOREGROUND), 1.5 / 2);
 * ```
 */
export function softDice(
  probabilities: readonly Float32Array[],
  labels: readonly Uint8Array[],
  codes: CodeSet,
): number {
  let [both, said, object] = [0, 0, 0];
  for (const [slice, label] of labels.entries()) {
    for (const [i, code] of label.entries()) {
      if (code === IGNORED) continue;
      const p = probabilities[slice]![i]!;
      both += p * codes[code]!;
      said += p;
      object += codes[code]!;
    }
  }
  return object === 0 ? NaN : 2 * both / (said + object);
}

/**
 * The mean over slices of their Dice scores, as in papers that score slice by slice. Slices in which
 * mask and label are empty do not count; each other slice counts the same, however small its part
 * of the object.
 *
 * @param masks Codes, one plane per slice.
 * @param labels Codes of the reference.
 * @param codes Those of the class.
 * @returns NaN if no slice has any.
 *
 * @example
 * ```ts
 * import { sliceDice } from "./other_dice.ts";
 * import { FOREGROUND } from "./overlap.ts";
 * import assert from "node:assert/strict";
 *
 * const masks = [Uint8Array.of(1, 1), Uint8Array.of(0, 0), Uint8Array.of(0, 1)];
 * const labels = [Uint8Array.of(1, 1), Uint8Array.of(0, 0), Uint8Array.of(1, 0)];
 * assert.equal(sliceDice(masks, labels, FOREGROUND), (1 + 0) / 2);
 * ```
 */
export function sliceDice(
  masks: readonly Uint8Array[],
  labels: readonly Uint8Array[],
  codes: CodeSet,
): number {
  return finiteMean(
    masks.map((mask, i) => overlapScores(overlap(mask, labels[i]!, codes)).Dice),
  );
}
