import fc from "fast-check";
import { encode } from "fast-png";
import assert from "node:assert/strict";
import { join } from "@std/path";
import { InputError } from "../../lib/support/errors.ts";
import { loadSlice, saveSlice } from "../../lib/slices/mod.ts";
import { decodePng, encodePng } from "../../lib/slices/png.ts";
import { inFolder } from "./support/data_set.ts";

const size = fc.integer({ min: 1, max: 9 });

Deno.test("a slice comes back from png within half a step of 16 bits", () => {
  fc.assert(fc.property(size, size, fc.nat(), (height, width, seed) => {
    const data = Float32Array.from({ length: height * width }, (_, i) => ((i + seed) * 0.618) % 1);
    const result = decodePng(encodePng({ data, height, width }));
    assert.deepEqual([result.height, result.width], [height, width]);
    for (let i = 0; i < data.length; i++) {
      assert.ok(Math.abs(result.data[i]! - data[i]!) <= 0.5 / 65535 + 1e-7);
    }
  }));
});

Deno.test("values beyond [0, 1] are cut", () => {
  const { data } = decodePng(encodePng({ data: Float32Array.of(-1, 2, NaN), height: 1, width: 3 }));
  assert.deepEqual([...data], [0, 1, 0]);
});

Deno.test("a mask is stored in black and white", () => {
  const png = encodePng({ data: Uint8Array.of(0, 1, 1, 0), height: 2, width: 2 });
  assert.deepEqual([...decodePng(png).data], [0, 1, 1, 0]);
  assert.deepEqual([...decodePng(png, { kind: "label" }).data], [0, 255, 255, 0]);
});

Deno.test("colours become grey by their luminance, and labels their largest channel", () => {
  const data = Uint8Array.of(255, 0, 0, 0, 255, 0, 0, 0, 255, 255, 255, 255, 0, 0, 2, 0, 0, 0);
  const png = encode({ data, height: 2, width: 3, channels: 3 });
  const grey = [...decodePng(png).data].map((value) => Math.round(value * 1000));
  assert.deepEqual(grey, [299, 587, 114, 1000, 1, 0]);
  assert.deepEqual([...decodePng(png, { kind: "label" }).data], [255, 255, 255, 255, 2, 0]);
});

Deno.test("opacity is ignored", () => {
  const two = encode({ data: Uint8Array.of(255, 0, 51, 9), height: 1, width: 2, channels: 2 });
  assert.deepEqual(decodePng(two).data, Float32Array.of(1, 0.2));
  const four = encode({ data: Uint8Array.of(255, 255, 255, 0), height: 1, width: 1, channels: 4 });
  assert.deepEqual([...decodePng(four).data], [1]);
});

Deno.test("a palette is looked up for images, and labels are the places in it", () => {
  const palette = [[0, 0, 0], [255, 255, 255], [255, 0, 0]];
  const png = encode({
    data: Uint8Array.of(1, 2, 0, 1),
    height: 2,
    width: 2,
    channels: 1,
    palette,
  });
  assert.deepEqual([...decodePng(png).data].map((v) => Math.round(v * 1000)), [1000, 299, 0, 1000]);
  assert.deepEqual([...decodePng(png, { kind: "label" }).data], [1, 2, 0, 1]);
});

Deno.test("pixels of 1 and 4 bits are unpacked", () => {
  const one = encode({
    data: Uint8Array.of(0b10100000, 0b01100000),
    height: 2,
    width: 3,
    channels: 1,
    depth: 1,
  });
  assert.deepEqual([...decodePng(one).data], [1, 0, 1, 0, 1, 1]);
  const four = encode({
    data: Uint8Array.of(0x0f, 0x30),
    height: 1,
    width: 3,
    channels: 1,
    depth: 4,
  });
  assert.deepEqual(decodePng(four).data, Float32Array.of(0, 1, 0.2));
});

Deno.test("a png file that ends early, or is damaged, is refused", () => {
  const bytes = encodePng({ data: new Float32Array(20).fill(0.5), height: 4, width: 5 });
  for (let length = 0; length < bytes.length; length++) {
    assert.throws(() => decodePng(bytes.slice(0, length)), SyntaxError);
  }
  for (let place = 0; place < bytes.length; place++) {
    const damaged = bytes.slice();
    damaged[place]! ^= 0x41;
    assert.throws(() => decodePng(damaged), SyntaxError, `byte ${place}`);
  }
});

Deno.test("slices are saved and loaded by the ending of their name", () =>
  inFolder(async (folder) => {
    const slice = { data: Float32Array.of(0, 0.25, 0.5, 1, 0.1, 0.9), height: 2, width: 3 };
    await saveSlice(join(folder, "a.npy"), slice);
    assert.deepEqual(await loadSlice(join(folder, "a.npy")), slice);
    await saveSlice(join(folder, "a.png"), slice);
    assert.ok(Math.abs((await loadSlice(join(folder, "a.png"))).data[1]! - 0.25) < 1e-5);
    await assert.rejects(saveSlice(join(folder, "a.gif"), slice), TypeError);
    await Deno.writeTextFile(join(folder, "b.npy"), "no");
    await Deno.writeTextFile(join(folder, "b.txt"), "no");
    for (const name of ["b.npy", "b.txt", "missing.npy"]) {
      await assert.rejects(loadSlice(join(folder, name)), (error) => {
        assert.ok(error instanceof InputError);
        return error.path === join(folder, name);
      });
    }
  }));
