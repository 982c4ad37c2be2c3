import fc from "fast-check";
import { packTar } from "modern-tar";
import { type Bytes, damagedBytes, encode, HOSTILE_TEXTS } from "./damage.ts";

const BLOCK = 512;

/** One change of a header's fields, with the checksum that it needs then. */
const change = fc.record({
  entry: fc.nat(2),
  name: fc.option(fc.oneof(fc.constantFrom(...HOSTILE_TEXTS), fc.string())),
  size: fc.option(
    fc.constantFrom("0", "1", "777", "77777777777", "-1", "zz", "", "\u0080\u00ff"),
  ),
  type: fc.option(fc.constantFrom("0", "1", "2", "3", "5", "6", "g", "x", "L", "\0", "?")),
});

/** Damaged archives: other names, sizes and kinds of entries, bytes changed, ends cut off. */
export async function tarInputs(): Promise<fc.Arbitrary<Bytes>> {
  const file = (name: string, text: string) => ({
    header: { name, size: text.length, type: "file" as const },
    body: text,
  });
  const good = Uint8Array.from(
    await packTar([file("set/a.json", "{}"), file("set/b.nii", "b"), file("set/c.nii", "c")]),
  );
  const changed = fc.array(change, { minLength: 1, maxLength: 3 }).map((changes) => {
    const bytes = good.slice();
    for (const { entry, name, size, type } of changes) {
      const header = bytes.subarray(entry * 2 * BLOCK, entry * 2 * BLOCK + BLOCK);
      const put = (text: string, at: number, length: number) =>
        header.fill(0, at, at + length).set(encode(text).subarray(0, length), at);
      if (name !== null) put(name, 0, 100);
      if (size !== null) put(size, 124, 12);
      if (type !== null) put(type, 156, 1);
      put("        ", 148, 8);
      const sum = header.reduce((a, b) => a + b, 0);
      put(`${sum.toString(8).padStart(6, "0")}\0 `, 148, 8);
    }
    return bytes;
  });
  return fc.oneof(
    { weight: 2, arbitrary: changed },
    { weight: 1, arbitrary: damagedBytes(good) },
  );
}
