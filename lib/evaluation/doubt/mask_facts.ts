/**
 * Facts about a mask that need no label.
 *
 * @module
 */

import type { Case, Targets } from "../../slices/case.ts";
import { boundingBox, cropToBox } from "../mask_box.ts";
import { codesOf } from "../overlap.ts";
import { connectedComponents } from "../postprocess_mask.ts";
import { joinPlanes, maskGrid } from "../score_case.ts";

/** What a reviewer wants to know of a mask before opening it. */
export interface MaskFacts {
  /** The number of connected pieces of each class, see `connectedComponents`. */
  readonly pieces: number[];
  /** Whether any class has voxels on the border of the image, on any side. */
  readonly touchesBorder: boolean;
}

/**
 * Counts the pieces of a case's masks, and looks at its border. A volume is one image; pictures of
 * a series count separately.
 *
 * @param masks Codes, one plane per index of the case.
 */
export function maskFacts(
  masks: readonly Uint8Array[],
  opened: Pick<Case, "kind" | "grid" | "indices" | "extent">,
  targets: Targets,
): MaskFacts {
  const grid = maskGrid(opened);
  const images = grid !== null ? [{ mask: joinPlanes(masks), shape: grid.shape }] : masks.map(
    (mask, i) => {
      const { height, width } = opened.extent(opened.indices[i]!);
      return { mask, shape: [width, height] };
    },
  );
  const pieces = targets.classes.map(() => 0);
  let touchesBorder = false;
  for (const { mask, shape } of images) {
    for (const c of pieces.keys()) {
      const codes = codesOf(targets, c);
      const own = mask.map((code) => codes[code]!);
      if (!own.includes(1)) continue;
      const box = boundingBox([own], shape);
      pieces[c]! += connectedComponents(cropToBox(own, shape, box), box.size).sizes.length - 1;
      touchesBorder ||= own.some((value, i) => value === 1 && isOnBorder(i, shape));
    }
  }
  return { pieces, touchesBorder };
}

/** Whether a voxel is the first or last along an axis. */
function isOnBorder(index: number, shape: readonly number[]): boolean {
  let stride = 1;
  for (const length of shape) {
    const position = Math.floor(index / stride) % length;
    if (position === 0 || position === length - 1) return true;
    stride *= length;
  }
  return false;
}
