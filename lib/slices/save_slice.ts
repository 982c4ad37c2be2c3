/**
 * Slices in and out of files.
 *
 * @module
 */

import { InputError } from "../support/errors.ts";
import { writeError, writeFileAtomic } from "../support/files.ts";
import type { Slice } from "../volume/types.ts";
import { decodeNpy, encodeNpy } from "./npy.ts";
import { decodePng, encodePng } from "./png.ts";

/** A slice to store: numbers, or a mask of 0 and 1. */
export interface StorableSlice {
  readonly data: Float32Array | Uint8Array;
  readonly height: number;
  readonly width: number;
}

/**
 * Saves a slice as a `.npy` file, exactly, or as a grey `.png` picture: numbers in [0, 1] with 16
 * bits, masks with 8 bits in black and white. {@linkcode loadSlice} reads both back, and so does
 * NumPy the first. The file is there whole or not at all, see `writeFileAtomic`.
 *
 * @param path Its ending says the format.
 * @param slice What to store; a `Uint8Array` is a mask.
 * @param options.quick Neither wait for the disk nor guard the temporary file by a lock, twice as
 * fast: for thousands of slices, in a folder that is there and that no other process writes to. What
 * a killed process left is written over when the slice is made again.
 * @throws {TypeError} If the name ends otherwise.
 * @throws {InputError} As `writeFileAtomic` does.
 */
export async function saveSlice(
  path: string,
  slice: StorableSlice,
  { quick = false }: { quick?: boolean } = {},
): Promise<void> {
  const { data, height, width } = slice;
  let bytes: Uint8Array;
  if (path.endsWith(".npy")) bytes = encodeNpy({ data, shape: [height, width] });
  else if (path.endsWith(".png")) bytes = encodePng(slice);
  else throw new TypeError(`Cannot save slice: the name ends in neither .npy nor .png: ${path}`);
  if (!quick) return await writeFileAtomic(path, bytes);
  try {
    // To hand so small a file to another thread takes longer than to write it.
    Deno.writeFileSync(`${path}.tmp`, bytes);
    Deno.renameSync(`${path}.tmp`, path);
  } catch (error) {
    throw writeError(error, path);
  }
}

/**
 * Loads a slice from a `.npy` or `.png` file.
 *
 * @param path Its ending, in any case, says the format.
 * @param options `kind` says what a picture holds: an "image" (the default), whose values come in
 * [0, 1], or a "label", whose values come as they are stored.
 * @throws {InputError} If the file is missing, damaged, not two-dimensional, or of another format.
 */
export async function loadSlice(
  path: string,
  options: { readonly kind?: "image" | "label" } = {},
): Promise<Slice> {
  let bytes: Uint8Array;
  try {
    bytes = await Deno.readFile(path);
  } catch (cause) {
    throw new InputError("Cannot read slice: no such file, or not readable", {
      code: "bad-slice",
      path,
      cause,
    });
  }
  try {
    if (/\.png$/i.test(path)) return decodePng(bytes, options);
    if (!/\.npy$/i.test(path)) throw new SyntaxError("Cannot read slice: neither .npy nor .png");
    const { data, shape } = decodeNpy(bytes);
    const [height, width] = shape;
    if (shape.length !== 2 || height === undefined || width === undefined) {
      throw new SyntaxError(`Cannot read slice: shape (${shape.join(", ")}) is not height, width`);
    }
    return { data: data instanceof Float32Array ? data : new Float32Array(data), height, width };
  } catch (cause) {
    if (!(cause instanceof SyntaxError)) throw cause;
    throw new InputError(cause.message, { code: "bad-slice", path, cause });
  }
}
