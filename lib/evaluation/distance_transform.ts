/**
 * The exact Euclidean distance transform.
 *
 * @module
 */

/**
 * The exact squared distance of every voxel to the nearest set one, computed axis by axis (P.
 * Felzenszwalb, D. Huttenlocher, "Distance transforms of sampled functions", 2012).
 *
 * @param mask Set where not 0; x fastest.
 * @param shape The number of voxels along each axis, x first.
 * @param spacing The distance between voxels along each axis.
 * @returns Squared distances in the spacing's unit; Infinity if nothing is set.
 *
 * @example
 * ```ts
 * import { squaredDistances } from "./distance_transform.ts";
 * import assert from "node:assert/strict";
 *
 * assert.deepEqual([...squaredDistances(Uint8Array.of(1, 0, 0), [3], [2])], [0, 4, 16]);
 * ```
 */
export function squaredDistances(
  mask: Uint8Array,
  shape: readonly number[],
  spacing: readonly number[],
): Float64Array {
  const distances = Float64Array.from(mask, (value) => value !== 0 ? 0 : Infinity);
  const longest = Math.max(...shape);
  const line = new Float64Array(longest);
  const envelope: Envelope = {
    apexes: new Int32Array(longest),
    starts: new Float64Array(longest),
  };
  let stride = 1;
  for (const [axis, length] of shape.entries()) {
    const square = spacing[axis]! ** 2;
    for (let i = 0; i < distances.length; i++) {
      // The first voxel of each line along the axis
      if (Math.floor(i / stride) % length !== 0) continue;
      for (let j = 0; j < length; j++) line[j] = distances[i + j * stride]!;
      const parabolas = lowerEnvelope(line, length, square, envelope);
      if (parabolas === 0) continue;
      for (let j = 0, k = 0; j < length; j++) {
        while (k + 1 < parabolas && envelope.starts[k + 1]! < j) k++;
        const apex = envelope.apexes[k]!;
        distances[i + j * stride] = square * (j - apex) ** 2 + line[apex]!;
      }
    }
    stride *= length;
  }
  return distances;
}

/**
 * The lower envelope of parabolas: the apex of each, and the position from which it is the lowest.
 */
interface Envelope {
  apexes: Int32Array;
  starts: Float64Array;
}

/** Finds the lower envelope of parabolas over a line; returns the number that are part of it. */
function lowerEnvelope(
  line: Float64Array,
  length: number,
  square: number,
  { apexes, starts }: Envelope,
): number {
  let count = 0;
  for (let apex = 0; apex < length; apex++) {
    if (line[apex] === Infinity) continue;
    let start = -Infinity;
    while (count > 0) {
      const last = apexes[count - 1]!;
      start = (line[apex]! - line[last]! + square * (apex ** 2 - last ** 2)) /
        (2 * square * (apex - last));
      if (start > starts[count - 1]!) break;
      count--;
      start = -Infinity;
    }
    apexes[count] = apex;
    starts[count] = start;
    count++;
  }
  return count;
}
