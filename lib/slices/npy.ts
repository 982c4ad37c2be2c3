/**
 * NumPy's `.npy` files, in and out.
 *
 * Source: https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html
 *
 * @module
 */

/** The arrays that {@linkcode decodeNpy} returns. */
export type NpyData =
  | Float32Array
  | Float64Array
  | Uint8Array
  | Int8Array
  | Uint16Array
  | Int16Array
  | Uint32Array
  | Int32Array;

/** An array in C order: the last index runs fastest. */
export interface NpyArray<T extends NpyData = NpyData> {
  readonly data: T;
  readonly shape: readonly number[];
}

const KINDS = new Map<string, { new (buffer: ArrayBuffer): NpyData; BYTES_PER_ELEMENT: number }>([
  ["<f4", Float32Array],
  ["<f8", Float64Array],
  ["|u1", Uint8Array],
  ["|b1", Uint8Array],
  ["|i1", Int8Array],
  ["<u2", Uint16Array],
  ["<i2", Int16Array],
  ["<u4", Uint32Array],
  ["<i4", Int32Array],
]);

/** NumPy's largest number of dimensions. */
const MOST_DIMENSIONS = 64;

const MAGIC = "\x93NUMPY";
const HEADER =
  /^\{\s*'descr':\s*'([^']*)',\s*'fortran_order':\s*(True|False),\s*'shape':\s*\(([\d,\s]*)\),?\s*\}\s*$/;

/**
 * Writes an array as the bytes of a `.npy` file, version 1.0, as `numpy.save` does.
 *
 * @throws {TypeError} If the shape does not hold as many values as there are.
 *
 * @example
 * ```ts
 * import { decodeNpy, encodeNpy } from "./npy.ts";
 * import assert from "node:assert/strict";
 *
 * const array = { data: Float32Array.of(1, 2, 3, 4, 5, 6), shape: [2, 3] };
 * assert.deepEqual(decodeNpy(encodeNpy(array)), array);
 * ```
 */
export function encodeNpy(array: NpyArray<Float32Array | Uint8Array>): Uint8Array<ArrayBuffer> {
  const { data, shape } = array;
  if (product(shape) !== data.length) {
    throw new TypeError(`Cannot write npy: ${data.length} values for shape [${shape.join(", ")}]`);
  }
  const descr = data instanceof Float32Array ? "<f4" : "|u1";
  const tuple = shape.length === 1 ? `${shape[0]},` : shape.join(", ");
  const header = `{'descr': '${descr}', 'fortran_order': False, 'shape': (${tuple}), }`;
  const length = Math.ceil((10 + header.length + 1) / 64) * 64; // NumPy aligns the values to 64 bytes
  const bytes = new Uint8Array(length + data.byteLength);
  const text = `${MAGIC}\x01\x00__${header.padEnd(length - 11)}\n`;
  for (let i = 0; i < length; i++) bytes[i] = text.charCodeAt(i);
  new DataView(bytes.buffer).setUint16(8, length - 10, true);
  bytes.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), length);
  return bytes;
}

/**
 * Reads the bytes of a `.npy` file. Fortran order, which NumPy writes for slices of a volume from
 * nibabel, is converted to C order.
 *
 * @throws {SyntaxError} If it is not a `.npy` file, is too short or too long, has more than 64
 * dimensions, or holds values other than little-endian numbers of up to 32 bits, float64 or
 * booleans.
 */
export function decodeNpy(bytes: Uint8Array): NpyArray {
  const fail = (why: string) => new SyntaxError(`Cannot read npy: ${why}`);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (bytes.length < 12 || [...MAGIC].some((c, i) => c.charCodeAt(0) !== bytes[i])) {
    throw fail("not a .npy file");
  }
  const version = bytes[6]!;
  if (version < 1 || version > 3) throw fail(`unknown version ${version}`);
  const start = version === 1 ? 10 : 12;
  const end = start + (version === 1 ? view.getUint16(8, true) : view.getUint32(8, true));
  if (end > bytes.length) throw fail("file ends within its header");

  const match = HEADER.exec(new TextDecoder().decode(bytes.subarray(start, end)));
  if (match === null) throw fail("header is not understood");
  const [, descr, order, tuple] = match as unknown as [string, string, string, string];
  const Kind = KINDS.get(descr);
  if (Kind === undefined) throw fail(`values of type "${descr}" are not supported`);
  const shape = tuple.split(",").map((n) => n.trim()).filter((n) => n !== "").map(Number);

  if (shape.length > MOST_DIMENSIONS) throw fail(`it has ${shape.length} dimensions`);
  const wanted = product(shape) * Kind.BYTES_PER_ELEMENT;
  if (bytes.length - end !== wanted) {
    throw fail(`shape (${shape.join(", ")}) needs ${wanted} bytes, found ${bytes.length - end}`);
  }
  const data = new Kind(bytes.slice(end).buffer);
  return { data: order === "True" ? fromFortranOrder(data, shape) : data, shape };
}

function fromFortranOrder(data: NpyData, shape: readonly number[]): NpyData {
  const result = data.slice();
  const index = new Array<number>(shape.length).fill(0);
  for (let i = 0; i < data.length; i++) {
    let place = 0;
    for (let axis = 0; axis < shape.length; axis++) place = place * shape[axis]! + index[axis]!;
    result[place] = data[i]!;
    for (let axis = 0; axis < shape.length && ++index[axis]! === shape[axis]; axis++) {
      index[axis] = 0;
    }
  }
  return result;
}

function product(shape: readonly number[]): number {
  return shape.reduce((a, b) => a * b, 1);
}
