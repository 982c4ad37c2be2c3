/**
 * The safetensors file format: a JSON header with names, types, shapes and offsets, then the data.
 *
 * Source: the format's specification at https://github.com/huggingface/safetensors.
 *
 * @module
 */

import { InputError } from "../support/errors.ts";

/** A tensor in a file. */
export interface StoredTensor {
  dtype: "F32" | "F64" | "I32" | "U8";
  shape: readonly number[];
  /** Its values, row-major. */
  data: Float32Array | Float64Array | Int32Array | Uint8Array;
}

/** The content of a safetensors file. */
export interface Safetensors {
  tensors: Map<string, StoredTensor>;
  /** Free text by name. */
  metadata: Record<string, string>;
}

const ARRAYS = {
  F32: Float32Array,
  F64: Float64Array,
  I32: Int32Array,
  U8: Uint8Array,
} as const;

/** Types that are read as others: no value of F16 and BF16 changes, none of I64 up to 2⁵³. */
const WIDENED: Record<string, (stored: ArrayBuffer) => Omit<StoredTensor, "shape">> = {
  F16: (stored) => ({ dtype: "F32", data: Float32Array.from(new Float16Array(stored)) }),
  BF16: (stored) => ({ dtype: "F32", data: fromBfloat16(new Uint16Array(stored)) }),
  I64: (stored) => ({ dtype: "F64", data: Float64Array.from(new BigInt64Array(stored), Number) }),
};

/** Bytes of a value of each type that can be read. */
const WIDTHS: Record<string, number> = { F64: 8, I64: 8, F32: 4, I32: 4, F16: 2, BF16: 2, U8: 1 };

/** The specification's bound on the header, in bytes. */
const MAX_HEADER = 100_000_000;

/**
 * Encodes tensors as a safetensors file.
 *
 * @param tensors By name; stored in the order of their names within each element size, as the
 *   reference implementation does, so that every tensor is aligned.
 */
export function encodeSafetensors(
  tensors: ReadonlyMap<string, StoredTensor>,
  metadata: Readonly<Record<string, string>> = {},
): Uint8Array<ArrayBuffer> {
  const width = (t: StoredTensor) => t.data.BYTES_PER_ELEMENT;
  const sorted = [...tensors].sort(([a, x], [b, y]) => width(y) - width(x) || (a < b ? -1 : 1));
  const header: Record<string, unknown> = { __metadata__: metadata };
  let offset = 0;
  for (const [name, { dtype, shape, data }] of sorted) {
    const count = shape.reduce((a, b) => a * b, 1);
    if (!(data instanceof ARRAYS[dtype]) || data.length !== count) {
      throw new TypeError(`Cannot store ${name}: ${data.length} values for ${dtype} [${shape}]`);
    }
    header[name] = { dtype, shape, data_offsets: [offset, offset += data.byteLength] };
  }
  let json = JSON.stringify(header);
  // The data starts at a multiple of 8; the format pads the header with spaces.
  const text = new TextEncoder();
  json += " ".repeat((8 - text.encode(json).length % 8) % 8);
  const head = text.encode(json);
  const bytes = new Uint8Array(8 + head.length + offset);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(head.length), true);
  bytes.set(head, 8);
  let at = 8 + head.length;
  for (const [, { data }] of sorted) {
    bytes.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), at);
    at += data.byteLength;
  }
  return bytes;
}

/**
 * Decodes a safetensors file. Half precision (F16, BF16) is read as F32, I64 as F64.
 *
 * @throws {InputError} If the file is not a valid safetensors file.
 *
 * @example
 * ```ts
 * import { decodeSafetensors, encodeSafetensors } from "./safetensors.ts";
 * import assert from "node:assert/strict";
 *
 * const data = new Float32Array([1, 2, 3, 4]);
 * const bytes = encodeSafetensors(new Map([["w", { dtype: "F32", shape: [2, 2], data }]]));
 * assert.deepEqual(decodeSafetensors(bytes, "w.safetensors").tensors.get("w")!.data, data);
 * ```
 */
export function decodeSafetensors(bytes: Uint8Array, path: string): Safetensors {
  const fail = (reason: string, cause?: unknown) =>
    new InputError(`Cannot read weights: ${reason}`, {
      code: "bad-weights",
      path,
      hint: "Expected a .safetensors file from a training run",
      cause,
    });
  if (bytes.length < 8) throw fail("the file is too short");
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const length = Number(view.getBigUint64(0, true));
  if (length > MAX_HEADER || 8 + length > bytes.length) {
    throw fail(`the header claims ${length} bytes, the file has ${bytes.length}`);
  }
  let header: unknown;
  try {
    header = JSON.parse(
      new TextDecoder("utf-8", { fatal: true }).decode(bytes.subarray(8, 8 + length)),
    );
  } catch (error) {
    throw fail("the header is not JSON", error);
  }
  if (!isRecord(header)) throw fail("the header is not an object");

  const metadata: [name: string, text: string][] = [];
  const entries: { name: string; type: string; shape: number[]; span: Span }[] = [];
  const data = bytes.subarray(8 + length);
  for (const [name, entry] of Object.entries(header)) {
    if (!isRecord(entry)) throw fail(`entry ${name} is not an object`);
    if (name === "__metadata__") {
      for (const [key, value] of Object.entries(entry)) {
        if (typeof value !== "string") throw fail(`the metadata ${key} is not text`);
        metadata.push([key, value]);
      }
      continue;
    }
    const { dtype, shape, data_offsets: offsets } = entry;
    const type = typeof dtype === "string" ? dtype : "no name";
    if (!Object.hasOwn(WIDTHS, type)) {
      throw fail(`tensor ${name} has type ${type}, known are ${Object.keys(WIDTHS).join(", ")}`);
    }
    if (!isSizes(shape)) throw fail(`tensor ${name} has a bad shape`);
    if (!isSizes(offsets) || offsets.length !== 2) throw fail(`tensor ${name} has bad offsets`);
    const [begin, end] = offsets as [number, number];
    const count = shape.reduce((a, b) => a * b, 1);
    if (end > data.length || end - begin !== count * WIDTHS[type]!) {
      throw fail(`tensor ${name} does not fit its offsets ${begin} to ${end}`);
    }
    entries.push({ name, type, shape, span: [begin, end] });
  }
  // An empty tensor starts where the next one does, and comes first.
  const spans = entries.map(({ span }) => span).sort(([a, aEnd], [b, bEnd]) =>
    a - b || aEnd - bEnd
  );
  let expected = 0;
  for (const [begin, end] of spans) {
    if (begin !== expected) throw fail(`the data has a gap or an overlap at byte ${begin}`);
    expected = end;
  }
  if (expected !== data.length) throw fail("there are bytes after the last tensor");
  // Copied only now: overlapping tensors could require many times the file's size
  const tensors = new Map(entries.map(({ name, type, shape, span }) => {
    const stored = data.slice(...span).buffer;
    if (!isType(type)) return [name, { shape, ...WIDENED[type]!(stored) }] as const;
    return [name, { dtype: type, shape, data: new ARRAYS[type](stored) }] as const;
  }));
  return { tensors, metadata: Object.fromEntries(metadata) };
}

/** The begin and end of a tensor's data. */
type Span = [begin: number, end: number];

function isType(type: string): type is StoredTensor["dtype"] {
  return Object.hasOwn(ARRAYS, type);
}

/** Bfloat16 is the upper half of a float32. */
function fromBfloat16(stored: Uint16Array): Float32Array {
  return new Float32Array(Uint32Array.from(stored, (half) => half << 16).buffer);
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isSizes(value: unknown): value is number[] {
  return Array.isArray(value) && value.every((n) => Number.isSafeInteger(n) && n >= 0);
}
