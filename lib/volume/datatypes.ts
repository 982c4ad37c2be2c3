import { NIFTI1 } from "nifti-reader-js";
import type { Voxels } from "./types.ts";

/** A typed array for the voxels of a file. */
type StoredArray = Voxels | BigInt64Array<ArrayBuffer> | BigUint64Array<ArrayBuffer>;

/** A voxel type. */
export interface Datatype {
  /** For messages: "int16". */
  readonly name: string;
  /** Bytes a voxel. */
  readonly bytes: number;
  /** The array for values of this type, in the machine's byte order. */
  readonly array: new (length: number) => StoredArray;
}

/** The numeric types, by their code in the header. */
export const DATATYPES: ReadonlyMap<number, Datatype> = new Map<number, Datatype>([
  [NIFTI1.TYPE_UINT8, { name: "uint8", bytes: 1, array: Uint8Array }],
  [NIFTI1.TYPE_INT8, { name: "int8", bytes: 1, array: Int8Array }],
  [NIFTI1.TYPE_INT16, { name: "int16", bytes: 2, array: Int16Array }],
  [NIFTI1.TYPE_UINT16, { name: "uint16", bytes: 2, array: Uint16Array }],
  [NIFTI1.TYPE_INT32, { name: "int32", bytes: 4, array: Int32Array }],
  [NIFTI1.TYPE_UINT32, { name: "uint32", bytes: 4, array: Uint32Array }],
  [NIFTI1.TYPE_INT64, { name: "int64", bytes: 8, array: BigInt64Array }],
  [NIFTI1.TYPE_UINT64, { name: "uint64", bytes: 8, array: BigUint64Array }],
  [NIFTI1.TYPE_FLOAT32, { name: "float32", bytes: 4, array: Float32Array }],
  [NIFTI1.TYPE_FLOAT64, { name: "float64", bytes: 8, array: Float64Array }],
]);

/** The code of an array's type. */
export function datatypeCode(data: Voxels): number {
  return [...DATATYPES].find(([, { array }]) => data instanceof array)![0];
}

/** The other types of the standard: several numbers per voxel, or no exact counterpart here. */
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
 * @param bytes Whole numbers only.
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
