import fc from "fast-check";

/** Bytes that are a file. */
export type Bytes = Uint8Array<ArrayBuffer>;

/** Numbers that break readers: negative, enormous, not numbers, just beyond a type. */
export const HOSTILE_NUMBERS = [
  0,
  -0,
  -1,
  0.5,
  1e-320,
  255,
  32767,
  -32768,
  65536,
  2 ** 31,
  -(2 ** 31),
  2 ** 32,
  2 ** 53,
  2 ** 63,
  1e18,
  3.4e38,
  1.7e308,
] as const;

const NAMES = ["__proto__", "constructor", "prototype", "toString", "valueOf", "length", "toJSON"];

/** Texts that lead out of a folder, are a name of JavaScript's own, or end where they should not. */
export const HOSTILE_TEXTS = [
  "",
  ".",
  "..",
  "../../../../etc/passwd",
  "images/../../../etc/passwd",
  "images/..",
  "/etc/passwd",
  "file:///etc/passwd",
  "C:\\Windows\\win.ini",
  "..\\..\\secret.npy",
  "images\\..\\..\\secret.npy",
  "images/a\0.npy",
  "images/\u001b[2J.npy",
  "\ud800",
  "a".repeat(70_000),
  ...NAMES,
];

/** An object or list so deep that a walk by recursion overflows the stack. */
function nested(depth: number, object: boolean): string {
  return object
    ? '{"a":'.repeat(depth) + "1" + "}".repeat(depth)
    : "[".repeat(depth) + "]".repeat(depth);
}

/** JSON text of a value that its reader does not expect. */
const hostileJson: fc.Arbitrary<string> = fc.oneof(
  fc.constantFrom(...HOSTILE_NUMBERS).map((n) => Object.is(n, -0) ? "-0" : String(n)),
  fc.constantFrom("1e999", "-1e999", "null", "true", "[]", "{}", "[[]]", "[null]", '[1,"2"]'),
  fc.constantFrom(...HOSTILE_TEXTS).map((text) => JSON.stringify(text)),
  fc.constantFrom(...NAMES).map((name) => `{"${name}":{"polluted":1}}`),
  fc.constantFrom(...NAMES).map((name) => `{"${name}":1}`),
  fc.tuple(fc.constantFrom(100, 5000, 20_000), fc.boolean()).map(([n, object]) =>
    nested(n, object)
  ),
  fc.integer({ min: 1000, max: 20_000 }).map((n) => `[${Array(n).fill("0").join(",")}]`),
  fc.json(),
);

type Json = null | boolean | number | string | Json[] | { [name: string]: Json };

/** One change of a JSON document, at the place that a number chooses. */
interface JsonChange {
  place: number;
  how: "replace" | "remove" | "add" | "repeat";
  name: string;
  value: string;
}

const jsonChange: fc.Arbitrary<JsonChange> = fc.record({
  place: fc.nat(),
  how: fc.constantFrom<JsonChange["how"][]>("replace", "replace", "remove", "add", "repeat"),
  name: fc.oneof(fc.constantFrom(...NAMES), fc.constantFrom(...HOSTILE_TEXTS), fc.string()),
  value: hostileJson,
});

/**
 * A JSON document with one to four of its values replaced, removed, doubled, or joined by others.
 */
export function damagedJson(document: string): fc.Arbitrary<string> {
  const good = JSON.parse(document) as Json;
  return fc.oneof(
    { weight: 12, arbitrary: fc.array(jsonChange, { minLength: 1, maxLength: 4 }) },
    { weight: 1, arbitrary: hostileJson },
  ).map((changes) => typeof changes === "string" ? changes : changedJson(good, changes));
}

function changedJson(good: Json, changes: readonly JsonChange[]): string {
  // Values go in as marks, since JSON text can say more than a value: other names twice, deep ends
  const values = new Map<string, string>();
  const root = structuredClone(good);
  for (const [i, { place, how, name, value }] of changes.entries()) {
    const places = placesOf(root);
    const { parent, key } = places[place % places.length]!;
    const mark = `\u2020${i}`;
    values.set(JSON.stringify(mark), value);
    const define = (at: string) =>
      Object.defineProperty(parent, at, {
        value: mark,
        enumerable: true,
        configurable: true,
        writable: true,
      });
    if (how === "replace") define(key);
    else if (how === "remove") Array.isArray(parent) ? parent.splice(+key, 1) : delete parent[key];
    else if (Array.isArray(parent)) parent.push(how === "add" ? mark : parent[+key]!);
    else define(name);
  }
  return JSON.stringify(root).replace(/"\u2020\d"/g, (mark) => values.get(mark) ?? mark);
}

interface Place {
  parent: Json[] | { [name: string]: Json };
  key: string;
}

function placesOf(root: Json): Place[] {
  const places: Place[] = [];
  const visit = (value: Json) => {
    if (typeof value !== "object" || value === null) return;
    for (const [key, child] of Object.entries(value)) {
      places.push({ parent: value, key });
      visit(child);
    }
  };
  visit(root);
  return places.length > 0 ? places : [{ parent: {}, key: "a" }];
}

const byteChanges = fc.record({
  keep: fc.oneof(
    { weight: 3, arbitrary: fc.constant(1) },
    { weight: 1, arbitrary: fc.double({ min: 0, max: 1, noNaN: true }) },
  ),
  // Headers are at the front, where a change does most
  changes: fc.array(
    fc.record({
      front: fc.boolean(),
      at: fc.nat(),
      value: fc.oneof(fc.nat(255), fc.constantFrom(0, 0x7f, 0x80, 0xff)),
    }),
    { maxLength: 6 },
  ),
  tail: fc.uint8Array({ maxLength: 40 }),
});

/** A file with some bytes changed, cut off at its end or added to it. */
export function damagedBytes(good: Uint8Array): fc.Arbitrary<Bytes> {
  return byteChanges.map(({ keep, changes, tail }) => {
    const kept = good.subarray(0, Math.ceil(good.length * keep));
    const bytes = new Uint8Array(kept.length + (keep < 1 ? 0 : tail.length));
    bytes.set(kept);
    if (keep === 1) bytes.set(tail, kept.length);
    for (const { front, at, value } of changes) {
      const span = front ? Math.min(bytes.length, 600) : bytes.length;
      if (span > 0) bytes[at % span] = value;
    }
    return bytes;
  });
}

/** Text as bytes. */
export function encode(text: string): Bytes {
  return new TextEncoder().encode(text);
}
