import { encode as encodeColours } from "fast-png";
import fc from "fast-check";
import { deflateSync } from "node:zlib";
import { join } from "@std/path";
import { normalize } from "../../lib/slices/normalize.ts";
import { encodeNpy } from "../../lib/slices/npy.ts";
import { encodePng } from "../../lib/slices/png.ts";
import { encodePngLabel } from "../../lib/slices/png_label.ts";
import { readVolume, type Slice, volumeSlice } from "../../lib/volume/mod.ts";
import { type Bytes, damagedBytes, encode, HOSTILE_NUMBERS } from "./damage.ts";
import { type Chunk, chunksOf, head, joinChunks } from "./png_chunks.ts";

const ROOT = new URL("../../", import.meta.url).pathname;

/** A slice of a real volume. */
async function realSlice(): Promise<Slice> {
  const volume = await readVolume(join(ROOT, "data.example/imagesTr/prostate_00.nii.gz"));
  const { data, ...size } = volumeSlice(volume, { axis: 2, index: 5 });
  return { ...size, data: normalize(data) };
}

const dimension = fc.oneof(
  fc.constantFrom(...HOSTILE_NUMBERS.map(String), "1", "2", "3", "", " ", "9".repeat(400)),
  fc.nat(6).map(String),
);
const shape = fc.oneof(
  fc.array(dimension, { maxLength: 6 }).map((sizes) => sizes.join(", ")),
  fc.constantFrom(1000, 30_000).map((n) => "1,".repeat(n) + "6"),
);
const npyHeader = fc.record({
  type: fc.constantFrom("<f4", "<f8", "|u1", "|b1", ">f4", "<c8", "|O", "<U9", "__proto__", ""),
  order: fc.constantFrom("True", "False", "None"),
  shape,
  version: fc.constantFrom(1, 2, 3, 0, 255),
  length: fc.oneof({ weight: 4, arbitrary: fc.constant(undefined) }, {
    weight: 1,
    arbitrary: fc.constantFrom(0, 1, 65535, 2 ** 32 - 1),
  }),
  data: fc.uint8Array({ maxLength: 60 }),
}).map(({ type, order, shape, version, length, data }) => {
  const text = encode(`{'descr': '${type}', 'fortran_order': ${order}, 'shape': (${shape}), }\n`);
  const start = version === 1 ? 10 : 12;
  const bytes = new Uint8Array(start + text.length + data.length);
  bytes.set([0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59, version, 0]);
  const view = new DataView(bytes.buffer);
  if (version === 1) view.setUint16(8, length ?? text.length, true);
  else view.setUint32(8, length ?? text.length, true);
  bytes.set(text, start);
  bytes.set(data, start + text.length);
  return bytes;
});

/** Damaged npy files. */
export async function npyInputs(): Promise<fc.Arbitrary<Bytes>> {
  const slice = await realSlice();
  const small = { data: Float32Array.of(0, 1, 2, 3, 4, 5), shape: [2, 3] };
  const mask = Uint8Array.from(slice.data, (value) => Number(value > 0.5));
  const files = [
    encodeNpy({ data: slice.data, shape: [slice.height, slice.width] }),
    encodeNpy({ data: mask, shape: [slice.height, slice.width] }),
    encodeNpy(small),
  ];
  return fc.oneof(
    { weight: 1, arbitrary: npyHeader },
    { weight: 1, arbitrary: fc.constantFrom(...files).chain(damagedBytes) },
  );
}

const side = fc.oneof(
  fc.constantFrom(0, 1, 4, 64, 16384, 16385, 65536, 2 ** 31, 2 ** 32 - 1),
  fc.nat(400),
);
const anyHead = fc.tuple(
  side,
  side,
  fc.constantFrom(0, 1, 2, 4, 8, 16, 3, 32), // bits
  fc.constantFrom(0, 2, 3, 4, 6, 1, 7), // colours
  fc.constantFrom(0, 0, 0, 1), // compression
  fc.constantFrom(0, 0, 0, 1), // filter
  fc.constantFrom(0, 0, 1, 2), // interlacing
).map((fields) => head(...fields));

/** Chunks that are no part of a good picture: bombs, a second head, a palette, a profile. */
function hostileChunk(): fc.Arbitrary<Chunk> {
  let zeros: Uint8Array | undefined; // made for those who want them: that takes a while
  const bomb = (...before: number[]) => {
    zeros ??= deflateSync(new Uint8Array(50_000_000), { level: 9 });
    return Uint8Array.from([...before, ...zeros]);
  };
  return fc.oneof(
    anyHead,
    fc.constantFrom<() => Chunk>(
      () => ({ type: "IDAT", data: bomb() }),
      () => ({ type: "iCCP", data: bomb(0x61, 0, 0) }),
      () => ({ type: "IDAT", data: new Uint8Array(0) }),
      () => ({ type: "IEND", data: new Uint8Array(0) }),
    ).map((make) => make()),
    fc.record({
      type: fc.constantFrom("PLTE", "tRNS", "tEXt", "pHYs", "iCCP", "acTL", "IDAT", "zzzz"),
      data: fc.uint8Array({ maxLength: 30 }),
    }),
  );
}

const chunkChange = (chunk: fc.Arbitrary<Chunk>) =>
  fc.record({
    at: fc.nat(),
    how: fc.constantFrom("head", "insert", "insert", "remove", "swap"),
    chunk,
    head: anyHead,
  });

/** Damaged PNG files. */
export async function pngInputs(): Promise<fc.Arbitrary<Bytes>> {
  const slice = await realSlice();
  const { height, width } = slice;
  const colours = Uint8Array.from({ length: 12 * 10 * 3 }, (_, i) => i * 7 & 255);
  const grey = encodePng(slice);
  const files = [
    grey,
    encodePngLabel({ data: Uint8Array.from(slice.data, (v) => Number(v > 0.5)), height, width }),
    Uint8Array.from(encodeColours({ data: colours, height: 10, width: 12, channels: 3 })),
    joinChunks([
      head(4, 4, 2, 3, 0, 0, 0),
      { type: "PLTE", data: Uint8Array.from({ length: 12 }, (_, i) => i * 20) },
      { type: "IDAT", data: deflateSync(Uint8Array.of(0, 27, 0, 27, 0, 27, 0, 27)) },
      { type: "IEND", data: new Uint8Array(0) },
    ]),
  ];
  const rebuilt = fc.record({
    file: fc.constantFrom(...files),
    changes: fc.array(chunkChange(hostileChunk()), { minLength: 1, maxLength: 3 }),
  }).map(({ file, changes }) => {
    const chunks = chunksOf(file);
    for (const { at, how, chunk, head } of changes) {
      const place = at % (chunks.length + 1);
      if (how === "head") chunks[0] = head;
      else if (how === "insert") chunks.splice(place, 0, chunk);
      else if (how === "remove") chunks.splice(place, 1);
      else chunks.push(...chunks.splice(place, 1));
    }
    return joinChunks(chunks);
  });
  return fc.oneof(
    { weight: 1, arbitrary: rebuilt },
    { weight: 1, arbitrary: fc.constantFrom(...files).chain(damagedBytes) },
  );
}
