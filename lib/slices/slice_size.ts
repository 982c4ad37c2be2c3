/**
 * The size of a file's slices, before the file is read whole.
 *
 * @module
 */

import { InputError } from "../support/errors.ts";
import { readVolumeHeader } from "../volume/mod.ts";
import { readPngHeader } from "./png.ts";
import type { Axis } from "./types.ts";

/** A slice smaller than this says nothing at a quarter of its size. */
export const SMALLEST = 4;

/** Size and number of a file's slices. */
export interface SliceExtent {
  readonly height: number;
  readonly width: number;
  readonly count: number;
}

/**
 * The height, width and number of a volume's or picture's slices, read from the file's header alone.
 *
 * @param path A volume or a PNG file.
 * @param axis The axis that a volume is cut along.
 * @returns `undefined` where they cannot be used; why is told when the file is read whole.
 */
export async function sliceExtent(path: string, axis: Axis): Promise<SliceExtent | undefined> {
  try {
    const extent = /\.png$/i.test(path)
      ? await pictureExtent(path)
      : await volumeExtent(path, axis);
    return extent !== undefined && Math.min(extent.height, extent.width) >= SMALLEST
      ? extent
      : undefined;
  } catch (error) {
    if (error instanceof InputError || error instanceof SyntaxError) return undefined;
    throw error;
  }
}

async function pictureExtent(path: string): Promise<SliceExtent> {
  using file = await Deno.open(path);
  const start = new Uint8Array(33);
  await file.read(start);
  return { ...readPngHeader(start), count: 1 };
}

async function volumeExtent(path: string, axis: Axis): Promise<SliceExtent> {
  const { shape } = await readVolumeHeader(path);
  const [height = 0, width = 0] = shape.slice(0, 3).filter((_, i) => i !== axis);
  return { height, width, count: shape[axis] ?? 1 };
}
