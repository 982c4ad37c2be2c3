/**
 * The size of a file's slices, before the file is read whole.
 *
 * @module
 */

import { InputError } from "../support/errors.ts";
import { ByteReader } from "../volume/byte_reader.ts";
import { headerKind, parseHeader } from "../volume/nifti_header.ts";
import { readPngHeader } from "./png.ts";
import type { Axis } from "./types.ts";

/** A slice smaller than this says nothing at a quarter of its size. */
export const SMALLEST = 4;

/**
 * The height and width of a volume's or picture's slices, read from the file's header alone.
 *
 * @param path A volume or a PNG file.
 * @param axis The axis that a volume is cut along.
 * @returns `undefined` where they cannot be used; why is told when the file is read whole.
 */
export async function sliceSize(path: string, axis: Axis): Promise<[number, number] | undefined> {
  try {
    const size = /\.png$/i.test(path) ? await pictureSize(path) : await volumeSize(path, axis);
    return size !== undefined && Math.min(...size) >= SMALLEST ? size : undefined;
  } catch (error) {
    if (error instanceof InputError || error instanceof SyntaxError) return undefined;
    throw error;
  }
}

async function pictureSize(path: string): Promise<[number, number]> {
  using file = await Deno.open(path);
  const start = new Uint8Array(33);
  await file.read(start);
  const { height, width } = readPngHeader(start);
  return [height, width];
}

async function volumeSize(path: string, axis: Axis): Promise<[number, number] | undefined> {
  const reader = await ByteReader.open(path);
  try {
    const start = await reader.read(348);
    const kind = headerKind(start);
    if (kind === undefined) return undefined;
    const bytes = new Uint8Array(kind.size);
    bytes.set(start);
    bytes.set(await reader.read(kind.size - start.length), start.length);
    const { shape } = parseHeader(bytes, path);
    return shape.slice(0, 3).filter((_, i) => i !== axis) as [number, number];
  } finally {
    await reader.close();
  }
}
