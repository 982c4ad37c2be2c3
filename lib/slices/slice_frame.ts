/**
 * Planes cut out of a volume, and put back, in any orientation, without turning the volume itself.
 *
 * @module
 */

import type { SliceSettings } from "./slice_settings.ts";
import type { Axis } from "./types.ts";

/** How one grid lies in another: its axis i runs along `axes[i]` of the other. */
export interface Reorientation {
  readonly axes: readonly [Axis, Axis, Axis];
  /** Whether it runs the other way. */
  readonly flips: readonly [boolean, boolean, boolean];
}

/** A grid as it is. */
export const AS_STORED: Reorientation = { axes: [0, 1, 2], flips: [false, false, false] };

/** Where the planes of a volume lie among its stored values. */
export interface SliceFrame {
  readonly height: number;
  readonly width: number;
  /** The number of planes. */
  readonly count: number;
  /** The stored axes that planes, rows and columns run along. */
  readonly axes: readonly [plane: Axis, row: Axis, column: Axis];
  /** The place of the first voxel, and how far the next plane, row and column are. */
  readonly start: number;
  readonly strides: readonly [plane: number, row: number, column: number];
}

const ANATOMY = { sagittal: 0, coronal: 1, axial: 2 } as const;

/** The closest canonical grid, RAS+, of axes that run to three letters, as "LPS". */
export function toCanonical(orientation: string): Reorientation {
  const letters = ["RL", "AP", "SI"];
  const axes = letters.map((pair) => [...orientation].findIndex((letter) => pair.includes(letter)));
  const flips = axes.map((axis) => "LPI".includes(orientation[axis]!));
  return { axes: axes as [Axis, Axis, Axis], flips: flips as [boolean, boolean, boolean] };
}

/**
 * The grid that slices are cut from, and the axis of it that they are cut along.
 *
 * @param orientation Where the stored axes run to; null where that is not known, and the grid is
 * taken as it is stored.
 */
export function slicingGrid(
  settings: Pick<SliceSettings, "orientation" | "axis">,
  orientation: string | null,
): { grid: Reorientation; axis: Axis } {
  const canonical = orientation === null ? AS_STORED : toCanonical(orientation);
  const isStored = settings.orientation === "stored";
  if (typeof settings.axis === "number") {
    return { grid: isStored ? AS_STORED : canonical, axis: settings.axis };
  }
  const anatomical = ANATOMY[settings.axis];
  return isStored
    ? { grid: AS_STORED, axis: canonical.axes[anatomical] }
    : { grid: canonical, axis: anatomical };
}

/** A grid in a grid in a volume: where the first lies in the volume. */
export function composed(inner: Reorientation, outer: Reorientation): Reorientation {
  return {
    axes: inner.axes.map((axis) => outer.axes[axis]) as [Axis, Axis, Axis],
    flips: inner.axes.map((axis, i) => inner.flips[i] !== outer.flips[axis]) as [
      boolean,
      boolean,
      boolean,
    ],
  };
}

/**
 * The planes of a volume.
 *
 * @param shape The stored shape.
 * @param grid How the grid that is cut lies in the stored one.
 * @param axis The axis of that grid that planes follow each other along.
 */
export function sliceFrame(
  shape: readonly number[],
  { axes, flips }: Reorientation,
  axis: Axis,
): SliceFrame {
  const order = [axis, ...([0, 1, 2] as const).filter((other) => other !== axis)] as Axis[];
  const [nx = 1, ny = 1] = shape;
  const strides = [1, nx, nx * ny];
  const stored = order.map((i) => axes[i]!) as [Axis, Axis, Axis];
  const start = order.reduce<number>(
    (sum, i) => sum + (flips[i] ? (shape[axes[i]!]! - 1) * strides[axes[i]!]! : 0),
    0,
  );
  const [count, height, width] = stored.map((i) => shape[i]!) as [number, number, number];
  return {
    count,
    height,
    width,
    axes: stored,
    start,
    strides: order.map((i) => strides[axes[i]!]! * (flips[i] ? -1 : 1)) as [number, number, number],
  };
}

/** Copies one plane of a volume, row-major. */
export function cutPlane<T extends Float32Array | Uint8Array>(
  volume: T,
  frame: SliceFrame,
  index: number,
  plane: T,
): T {
  forEachPixel(frame, index, (voxel, pixel) => plane[pixel] = volume[voxel]!);
  return plane;
}

/** Puts a plane to its place in a volume: the inverse of {@linkcode cutPlane}. */
export function placePlane(
  volume: Float32Array | Uint8Array | Int16Array | Int32Array,
  frame: SliceFrame,
  index: number,
  plane: ArrayLike<number>,
): void {
  forEachPixel(frame, index, (voxel, pixel) => volume[voxel] = plane[pixel]!);
}

function forEachPixel(
  { height, width, start, strides: [planes, rows, columns] }: SliceFrame,
  index: number,
  visit: (voxel: number, pixel: number) => void,
): void {
  for (let row = 0, pixel = 0; row < height; row++) {
    let voxel = start + index * planes + row * rows;
    for (let column = 0; column < width; column++, voxel += columns) visit(voxel, pixel++);
  }
}
