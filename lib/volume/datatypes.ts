/**
 * NIfTI's voxel types.
 *
 * @module
 */

import { NIFTI1 } from "nifti-reader-js";

/** One voxel type that can be read. */
export interface Datatype {
  /** For messages: "int16". */
  readonly name: string;
  /** Bytes a voxel. */
  readonly bytes: number;
  /** The buffer as numbers of this type, in the machine's byte order. */
  readonly view: (buffer: ArrayBuffer) => ArrayLike<number> | BigInt64Array | BigUint64Array;
}

/** The numeric types, by their code in the header. */
export const DATATYPES: ReadonlyMap<number, Datatype> = new Map<number, Datatype>([
  [NIFTI1.TYPE_UINT8, { name: "uint8", bytes: 1, view: (b) => new Uint8Array(b) }],
  [NIFTI1.TYPE_INT8, { name: "int8", bytes: 1, view: (b) => new Int8Array(b) }],
  [NIFTI1.TYPE_INT16, { name: "int16", bytes: 2, view: (b) => new Int16Array(b) }],
  [NIFTI1.TYPE_UINT16, { name: "uint16", bytes: 2, view: (b) => new Uint16Array(b) }],
  [NIFTI1.TYPE_INT32, { name: "int32", bytes: 4, view: (b) => new Int32Array(b) }],
  [NIFTI1.TYPE_UINT32, { name: "uint32", bytes: 4, view: (b) => new Uint32Array(b) }],
  [NIFTI1.TYPE_INT64, { name: "int64", bytes: 8, view: (b) => new BigInt64Array(b) }],
  [NIFTI1.TYPE_UINT64, { name: "uint64", bytes: 8, view: (b) => new BigUint64Array(b) }],
  [NIFTI1.TYPE_FLOAT32, { name: "float32", bytes: 4, view: (b) => new Float32Array(b) }],
  [NIFTI1.TYPE_FLOAT64, { name: "float64", bytes: 8, view: (b) => new Float64Array(b) }],
]);

/** The other types of the standard, which have no single number a voxel or no exact counterpart. */
export const UNREADABLE: ReadonlyMap<number, string> = new Map([
  [NIFTI1.TYPE_NONE, "unknown"],
  [NIFTI1.TYPE_BINARY, "binary"],
  [NIFTI1.TYPE_COMPLEX64, "complex64"],
  [NIFTI1.TYPE_RGB24, "RGB24"],
  [NIFTI1.TYPE_FLOAT128, "float128"],
  [NIFTI1.TYPE_COMPLEX128, "complex128"],
  [NIFTI1.TYPE_COMPLEX256, "complex256"],
  [2304, "RGBA32"],
]);

/**
 * Reverses the bytes of every number, in place.
 *
 * @param bytes A whole number of numbers.
 * @param size Bytes a number.
 */
export function swapBytes(bytes: Uint8Array, size: number): void {
  if (size === 1) return;
  for (let start = 0; start < bytes.length; start += size) {
    for (let a = start, b = start + size - 1; a < b; a++, b--) {
      const byte = bytes[a]!;
      bytes[a] = bytes[b]!;
      bytes[b] = byte;
    }
  }
}
