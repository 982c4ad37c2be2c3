/**
 * Postprocesses masks before they are scored or written.
 *
 * @module
 */

import type { Case, Targets } from "../slices/case.ts";
import { storedCodes } from "../slices/targets.ts";
import { codesOf } from "./overlap.ts";
import { fillHoles, largestComponent } from "./postprocess_mask.ts";
import { joinPlanes, maskGrid } from "./score_case.ts";

/** The kinds of postprocessing, see `largestComponent` and `fillHoles`. */
export const POSTPROCESSES = ["none", "largest", "fill-holes", "largest+fill-holes"] as const;

/** One of {@linkcode POSTPROCESSES}. */
export type Postprocess = (typeof POSTPROCESSES)[number];

/**
 * Postprocesses each class of a mask. With exclusive classes, removed pieces become background, and
 * holes are filled only where they are background.
 *
 * @param mask Codes, x fastest.
 * @param shape The number of voxels along each axis, x first.
 * @param steps One per class of the targets.
 * @returns A new mask, or the same if there is nothing to do.
 */
export function postprocessMask(
  mask: Uint8Array,
  shape: readonly number[],
  steps: readonly Postprocess[],
  targets: Targets,
): Uint8Array {
  if (steps.every((step) => step === "none")) return mask;
  const { kind } = targets;
  const result = mask.slice();
  for (const [index, step] of steps.entries()) {
    if (step === "none") continue;
    const codes = codesOf({ kind }, index);
    const before = result.map((code) => codes[code]!);
    let after: Uint8Array = before;
    if (step !== "fill-holes") after = largestComponent(after, shape);
    if (step !== "largest") after = fillHoles(after, shape);
    for (const [i, value] of after.entries()) {
      if (value === before[i]) continue;
      if (kind === "regions") result[i]! ^= 1 << index;
      else if (value === 0) result[i] = 0;
      else if (result[i] === 0) result[i] = index + 1;
    }
  }
  return storedCodes(result, targets);
}

/**
 * {@linkcode postprocessMask} for a case: its whole volume, or each picture separately.
 *
 * @param masks Codes, one plane for each of the case's indices.
 */
export function postprocessCase(
  masks: readonly Uint8Array[],
  opened: Pick<Case, "kind" | "grid" | "indices" | "extent">,
  steps: readonly Postprocess[],
  targets: Targets,
): Uint8Array[] {
  if (steps.every((step) => step === "none")) return [...masks];
  const grid = maskGrid(opened);
  if (grid === null) {
    return masks.map((mask, i) => {
      const { height, width } = opened.extent(opened.indices[i]!);
      return postprocessMask(mask, [width, height], steps, targets);
    });
  }
  const whole = postprocessMask(joinPlanes(masks), grid.shape, steps, targets);
  let start = 0;
  return masks.map(({ length }) => whole.subarray(start, start += length));
}
