import assert from "node:assert/strict";
import fc from "fast-check";
import {
  decodeSafetensors,
  encodeSafetensors,
  type Safetensors,
  type StoredTensor,
} from "../../lib/nca/mod.ts";
import { InputError } from "../../lib/support/errors.ts";

const ARRAYS = { F32: Float32Array, F64: Float64Array, I32: Int32Array, U8: Uint8Array } as const;

/** Any tensor. */
const storedTensor: fc.Arbitrary<StoredTensor> = fc.tuple(
  fc.constantFrom("F32", "F64", "I32", "U8" as const),
  fc.array(fc.nat(4), { maxLength: 4 }),
  fc.nat(255),
).map(([dtype, shape, start]) => {
  const size = shape.reduce((a, b) => a * b, 1);
  const data = new ARRAYS[dtype](size);
  for (let i = 0; i < size; i++) data[i] = (start + i) % 251;
  return { dtype, shape, data };
});

/** Any content of a file. */
const contents = fc.record({
  tensors: fc.uniqueArray(
    fc.tuple(fc.string().filter((s) => s !== "__metadata__" && s !== "__proto__"), storedTensor),
    { selector: ([name]) => name, maxLength: 5 },
  ),
  metadata: fc.dictionary(fc.string().filter((s) => s !== "__proto__"), fc.string(), {
    maxKeys: 3,
    noNullPrototype: true,
  }),
});

const small = new Map<string, StoredTensor>([
  ["a", { dtype: "F32", shape: [2, 3], data: Float32Array.of(1, 2, 3, 4, 5, 6) }],
  ["b", { dtype: "U8", shape: [3], data: Uint8Array.of(7, 8, 9) }],
]);

/** A file with a header of one's own. */
function file(header: unknown, data = 0): Uint8Array {
  const json = new TextEncoder().encode(
    typeof header === "string" ? header : JSON.stringify(header),
  );
  const bytes = new Uint8Array(8 + json.length + data);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(json.length), true);
  bytes.set(json, 8);
  return bytes;
}

Deno.test("what is encoded is decoded", () => {
  fc.assert(fc.property(contents, ({ tensors, metadata }) => {
    const decoded = decodeSafetensors(encodeSafetensors(new Map(tensors), metadata), "x");
    assert.deepEqual(decoded.metadata, metadata);
    assert.deepEqual([...decoded.tensors.keys()].sort(), tensors.map(([name]) => name).sort());
    for (const [name, tensor] of tensors) assert.deepEqual(decoded.tensors.get(name), tensor);
  }));
});

Deno.test("an empty tensor may share its offset with a later one", () => {
  const bytes = file(
    {
      x: { dtype: "U8", shape: [2], data_offsets: [0, 2] },
      y: { dtype: "U8", shape: [0], data_offsets: [0, 0] },
    },
    2,
  );
  assert.equal(decodeSafetensors(bytes, "x").tensors.get("y")!.data.length, 0);
});

/** Bits that PyTorch 1.13 and NumPy gave for the same values in both types. */
const WIDENED: [dtype: string, stored: Uint16Array, float32: number[]][] = [
  // 1/3, −65504, the smallest, −0, 6.1e-5 (subnormal), 1.5, infinite, 1000.1
  [
    "F16",
    Uint16Array.of(0x3555, 0xfbff, 0x0001, 0x8000, 0x03ff, 0x3e00, 0x7c00, 0x63d0),
    // deno-fmt-ignore
    [
      0x3eaaa000, 0xc77fe000, 0x33800000, 0x80000000, 0x387fc000, 0x3fc00000, 0x7f800000, 0x447a0000,
    ],
  ],
  // 1/3, 3.38e38, 1e-40 (subnormal), −0, −2.5, −infinite, 1000.1
  [
    "BF16",
    Uint16Array.of(0x3eab, 0x7f7e, 0x0001, 0x8000, 0xc020, 0xff80, 0x447a),
    [0x3eab0000, 0x7f7e0000, 0x00010000, 0x80000000, 0xc0200000, 0xff800000, 0x447a0000],
  ],
];

for (const [dtype, stored, float32] of WIDENED) {
  Deno.test(`decodeSafetensors() reads ${dtype} as the same numbers in F32`, () => {
    const end = stored.byteLength;
    const bytes = file({ w: { dtype, shape: [stored.length], data_offsets: [0, end] } }, end);
    bytes.set(new Uint8Array(stored.buffer), bytes.length - end);
    const { dtype: read, shape, data } = decodeSafetensors(bytes, "x").tensors.get("w")!;
    assert.deepEqual([read, shape], ["F32", [stored.length]]);
    assert.deepEqual([...new Uint32Array(data.buffer)], float32);
  });
}

Deno.test("every tensor is aligned to its element size", () => {
  fc.assert(fc.property(contents, ({ tensors, metadata }) => {
    const bytes = encodeSafetensors(new Map(tensors), metadata);
    const length = Number(new DataView(bytes.buffer).getBigUint64(0, true));
    assert.equal(length % 8, 0);
    const header = JSON.parse(new TextDecoder().decode(bytes.subarray(8, 8 + length)));
    for (const [name, { data }] of tensors) {
      assert.equal(header[name].data_offsets[0] % data.BYTES_PER_ELEMENT, 0, name);
    }
  }));
});

Deno.test("a damaged file is refused by name or read, never anything else", () => {
  const whole = encodeSafetensors(small, { note: "x" });
  const damage = fc.array(fc.tuple(fc.nat(whole.length - 1), fc.nat(255)), {
    minLength: 1,
    maxLength: 4,
  });
  fc.assert(
    fc.property(damage, fc.nat(whole.length), fc.boolean(), (changes, end, cut) => {
      const bytes = whole.slice(0, cut ? end : whole.length);
      for (const [at, value] of changes) if (at < bytes.length) bytes[at] = value;
      let result: Safetensors;
      try {
        result = decodeSafetensors(bytes, "w.safetensors");
      } catch (error) {
        assert(error instanceof InputError, String(error));
        assert.match(error.message, /^Cannot read weights: [^]+: w\.safetensors$/);
        return;
      }
      for (const { shape, data } of result.tensors.values()) {
        assert.equal(data.length, shape.reduce((a, b) => a * b, 1));
      }
    }),
    { numRuns: 2000 },
  );
});

Deno.test("a file that ends anywhere before its end is refused", () => {
  const whole = encodeSafetensors(small);
  for (let end = 0; end < whole.length; end++) {
    assert.throws(() => decodeSafetensors(whole.subarray(0, end), "x"), InputError, `${end}`);
  }
});

const f32 = { dtype: "F32", shape: [1], data_offsets: [0, 4] };
const REFUSED: [string, Uint8Array, RegExp][] = [
  ["nothing", new Uint8Array(0), /too short/],
  ["a header longer than the file", file("{}").fill(255, 0, 8), /header claims/],
  ["a header that is not JSON", file("{"), /not JSON/],
  ["a header that is not UTF-8", file("{}").fill(0xff, 8), /not JSON/],
  ["a list for a header", file([]), /not an object/],
  ["a number for a tensor", file({ w: 1 }), /entry w is not an object/],
  ["an unknown type", file({ w: { ...f32, dtype: "F8_E4M3" } }, 4), /type F8_E4M3, known are F64/],
  ["an inherited name for a type", file({ w: { ...f32, dtype: "constructor" } }, 4), /has type/],
  ["a negative size", file({ w: { ...f32, shape: [-1] } }, 4), /bad shape/],
  ["a fraction for a size", file({ w: { ...f32, shape: [0.5] } }, 4), /bad shape/],
  ["three offsets", file({ w: { ...f32, data_offsets: [0, 4, 8] } }, 4), /bad offsets/],
  ["a shape that is not the data's", file({ w: { ...f32, shape: [2] } }, 4), /does not fit/],
  ["data behind the end", file({ w: f32 }, 3), /does not fit/],
  ["a gap", file({ w: { ...f32, data_offsets: [4, 8] } }, 8), /gap/],
  ["an overlap", file({ w: f32, v: f32 }, 4), /overlap/],
  ["bytes at the end", file({ w: f32 }, 5), /bytes after/],
];

for (const [what, bytes, reason] of REFUSED) {
  Deno.test(`decodeSafetensors() refuses ${what}`, () => {
    assert.throws(() => decodeSafetensors(bytes, "w.safetensors"), (error) => {
      assert(error instanceof InputError);
      assert.match(error.message, reason);
      assert.equal(error.path, "w.safetensors");
      return true;
    });
  });
}

Deno.test("encodeSafetensors() refuses values that are not the type's or not as many", () => {
  const data = new Float32Array(4);
  const encode = (tensor: StoredTensor) => () => encodeSafetensors(new Map([["w", tensor]]));
  assert.throws(encode({ dtype: "F32", shape: [5], data }), TypeError);
  assert.throws(encode({ dtype: "I32", shape: [4], data }), TypeError);
});
