import type { SliceFrame } from "./slice_frame.ts";
import type { Box } from "./types.ts";

/** The first and last index along x, y, z; the whole of an empty volume. */
export type Bounds = readonly (readonly [first: number, last: number])[];

/** Collects the bounds of voxels that are neither 0 nor missing. */
export class NonEmpty {
  readonly #first = [Infinity, Infinity, Infinity];
  readonly #last = [-Infinity, -Infinity, -Infinity];

  /**
   * Adds a channel.
   *
   * @param data The stored values, x fastest.
   */
  add(data: Float32Array, [nx, ny, nz]: readonly [number, number, number]): void {
    let i = 0;
    for (let z = 0; z < nz; z++) {
      for (let y = 0; y < ny; y++) {
        for (let x = 0; x < nx; x++, i++) {
          if (data[i] === 0 || data[i]! - data[i]! !== 0) continue;
          if (x < this.#first[0]!) this.#first[0] = x;
          if (x > this.#last[0]!) this.#last[0] = x;
          if (y < this.#first[1]!) this.#first[1] = y;
          if (y > this.#last[1]!) this.#last[1] = y;
          if (z < this.#first[2]!) this.#first[2] = z;
          this.#last[2] = z;
        }
      }
    }
  }

  /** The bounds over all channels. */
  bounds(shape: readonly number[]): Bounds {
    return shape.map((n, axis) =>
      this.#last[axis]! < 0 ? [0, n - 1] : [this.#first[axis]!, this.#last[axis]!]
    );
  }
}

/** The part of a frame's planes that is inside the bounds. */
export function boxInPlane(bounds: Bounds, { axes, strides, height, width }: SliceFrame): Box {
  const along = (place: 1 | 2, length: number): [start: number, length: number] => {
    const [first, last] = bounds[axes[place]]!;
    return [strides[place] < 0 ? length - 1 - last : first, last - first + 1];
  };
  const [top, rows] = along(1, height);
  const [left, columns] = along(2, width);
  return { top, left, height: rows, width: columns };
}

/** Sets every voxel outside the bounds to NaN, in place, so that none counts. */
export function keepOnly(data: Float32Array, bounds: Bounds, shape: readonly number[]): void {
  const [[x0, x1], [y0, y1], [z0, z1]] = bounds as [[number, number], [number, number], [
    number,
    number,
  ]];
  const [nx = 0, ny = 0, nz = 0] = shape;
  for (let z = 0; z < nz; z++) {
    for (let y = 0; y < ny; y++) {
      const row = (z * ny + y) * nx;
      if (z < z0 || z > z1 || y < y0 || y > y1) data.fill(NaN, row, row + nx);
      else {
        data.fill(NaN, row, row + x0);
        data.fill(NaN, row + x1 + 1, row + nx);
      }
    }
  }
}
