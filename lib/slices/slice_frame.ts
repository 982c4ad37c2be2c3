/**
 * Cuts planes out of a volume, and puts them back, in any orientation, without reorienting the
 * volume.
 *
 * @module
 */

import {
  canonicalReorientation,
  PLANE_AXES,
  type Reorientation,
  reorientTriple,
} from "../volume/mod.ts";
import { AS_STORED } from "../volume/reorientation.ts";
import type { Volume, Voxels } from "../volume/types.ts";
import type { SliceSettings } from "./slice_settings.ts";
import type { Axis } from "./types.ts";

/** The position of planes among a volume's stored values. */
export interface SliceFrame {
  readonly height: number;
  readonly width: number;
  /** The number of planes. */
  readonly count: number;
  /** The stored axes of planes, rows and columns. */
  readonly axes: readonly [plane: Axis, row: Axis, column: Axis];
  /** The index of the first voxel, and the strides of planes, rows and columns. */
  readonly start: number;
  readonly strides: readonly [plane: number, row: number, column: number];
}

/**
 * The grid that slices are cut from, and the axis that they are cut along.
 *
 * @param volume Its position; a volume of unknown orientation is cut as it is stored.
 */
export function slicingGrid(
  settings: Pick<SliceSettings, "orientation" | "axis">,
  volume: Pick<Volume, "affine" | "orientation">,
): { grid: Reorientation; axis: Axis } {
  const canonical = volume.orientation === null ? AS_STORED : canonicalReorientation(volume.affine);
  const isStored = settings.orientation === "stored";
  const grid = isStored ? AS_STORED : canonical;
  if (typeof settings.axis === "number") return { grid, axis: settings.axis };
  const axis = PLANE_AXES[settings.axis];
  return { grid, axis: isStored ? canonical.axes[axis] as Axis : axis };
}

/** Composes two reorientations: of a grid within a grid within a volume. */
export function composed(inner: Reorientation, outer: Reorientation): Reorientation {
  return {
    axes: reorientTriple(outer.axes, inner),
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
 * @param grid The position of the grid that is cut within the stored one.
 * @param axis The axis of that grid perpendicular to the planes.
 */
export function sliceFrame(
  shape: readonly number[],
  { axes, flips }: Reorientation,
  axis: Axis,
): SliceFrame {
  const order = [axis, ...([0, 1, 2] as const).filter((other) => other !== axis)] as Axis[];
  const [nx = 1, ny = 1] = shape;
  const strides = [1, nx, nx * ny];
  const stored = order.map((i) => axes[i]! as Axis) as [Axis, Axis, Axis];
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

/** Puts a plane back into a volume: the inverse of {@linkcode cutPlane}. */
export function placePlane(
  volume: Voxels,
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
