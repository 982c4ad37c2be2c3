import assert from "node:assert/strict";
import type { Targets } from "../../lib/slices/case.ts";
import { animateSettling, settlingFrames } from "../../lib/plots/animate_settling.ts";
import { disc } from "./support.ts";

/** A GIF's size, palette and frames: how long each stays, its colour indices. */
function readGif(bytes: Uint8Array) {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  assert.equal(new TextDecoder().decode(bytes.subarray(0, 6)), "GIF89a");
  const [width, height] = [view.getUint16(6, true), view.getUint16(8, true)];
  let at = 13 + 3 * 2 ** ((bytes[10]! & 7) + 1);
  const frames: { delay: number; pixels: number[] }[] = [];
  let delay = 0;
  let loops = -1;
  const blocks = () => {
    const data: number[] = [];
    for (let size = bytes[at++]!; size > 0; size = bytes[at++]!) {
      data.push(...bytes.subarray(at, at + size));
      at += size;
    }
    return data;
  };
  while (bytes[at] !== 0x3b) {
    const kind = bytes[at++];
    if (kind === 0x21) {
      const label = bytes[at++];
      const data = blocks();
      if (label === 0xf9) delay = 10 * (data[1]! + 256 * data[2]!);
      if (label === 0xff) loops = data[12]! + 256 * data[13]!;
    } else if (kind === 0x2c) {
      assert.equal(bytes[at + 8]! & 0x80, 0, "every frame uses the first palette");
      at += 9;
      const size = bytes[at++]!;
      frames.push({ delay, pixels: unpack(blocks(), size) });
    } else {
      assert.fail(`no GIF block: ${kind}`);
    }
  }
  /** The colour of a pixel, in red, green and blue. */
  const colour = (frame: number, x: number, y: number) => {
    const index = frames[frame]!.pixels[y * width + x]!;
    return [...bytes.subarray(13 + 3 * index, 16 + 3 * index)];
  };
  return { width, height, frames, loops, colour };
}

/** The LZW of GIFs. */
function unpack(data: readonly number[], codeSize: number): number[] {
  const clear = 1 << codeSize;
  const out: number[] = [];
  let table: number[][] = [];
  let bits = codeSize + 1;
  let previous: number[] | undefined;
  let buffer = 0, held = 0;
  for (const byte of data) {
    buffer |= byte << held;
    held += 8;
    while (held >= bits) {
      const code = buffer & ((1 << bits) - 1);
      buffer >>>= bits;
      held -= bits;
      if (code === clear) {
        table = Array.from({ length: clear + 2 }, (_, i) => [i]);
        bits = codeSize + 1;
        previous = undefined;
      } else if (code === clear + 1) {
        return out;
      } else {
        const entry: number[] = table[code] ?? [...previous!, previous![0]!];
        for (const value of entry) out.push(value);
        if (previous !== undefined && table.length < 4096) table.push([...previous, entry[0]!]);
        if (table.length === 1 << bits && bits < 12) bits++;
        previous = entry;
      }
    }
  }
  return assert.fail("the frame has no end");
}

const ONE: Targets = {
  kind: "classes",
  classes: [{ name: "foreground", values: "above 0" }],
  ignore: [],
};

function example() {
  const { image, mask, height, width } = disc(16, 24);
  const coarse = { data: new Float32Array(4 * 6).fill(0.5), height: 4, width: 6 };
  const fine = { data: Float32Array.from(mask), height, width };
  return animateSettling([
    {
      stage: "coarse",
      step: 0,
      probability: coarse,
      codes: { ...coarse, data: new Uint8Array(24) },
    },
    {
      stage: "coarse",
      step: 1,
      probability: coarse,
      codes: { ...coarse, data: new Uint8Array(24) },
    },
    { stage: "fine", step: 1, probability: fine, codes: fine },
  ], {
    image: { data: image, height, width },
    truth: { data: mask, height, width },
    targets: ONE,
    size: 96,
    delay: 50,
    hold: 900,
  });
}

Deno.test("animateSettling makes a GIF that loops, of all frames, and holds the last", () => {
  const { width, height, frames, loops } = readGif(example().gif);
  // A picture narrower than its caption stands in the middle of a wider canvas.
  assert.equal(width, 256);
  assert.ok(height > 24 * 4);
  assert.equal(loops, 0);
  assert.deepEqual(frames.map(({ delay }) => delay), [50, 50, 900]);
  for (const { pixels } of frames) {
    assert.equal(pixels.length, width * height);
    assert.ok(new Set(pixels).size > 20, "the frame is blank");
  }
  assert.notDeepEqual(frames[0]!.pixels, frames[1]!.pixels, "the step and the bar go on");
  assert.notDeepEqual(frames[1]!.pixels, frames[2]!.pixels);
});

Deno.test("animateSettling tints the image by the probability, under both outlines, over a bar", () => {
  const raster = (data: number[]) => ({ data, height: 4, width: 4 });
  const image = raster([0, 0, 1, 1, 0, 0, 1, 1, 0, 0, 1, 1, 0, 0, 1, 1]);
  const half = { data: [0.5], height: 1, width: 1 };
  const probability = raster([0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0.5, 0, 0, 0, 0, 0]);
  const only = (pixel: number) => raster(Array.from({ length: 16 }, (_, i) => Number(i === pixel)));
  const { gif } = animateSettling([
    { stage: "coarse", step: 1, probability: half, codes: { ...half, data: [0] } },
    { stage: "fine", step: 1, probability, codes: only(15) },
  ], { image, truth: only(0), view: "raw", size: 256 });
  const { width, height, colour } = readGif(gif);
  assert.deepEqual([width, height], [256, 256 + 58]); // each pixel is 64 wide and high
  const at = (frame: number, row: number, column: number) =>
    colour(frame, 64 * column + 32, 64 * row + 32);
  // White and 0.6 p of the orange #e69f00
  assert.deepEqual(at(1, 1, 1), [0, 0, 0]);
  assert.deepEqual(at(1, 1, 3), [255, 255, 255]);
  assert.deepEqual(at(1, 1, 2), [240, 197, 102]);
  for (const [frame, row] of [[1, 2], [0, 1]] as const) {
    assert.deepEqual(at(frame, row, 2), [248, 226, 179]);
  }
  // The outlines of the truth (sky blue) and of the mask (orange), two pixels wide
  assert.deepEqual(colour(1, 0, 20), [86, 180, 233]);
  assert.deepEqual([colour(1, 255, 230), colour(1, 254, 230)], Array(2).fill([230, 159, 0]));
  assert.deepEqual(colour(0, 255, 230), colour(0, 200, 230));
  // Half of the bar is the coarse stage's (purple), half the fine stage's (green)
  const bar = (frame: number) => [22, 220].map((x) => colour(frame, x, 256 + 42));
  assert.deepEqual(bar(0), [[204, 121, 167], [66, 66, 66]]);
  assert.deepEqual(bar(1), [[204, 121, 167], [0, 158, 115]]);
});

Deno.test("animateSettling gives the same bytes every time", () => {
  assert.deepEqual(example().gif, example().gif);
});

Deno.test("animateSettling refuses what does not fit", () => {
  const image = { data: new Float32Array(64), height: 8, width: 8 };
  assert.throws(() => animateSettling([], { image, targets: ONE }), RangeError);
  const wrong = { data: new Float32Array(9), height: 3, width: 3 };
  assert.throws(
    () =>
      animateSettling([{ stage: "fine", step: 1, probability: wrong, codes: wrong }], {
        image,
        targets: ONE,
        size: 8,
      }),
    /whole number of times as large/,
  );
});

Deno.test("settlingFrames takes the sigmoid of the channel behind the image's", () => {
  const values = new Float32Array(2 * 2 * 4);
  values[2] = 100; // cell 0, channel 2
  values[4 + 2] = -100;
  values[8 + 1] = 100; // an image channel
  const state = { shape: [1, 2, 2, 4], dataSync: () => values };
  const options = { targets: ONE, imageChannels: 2 };
  const [frame] = settlingFrames([{ stage: "fine", step: 4, state }], options);
  assert.deepEqual(Array.from(frame!.probability.data), [1, Math.fround(Math.exp(-100)), 0.5, 0.5]);
  assert.deepEqual([...Array.from(frame!.codes.data)], [1, 0, 0, 0]);
  assert.deepEqual([frame!.stage, frame!.step], ["fine", 4]);
});

Deno.test("settlingFrames draws regions as masks hold them", () => {
  const classes = [{ name: "whole", values: [1, 2] }, { name: "core", values: [2] }];
  const targets: Targets = { kind: "regions", classes, ignore: [] };
  // An image channel, then whole and core: the core alone, the whole alone
  const state = { shape: [1, 1, 2, 3], dataSync: () => [0, -3, 3, 0, 3, -3] };
  const [frame] = settlingFrames([{ stage: "fine", step: 1, state }], { targets });
  assert.deepEqual(Array.from(frame!.codes.data), [3, 1]);
});

Deno.test("settlingFrames adds the probabilities of classes that exclude each other", () => {
  const targets: Targets = {
    kind: "classes",
    classes: [{ name: "a", values: [1] }, { name: "b", values: [2] }],
    ignore: [],
  };
  const state = { shape: [1, 1, 1, 4], dataSync: () => [0, 0, Math.log(2), 0] };
  const [frame] = settlingFrames([{ stage: "fine", step: 1, state }], {
    targets,
    imageChannels: 1,
  });
  // exp: 1 for the background, 1 and 2 for the classes
  assert.ok(Math.abs(frame!.probability.data[0]! - 0.75) < 1e-6);
  assert.deepEqual(Array.from(frame!.codes.data), [2]);
});
