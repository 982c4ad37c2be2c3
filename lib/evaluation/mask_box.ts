/**
 * The part of a grid that contains an object.
 *
 * @module
 */

/** A box in a grid. */
export interface MaskBox {
  /** Its first voxel along each axis. */
  readonly start: readonly number[];
  /** Its number of voxels along each axis; all 0 if nothing is set. */
  readonly size: readonly number[];
}

/**
 * The smallest box that contains all set voxels of some masks.
 *
 * @param masks Set where not 0; x fastest.
 * @param shape How many voxels along each axis, x first.
 */
export function boundingBox(masks: readonly Uint8Array[], shape: readonly number[]): MaskBox {
  const start = shape.map(() => Infinity);
  const end = shape.map(() => -Infinity);
  const voxels = shape.reduce((a, b) => a * b, 1);
  for (let i = 0; i < voxels; i++) {
    if (masks.every((mask) => mask[i] === 0)) continue;
    let rest = i;
    for (const [axis, length] of shape.entries()) {
      const position = rest % length;
      rest = (rest - position) / length;
      if (position < start[axis]!) start[axis] = position;
      if (position > end[axis]!) end[axis] = position;
    }
  }
  if (end[0] === -Infinity) return { start: shape.map(() => 0), size: shape.map(() => 0) };
  return { start, size: end.map((last, axis) => last - start[axis]! + 1) };
}

/** The part of a mask in a box, x fastest. */
export function cropToBox(mask: Uint8Array, shape: readonly number[], box: MaskBox): Uint8Array {
  const cropped = new Uint8Array(box.size.reduce((a, b) => a * b, 1));
  eachVoxel(shape, box, (inside, at) => cropped[inside] = mask[at]!);
  return cropped;
}

/**
 * Visits the voxels of a box.
 *
 * @param visit Called with a voxel's index in the box and in the grid.
 */
export function eachVoxel(
  shape: readonly number[],
  { start, size }: MaskBox,
  visit: (inside: number, at: number) => void,
): void {
  const voxels = size.reduce((a, b) => a * b, 1);
  for (let inside = 0; inside < voxels; inside++) {
    let [rest, at, stride] = [inside, 0, 1];
    for (const [axis, length] of size.entries()) {
      const position = rest % length;
      rest = (rest - position) / length;
      at += (position + start[axis]!) * stride;
      stride *= shape[axis]!;
    }
    visit(inside, at);
  }
}
