import fc from "fast-check";
import assert from "node:assert/strict";
import { join } from "@std/path";
import { decodeNpy, encodeNpy, loadSlice } from "../../lib/slices/mod.ts";
import { inFolder } from "./support/data_set.ts";
import { hasNumpy, withNumpy } from "./support/python.ts";

const shapes = fc.array(fc.nat({ max: 7 }), { maxLength: 4 });

Deno.test("an array comes back from npy as it went in", () => {
  fc.assert(fc.property(shapes, fc.boolean(), fc.nat(), (shape, bytes, seed) => {
    const length = shape.reduce((a, b) => a * b, 1);
    const source = Uint8Array.from({ length: length * 4 }, (_, i) => (i * 167 + seed * 31) & 255);
    const data = bytes ? source.subarray(0, length) : new Float32Array(source.buffer);
    const result = decodeNpy(encodeNpy({ data, shape }));
    assert.deepEqual(result.shape, shape);
    assert.equal(result.data.constructor, data.constructor);
    const bits = (array: ArrayBufferView) =>
      new Uint8Array(array.buffer, array.byteOffset, array.byteLength);
    assert.deepEqual(bits(result.data), bits(data)); // NaN payloads included
  }));
});

Deno.test("a npy file that ends early or goes on too long is refused", () => {
  const bytes = encodeNpy({ data: Float32Array.of(1, 2, 3), shape: [3] });
  for (let length = 0; length < bytes.length; length++) {
    assert.throws(() => decodeNpy(bytes.subarray(0, length)), SyntaxError);
  }
  const longer = new Uint8Array(bytes.length + 1);
  longer.set(bytes);
  assert.throws(() => decodeNpy(longer), /needs 12 bytes, found 13/);
});

Deno.test("a npy file with a damaged byte in its header is refused or read, never worse", () => {
  const bytes = encodeNpy({ data: Float32Array.of(1, 2, 3, 4, 5, 6), shape: [2, 3] });
  fc.assert(fc.property(fc.nat({ max: 127 }), fc.nat({ max: 255 }), (place, value) => {
    const damaged = bytes.slice();
    damaged[place] = value;
    try {
      const { data, shape } = decodeNpy(damaged);
      assert.equal(shape.reduce((a, b) => a * b, 1), data.length);
    } catch (error) {
      assert.ok(error instanceof SyntaxError, String(error));
    }
  }));
});

Deno.test("an array whose shape does not fit is a wrong call", () => {
  assert.throws(() => encodeNpy({ data: new Float32Array(5), shape: [2, 3] }), TypeError);
});

Deno.test({
  name: "what numpy.save writes is read, in any order (needs python3 with numpy)",
  ignore: !hasNumpy,
  fn: () =>
    inFolder(async (folder) => {
      await withNumpy("save", folder);
      const read = async (name: string) =>
        decodeNpy(await Deno.readFile(join(folder, `${name}.npy`)));
      const values = Array.from({ length: 24 }, (_, i) => i);
      for (const kind of ["f4", "f8", "u1", "i1", "u2", "i2", "u4", "i4", "fortran", "version_2"]) {
        const { data, shape } = await read(kind);
        assert.deepEqual(shape, [2, 3, 4], kind);
        assert.deepEqual([...data], values, kind);
      }
      assert.deepEqual([...(await read("b1")).data], values.map((i) => Number(i > 0)));
      assert.deepEqual(await read("scalar"), { data: Float32Array.of(7), shape: [] });
      assert.deepEqual(await read("row"), { data: Float32Array.of(0, 1, 2, 3, 4), shape: [5] });
      assert.deepEqual(await read("empty"), { data: new Float32Array(0), shape: [0, 3] });
      assert.deepEqual(await loadSlice(join(folder, "cut.npy")), {
        data: Float32Array.of(1, 5, 9, 13, 17, 21),
        height: 2,
        width: 3,
        channels: 1,
      });
      for (const kind of ["big_endian", "int64", "complex"]) {
        await assert.rejects(read(kind), /values of type "[<>]\w+" are not supported/);
      }
    }),
});

Deno.test({
  name: "NumPy reads what is written (needs python3 with numpy)",
  ignore: !hasNumpy,
  fn: () =>
    inFolder(async (folder) => {
      const path = join(folder, "a.npy");
      for (
        const [data, shape, kind] of [
          [Float32Array.of(1, -2.5, 3, 4, 5, 6), [2, 3], "<f4"],
          [Uint8Array.of(0, 1, 255), [3], "|u1"],
          [Float32Array.of(9), [], "<f4"],
        ] as const
      ) {
        await Deno.writeFile(path, encodeNpy({ data, shape }));
        assert.deepEqual(JSON.parse(await withNumpy("load", path)), [kind, shape, [...data]]);
      }
    }),
});
