import { InputError } from "../support/errors.ts";
import { writeError, writeFileAtomic } from "../support/files.ts";
import { readRegularFile } from "../support/read_file.ts";
import type { Finding } from "./discovery/case_source.ts";
import { decodeNpy, encodeNpy } from "./npy.ts";
import { decodePng, encodePng, toGrey } from "./png.ts";
import { decodePngLabel, encodePngLabel, type StoredLabel } from "./png_label.ts";
import type { ImageSlice } from "./types.ts";

/** The largest slice: 2²⁵ pixels of a few channels. */
const LARGEST_FILE = 2 ** 30;

/** A slice to store: numbers, or a mask. */
export interface StorableSlice {
  /** Channels × height × width values. */
  readonly data: Float32Array | Uint8Array;
  readonly height: number;
  readonly width: number;
  /** Default: 1. */
  readonly channels?: number;
}

/** Options of {@linkcode saveSlice}. */
export interface SaveSliceOptions {
  /**
   * Neither flush to disk nor lock the temporary file; twice as fast. For thousands of slices in an
   * existing folder that no other process writes to. A killed process's leftovers are overwritten.
   */
  readonly quick?: boolean;
  /** Store a mask's values in a picture as they are, not as black and white. */
  readonly asNumbers?: boolean;
}

/**
 * Saves a slice as a `.npy` file, exactly, or as a grey `.png` picture: numbers in [0, 1] with 16
 * bits, channels stacked vertically; masks with 8 bits, black and white. {@linkcode loadSlice}
 * reads both, and NumPy the first. Written atomically, see `writeFileAtomic`.
 *
 * @param path Its extension decides the format.
 * @param slice What to store; a `Uint8Array` is a mask.
 * @throws {TypeError} If the extension is neither.
 * @throws {InputError} As `writeFileAtomic` does.
 */
export async function saveSlice(
  path: string,
  slice: StorableSlice,
  options: SaveSliceOptions = {},
): Promise<void> {
  const { quick = false, asNumbers = false } = options;
  let bytes: Uint8Array;
  if (path.endsWith(".npy")) bytes = toNpy(slice);
  else if (path.endsWith(".png")) bytes = toPng(slice, asNumbers);
  else throw new TypeError(`Cannot save slice: the name ends in neither .npy nor .png: ${path}`);
  if (!quick) return await writeFileAtomic(path, bytes);
  try {
    // Handing so small a file to another thread takes longer than writing it.
    Deno.writeFileSync(`${path}.tmp`, bytes);
    Deno.renameSync(`${path}.tmp`, path);
  } catch (error) {
    throw writeError(error, path);
  }
}

function toNpy({ data, height, width, channels = 1 }: StorableSlice): Uint8Array {
  return encodeNpy({ data, shape: channels === 1 ? [height, width] : [channels, height, width] });
}

function toPng({ data, height, width, channels = 1 }: StorableSlice, asNumbers: boolean) {
  if (data instanceof Float32Array) return encodePng({ data, height: channels * height, width });
  const values = asNumbers ? data : data.map((value) => value > 0 ? 255 : 0);
  return encodePngLabel({ data: values, height, width });
}

/**
 * Loads an image's slice from a `.npy` file of height × width or channels × height × width values,
 * or from a `.png` picture, whose values are in [0, 1]: three channels, or one if it is grey.
 *
 * @param path Its extension, in upper or lower case, decides the format.
 * @throws {InputError} If the file is missing, damaged, or of other dimensions or format.
 */
export async function loadSlice(path: string): Promise<ImageSlice> {
  const bytes = await readSliceFile(path);
  return parsed(path, () => {
    if (isPng(path)) {
      const picture = decodePng(bytes);
      return picture.isGrey ? toGrey(picture) : picture;
    }
    const { data, channels, height, width } = fromNpy(bytes, path);
    const values = data instanceof Float32Array ? data : new Float32Array(data);
    return { data: values, height, width, channels };
  });
}

/**
 * Loads a label's slice with its stored values; see `decodePngLabel` for pictures.
 *
 * @param path Its extension, in upper or lower case, decides the format.
 * @param findings Takes what is odd about it.
 * @throws {InputError} As {@linkcode loadSlice} does.
 */
export async function loadLabel(path: string, findings: Finding[]): Promise<StoredLabel> {
  const bytes = await readSliceFile(path);
  return parsed(path, () => {
    if (isPng(path)) return decodePngLabel(bytes, findings);
    const { data, channels, height, width } = fromNpy(bytes, path);
    if (channels > 1) throw new SyntaxError(`Cannot read slice: a label of ${channels} channels`);
    return { data: Float64Array.from(data), height, width, colours: new Map() };
  });
}

function isPng(path: string): boolean {
  return /\.png$/i.test(path);
}

function fromNpy(bytes: Uint8Array, path: string) {
  if (!/\.npy$/i.test(path)) throw new SyntaxError("Cannot read slice: neither .npy nor .png");
  const { data, shape } = decodeNpy(bytes);
  const [width, height, channels = 1] = shape.toReversed();
  if (shape.length > 3 || height === undefined || width === undefined) {
    throw new SyntaxError(`Cannot read slice: shape (${shape.join(", ")}) is not height, width`);
  }
  return { data, channels, height, width };
}

/** Reads the file of a slice. */
export async function readSliceFile(path: string): Promise<Uint8Array> {
  return await readRegularFile(path, { what: "slice", code: "bad-slice", most: LARGEST_FILE });
}

/** A file's content, or an error that names the file. */
export function parsed<T>(path: string, parse: () => T): T {
  try {
    return parse();
  } catch (cause) {
    if (!(cause instanceof SyntaxError)) throw cause;
    throw new InputError(cause.message, { code: "bad-slice", path, cause });
  }
}
