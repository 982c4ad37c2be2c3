import assert from "node:assert/strict";
import * as node from "node:zlib";
import { crc32, createInflateRaw, inflateSync } from "../../lib/live/zlib.ts";
import { Random } from "../../lib/support/random.ts";

/** Bytes that pack well in places. */
const BYTES = (() => {
  const random = new Random(1);
  return Uint8Array.from(
    { length: 300_000 },
    (_, i) => i % 7000 < 5000 ? i % 13 : random.integer(256),
  );
})();

Deno.test("crc32() is that of Node, in parts too", () => {
  assert.equal(crc32(BYTES), node.crc32(BYTES));
  assert.equal(crc32(BYTES.subarray(100), crc32(BYTES.subarray(0, 100))), node.crc32(BYTES));
});

Deno.test("createInflateRaw() takes a stream in pieces and leaves what is behind it", () => {
  const packed = node.deflateRawSync(BYTES);
  const stream = new Uint8Array([...packed, 1, 2, 3]);
  for (const length of [1000, packed.length, stream.length]) {
    const inflate = createInflateRaw({ chunkSize: 2 ** 14 });
    const parts: number[] = [];
    inflate.on("data", (part) => parts.push(...part));
    for (let at = 0; at < stream.length; at += length) {
      inflate.write(stream.subarray(at, at + length), () => {});
    }
    assert.deepEqual(Uint8Array.from(parts), BYTES);
    assert.equal(inflate.bytesWritten, packed.length);
  }
});

Deno.test("createInflateRaw() tells damage", () => {
  const inflate = createInflateRaw({ chunkSize: 2 ** 14 });
  const errors: string[] = [];
  inflate.on("error", ({ message }) => errors.push(message));
  inflate.write(Uint8Array.of(7, 7, 7, 7), () => {}); // a block of type 3, which is none
  assert.deepEqual(errors, ["invalid block type"]);
  assert.equal(inflate.errored?.message, "invalid block type");
});

Deno.test("inflateSync() gives what Node's does, and refuses more than is wanted", () => {
  const packed = new Uint8Array(node.deflateSync(BYTES));
  assert.deepEqual(inflateSync(packed, { maxOutputLength: BYTES.length }), BYTES);
  assert.throws(() => inflateSync(packed, { maxOutputLength: 1000 }), RangeError);
  assert.throws(
    () => inflateSync(packed.subarray(0, 100), { maxOutputLength: 1e6 }),
    /end of file/,
  );
});
