import fc from "fast-check";
import { encodeSafetensors } from "../../lib/nca/safetensors.ts";
import { type Bytes, damagedBytes, damagedJson, encode } from "./damage.ts";

/** Damaged bytes, and headers with other names, sizes and offsets. */
export function safetensorsInputs(good: Bytes): fc.Arbitrary<Bytes> {
  const length = Number(new DataView(good.buffer).getBigUint64(0, true));
  const header = new TextDecoder().decode(good.subarray(8, 8 + length));
  const data = good.subarray(8 + length);
  const withHeader = (text: string, values: Uint8Array): Bytes => {
    const head = encode(text);
    const bytes = new Uint8Array(8 + head.length + values.length);
    new DataView(bytes.buffer).setBigUint64(0, BigInt(head.length), true);
    bytes.set(head, 8);
    bytes.set(values, 8 + head.length);
    return bytes;
  };
  // Each of a thousand tensors claims all of the data
  const claims = Object.fromEntries(Array.from({ length: 1000 }, (_, i) => [
    `t${i}`,
    { dtype: "U8", shape: [1_000_000], data_offsets: [0, 1_000_000] },
  ]));
  const bomb = withHeader(JSON.stringify(claims), new Uint8Array(1_000_000));
  const huge = encodeSafetensors(new Map(), {}).slice();
  new DataView(huge.buffer).setBigUint64(0, 2n ** 64n - 1n, true);
  const metadata = damagedJson(JSON.stringify({ a: "b", "med-nca": "{}", checkpoint: "{}" }))
    .map((text) =>
      withHeader(header.replace(/"__metadata__":\{[^}]*\}/, () => `"__metadata__":${text}`), data)
    );
  return fc.oneof(
    { weight: 20, arbitrary: retyped(header).map(([text, values]) => withHeader(text, values)) },
    { weight: 30, arbitrary: damagedBytes(good) },
    { weight: 30, arbitrary: damagedJson(header).map((text) => withHeader(text, data)) },
    { weight: 10, arbitrary: metadata },
    { weight: 10, arbitrary: innerJson(header).map((text) => withHeader(text, data)) },
    { weight: 1, arbitrary: fc.constantFrom(bomb, huge) },
  );
}

/** Bytes of a value of each type of the format, those that are not read too. */
const WIDTHS = {
  ...{ F64: 8, F32: 4, F16: 2, BF16: 2, F8_E4M3: 1, F8_E5M2: 1 },
  ...{ I64: 8, I32: 4, I16: 2, I8: 1, U64: 8, U32: 4, U16: 2, U8: 1, BOOL: 1 },
};

/** Sound files with the same names and shapes, tensors of other types and of any bits. */
function retyped(header: string): fc.Arbitrary<[text: string, values: Uint8Array]> {
  const { __metadata__, ...tensors } = JSON.parse(header) as Record<string, { shape: number[] }>;
  const types = fc.oneof(
    fc.constantFrom("F32", "F64", "F16", "BF16"),
    fc.constantFrom(...Object.keys(WIDTHS) as (keyof typeof WIDTHS)[]),
  );
  return fc.record({
    types: fc.array(types, { minLength: 1, maxLength: 3 }),
    counter: fc.boolean(),
    step: fc.constantFrom(0, 1, 61, 255),
  }).map(({ types, counter, step }) => {
    let end = 0;
    const entries = Object.entries(
      counter ? { ...tensors, "bn.num_batches_tracked": { shape: [] } } : tensors,
    );
    const changed = entries.map(([name, { shape }], i) => {
      const dtype = types[i % types.length]! as keyof typeof WIDTHS;
      const begin = end;
      end += shape.reduce((a, b) => a * b, 1) * WIDTHS[dtype];
      return [name, { dtype, shape, data_offsets: [begin, end] }];
    });
    const text = JSON.stringify({ __metadata__, ...Object.fromEntries(changed) });
    return [text, Uint8Array.from({ length: end }, (_, i) => i * step)];
  });
}

/** Headers with damage in the JSON that a text of their metadata holds. */
function innerJson(header: string): fc.Arbitrary<string> {
  const parsed = JSON.parse(header) as { __metadata__?: Record<string, string> };
  const [name, text] =
    Object.entries(parsed.__metadata__ ?? {}).find(([, value]) => value.startsWith("{")) ??
      ["note", '{"a":[1,2]}'];
  return damagedJson(text).map((inner) =>
    JSON.stringify({ ...parsed, __metadata__: { ...parsed.__metadata__, [name]: inner } })
  );
}
