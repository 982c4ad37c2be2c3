/**
 * Hostile safetensors files.
 *
 * @module
 */

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
    { weight: 30, arbitrary: damagedBytes(good) },
    { weight: 30, arbitrary: damagedJson(header).map((text) => withHeader(text, data)) },
    { weight: 10, arbitrary: metadata },
    { weight: 10, arbitrary: innerJson(header).map((text) => withHeader(text, data)) },
    { weight: 1, arbitrary: fc.constantFrom(bomb, huge) },
  );
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
