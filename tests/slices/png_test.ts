import fc from "fast-check";
import { encode } from "fast-png";
import assert from "node:assert/strict";
import { join } from "@std/path";
import { InputError } from "../../lib/support/errors.ts";
import { loadSlice, saveSlice } from "../../lib/slices/mod.ts";
import type { Finding } from "../../lib/slices/discovery/case_source.ts";
import { VOID } from "../../lib/slices/label_codes.ts";
import { decodePng, encodePng } from "../../lib/slices/png.ts";
import { decodePngLabel, encodePngLabel } from "../../lib/slices/png_label.ts";
import { colourValue, valueName } from "../../lib/slices/targets.ts";
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

/** The values of a label, and what is odd about it. */
function labelOf(png: Uint8Array) {
  const findings: Finding[] = [];
  const { data } = decodePngLabel(png, findings);
  return { values: [...data], findings: findings.map((f) => `${f.severity}: ${f.message}`) };
}

Deno.test("saveSlice() stores a mask in black and white", () =>
  inFolder(async (folder) => {
    const path = join(folder, "mask.png");
    await saveSlice(path, { data: Uint8Array.of(0, 1, 1, 0), height: 2, width: 2 });
    assert.deepEqual([...(await loadSlice(path)).data], [0, 1, 1, 0]);
    assert.deepEqual(labelOf(await Deno.readFile(path)).values, [0, 255, 255, 0]);
  }));

Deno.test("colours are three channels one after the other, and a label value each", () => {
  const data = Uint8Array.of(255, 0, 0, 0, 255, 0, 0, 0, 255, 255, 255, 255, 0, 0, 51, 7, 7, 7);
  const png = encode({ data, height: 2, width: 3, channels: 3 });
  const picture = decodePng(png);
  assert.deepEqual([picture.channels, picture.isGrey], [3, false]);
  assert.deepEqual(
    [...picture.data].map((value) => Math.round(value * 255)),
    [255, 0, 0, 255, 0, 7, 0, 255, 0, 255, 0, 7, 0, 0, 255, 255, 51, 7],
  );
  const { values } = labelOf(png);
  assert.deepEqual(values.map(valueName), ["#ff0000", "#00ff00", "#0000ff", "255", "#000033", "7"]);
  // Written back as colours, they are read as the same values
  assert.deepEqual(labelOf(encodePngLabel({ data: values, height: 2, width: 3 })).values, values);
});

Deno.test("encodePngLabel() keeps values beyond a byte", () => {
  const values = [0, 255, 256, 65535];
  assert.deepEqual(labelOf(encodePngLabel({ data: values, height: 2, width: 2 })).values, values);
});

Deno.test("a grey picture that is stored in colour is grey", () => {
  const png = encode({
    data: Uint8Array.of(51, 51, 51, 0, 0, 0),
    height: 1,
    width: 2,
    channels: 3,
  });
  assert.equal(decodePng(png).isGrey, true);
  assert.equal(colourValue(51, 51, 51), 51);
});

Deno.test("a class in the opacity is an error, and opacity beside colours a warning", () => {
  const inAlpha = Uint8Array.of(9, 9, 9, 0, 9, 9, 9, 255);
  assert.deepEqual(labelOf(encode({ data: inAlpha, height: 1, width: 2, channels: 4 })).findings, [
    "error: label is in the opacity (2 levels); its colour is the same everywhere",
  ]);
  const both = Uint8Array.of(0, 0, 0, 0, 9, 9, 9, 255);
  const { findings, values } = labelOf(encode({ data: both, height: 1, width: 2, channels: 4 }));
  assert.deepEqual(findings, ["warning: label's opacity (2 levels) is not used"]);
  assert.deepEqual(values, [0, 9]);
});

Deno.test("place 255 of a palette is ignored, unless it is white", () => {
  const palette = Array.from({ length: 256 }, (_, i) => [i, i, i]);
  const png = (colour: number[]) =>
    encode({
      data: Uint8Array.of(0, 1, 255),
      height: 1,
      width: 3,
      channels: 1,
      palette: [...palette.slice(0, 255), colour],
    });
  assert.deepEqual(labelOf(png([224, 224, 192])).values, [0, 1, VOID]); // as PASCAL VOC has it
  assert.equal(labelOf(png([224, 224, 192])).findings.length, 1);
  assert.deepEqual(labelOf(png([255, 255, 255])).values, [0, 1, 255]);
});

Deno.test("decodePngLabel tells the colours that a palette gives to the values that occur", () => {
  const palette = [[0, 0, 0], [255, 0, 16], [7, 7, 7], [1, 2, 3]];
  const file = encode({ data: Uint8Array.of(2, 1, 2), height: 1, width: 3, channels: 1, palette });
  assert.deepEqual(
    [...decodePngLabel(file, []).colours].sort(([a], [b]) => a - b),
    [[1, colourValue(255, 0, 16)], [2, 7]],
  );
  const grey = encode({ data: Uint8Array.of(2, 1, 2), height: 1, width: 3, channels: 1 });
  assert.equal(decodePngLabel(grey, []).colours.size, 0);
  const short = { data: Uint8Array.of(0, 9), height: 1, width: 2, channels: 1, palette } as const;
  const { data, colours } = decodePngLabel(encode(short), []);
  assert.deepEqual([[...data], [...colours.keys()]], [[0, 9], [0]], "index 9 has no colour");
});

Deno.test("opacity is ignored", () => {
  const two = encode({ data: Uint8Array.of(255, 0, 51, 9), height: 1, width: 2, channels: 2 });
  assert.deepEqual(decodePng(two).data, Float32Array.of(1, 0.2));
  const four = encode({ data: Uint8Array.of(255, 255, 255, 0), height: 1, width: 1, channels: 4 });
  assert.deepEqual([...decodePng(four).data], [1, 1, 1]);
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
  assert.deepEqual([...decodePng(png).data], [1, 1, 0, 1, 1, 0, 0, 1, 1, 0, 0, 1]);
  assert.deepEqual(labelOf(png).values, [1, 2, 0, 1]);
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
    assert.deepEqual(await loadSlice(join(folder, "a.npy")), { ...slice, channels: 1 });
    const two = { data: slice.data, height: 1, width: 3, channels: 2 };
    await saveSlice(join(folder, "two.npy"), two);
    assert.deepEqual(await loadSlice(join(folder, "two.npy")), two);
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
