/**
 * Postprocessing of a mask: keep its largest piece, fill its holes.
 *
 * @module
 */

import { boundingBox, cropToBox, eachVoxel } from "./mask_box.ts";

/**
 * The pieces of a mask: voxels are connected if they share a face (a side, in a picture), as in
 * scipy's `ndimage.label`.
 *
 * @param mask Set where not 0; x fastest.
 * @param shape The number of voxels along each axis, x first.
 * @returns The number of each voxel's piece from 1 on, in the order of their first voxels, 0 where
 * nothing is set; and the number of voxels of each, `sizes[0]` of none.
 *
 * @example
 * ```ts
 * import { connectedComponents } from "./postprocess_mask.ts";
 * import assert from "node:assert/strict";
 *
 * const { pieces, sizes } = connectedComponents(Uint8Array.of(1, 0, 1, 1), [4]);
 * assert.deepEqual([...pieces], [1, 0, 2, 2]);
 * assert.deepEqual(sizes, [1, 1, 2]);
 * ```
 */
export function connectedComponents(
  mask: Uint8Array,
  shape: readonly number[],
): { pieces: Uint32Array; sizes: number[] } {
  const pieces = new Uint32Array(mask.length);
  const sizes = [0];
  const waiting: number[] = [];
  for (let i = 0; i < mask.length; i++) {
    if (mask[i] === 0) sizes[0]!++;
    if (mask[i] === 0 || pieces[i] !== 0) continue;
    const piece = sizes.push(0) - 1;
    const take = (at: number) => {
      if (mask[at] === 0 || pieces[at] !== 0) return;
      pieces[at] = piece;
      sizes[piece]!++;
      waiting.push(at);
    };
    take(i);
    while (waiting.length > 0) {
      const at = waiting.pop()!;
      let stride = 1;
      for (const length of shape) {
        const position = Math.floor(at / stride) % length;
        if (position > 0) take(at - stride);
        if (position < length - 1) take(at + stride);
        stride *= length;
      }
    }
  }
  return { pieces, sizes };
}

/**
 * The largest of a mask's {@linkcode connectedComponents}, of equal ones the first.
 *
 * @param mask Set where not 0; x fastest.
 * @param shape The number of voxels along each axis, x first.
 * @returns A new mask of 0 and 1.
 */
export function largestComponent(mask: Uint8Array, shape: readonly number[]): Uint8Array {
  const box = boundingBox([mask], shape);
  const { pieces, sizes } = connectedComponents(cropToBox(mask, shape, box), box.size);
  const largest = sizes.indexOf(Math.max(...sizes.slice(1)), 1);
  const result = new Uint8Array(mask.length);
  eachVoxel(shape, box, (inside, at) => result[at] = pieces[inside] === largest ? 1 : 0);
  return result;
}

/**
 * A mask with its holes filled, as by scipy's `ndimage.binary_fill_holes`. A hole is background
 * that is not connected to the outside.
 *
 * @param mask Set where not 0; x fastest.
 * @param shape The number of voxels along each axis, x first.
 * @returns A new mask of 0 and 1.
 */
export function fillHoles(mask: Uint8Array, shape: readonly number[]): Uint8Array {
  const box = boundingBox([mask], shape);
  const { size } = box;
  const around = cropToBox(mask, shape, box).map((value) => value === 0 ? 1 : 0);
  const { pieces, sizes } = connectedComponents(around, size);
  // Background that reaches a side of the box is not a hole
  const open = new Uint8Array(sizes.length);
  for (const [i, piece] of pieces.entries()) {
    let stride = 1;
    for (const length of size) {
      const position = Math.floor(i / stride) % length;
      if (position === 0 || position === length - 1) open[piece] = 1;
      stride *= length;
    }
  }
  const result = new Uint8Array(mask.length);
  eachVoxel(shape, box, (inside, at) => {
    result[at] = around[inside] === 0 || open[pieces[inside]!] === 0 ? 1 : 0;
  });
  return result;
}
