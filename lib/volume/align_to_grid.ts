import { compareSpace } from "./compare_space.ts";
import { AS_STORED, type Reorientation } from "./reorientation.ts";
import type { Volume, Voxels } from "./types.ts";

/** How a label is brought to its image's grid, or why that is impossible. */
export type Alignment =
  | {
    /** For {@linkcode reorient}. */
    readonly reorientation: Reorientation;
    /** What had to be assumed, or null. */
    readonly warning: string | null;
    readonly problem: null;
  }
  | { readonly reorientation: null; readonly warning: null; readonly problem: string };

type Space = Pick<Volume<Voxels>, "shape" | "affine" | "orientation">;

/**
 * How to bring a label that covers the same physical space as its image, but is stored flipped or
 * permuted, to the image's grid. Exact: nothing is interpolated.
 *
 * If only one of the two states its position, and the numbers of voxels agree, voxels are assumed
 * to match.
 *
 * @returns The reorientation, or the problem, with the largest distance of corners.
 *
 * @example
 * ```ts
 * import { alignToGrid, createVolume } from "./mod.ts";
 * import assert from "node:assert/strict";
 *
 * const data = new Float32Array(8);
 * const shape = [2, 2, 2];
 * const image = createVolume({ data, shape, spacing: [1, 1, 2] });
 * const elsewhere = createVolume({
 *   data,
 *   shape,
 *   spacing: [1, 1, 2],
 *   affine: [[1, 0, 0, 40], [0, 1, 0, 0], [0, 0, 2, 0], [0, 0, 0, 1]],
 * });
 * assert.equal(
 *   alignToGrid(elsewhere, image).problem,
 *   "the label covers a different space than its image: corners are up to 40 mm (40 voxels) apart",
 * );
 * ```
 */
export function alignToGrid(label: Space, image: Space): Alignment {
  const problem = (text: string): Alignment => ({
    reorientation: null,
    warning: null,
    problem: text,
  });
  const [a, b] = [image, label].map(({ shape }) => shape.slice(0, 3).join("×"));
  const shapes = `image has ${a} voxels and label ${b}`;
  if ((image.orientation === null) !== (label.orientation === null)) {
    if (a !== b) return problem(shapes);
    const which = image.orientation === null ? "the image" : "the label";
    return {
      reorientation: AS_STORED,
      warning:
        `${which} does not state its position; voxels of image and label are assumed to match`,
      problem: null,
    };
  }
  const found = compareSpace(label, image);
  if (found.same) return { reorientation: found.reorientation, warning: null, problem: null };
  if (found.otherShape) return problem(shapes);
  const short = (value: number) => Number(value.toPrecision(3));
  return problem(
    `the label covers a different space than its image: corners are up to ${
      short(found.millimetres)
    } ` +
      `mm (${short(found.voxels)} voxels) apart`,
  );
}
