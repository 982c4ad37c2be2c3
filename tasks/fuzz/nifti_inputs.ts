import fc from "fast-check";
import { NIFTI1, NIFTI2 } from "nifti-reader-js";
import { join } from "@std/path";
import { gunzipSync, gzipSync } from "node:zlib";
import { type Bytes, damagedBytes, HOSTILE_NUMBERS } from "./damage.ts";

const ROOT = new URL("../../", import.meta.url).pathname;
const HIPPOCAMPUS = join(ROOT, "../shared/data/Task04_Hippocampus/imagesTr");

/** What the numbers of a NIfTI-1 header are stored as, and where. */
const FIELDS: readonly (readonly [at: number, kind: "i16" | "i32" | "f32"])[] = [
  [0, "i32"], // size of the header
  ...[40, 42, 44, 46, 48, 50].map((at) => [at, "i16"] as const), // dimensions
  [70, "i16"], // type
  [72, "i16"],
  ...[76, 80, 84, 88].map((at) => [at, "f32"] as const), // voxel sizes
  ...[108, 112, 116].map((at) => [at, "f32"] as const), // offset, slope, intercept
  [252, "i16"], // which affine
  [254, "i16"],
  ...[256, 260, 264, 268, 272, 276].map((at) => [at, "f32"] as const), // quaternion
  ...Array.from({ length: 12 }, (_, i) => [280 + 4 * i, "f32"] as const), // affine
];

const headerChange = fc.record({
  field: fc.constantFrom(...FIELDS),
  value: fc.oneof(
    fc.constantFrom(...HOSTILE_NUMBERS, NaN, Infinity, -Infinity),
    fc.constantFrom(1, 2, 4, 8, 16, 64, 128, 256, 348, 512, 540, 768, 1024, 1280, 1536, 2304),
    fc.integer({ min: -5, max: 400 }),
  ),
});

/** Real volumes, inflated: of data.example, of the hippocampus where it is there, and NIfTI-2. */
async function goodVolumes(): Promise<Bytes[]> {
  const files = ["imagesTr/prostate_00", "labelsTr/prostate_00", "labelsTr/prostate_07"].map(
    (name) => join(ROOT, "data.example", `${name}.nii.gz`),
  );
  for await (const { name } of readDir(HIPPOCAMPUS)) {
    if (/^hippocampus_00\d\.nii\.gz$/.test(name)) files.push(join(HIPPOCAMPUS, name));
  }
  const volumes = await Promise.all(
    files.map(async (path) => Uint8Array.from(gunzipSync(await Deno.readFile(path)))),
  );
  return [...volumes.filter(({ length }) => length < 2 ** 21), nifti2()];
}

async function* readDir(path: string): AsyncGenerator<Deno.DirEntry> {
  try {
    yield* Deno.readDir(path);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
}

function nifti2(): Bytes {
  const header = new NIFTI2();
  header.littleEndian = true;
  header.magic = "n+2";
  header.dims = [3, 5, 4, 3, 1, 1, 1, 1];
  header.pixDims = [1, 1, 1, 2, 1, 1, 1, 1];
  header.datatypeCode = NIFTI1.TYPE_INT16;
  header.numBitsPerVoxel = 16;
  header.vox_offset = 544;
  header.sform_code = 1;
  header.affine = [[1, 0, 0, 0], [0, 1, 0, 0], [0, 0, 2, 0], [0, 0, 0, 1]];
  const bytes = new Uint8Array(544 + 120);
  bytes.set(new Uint8Array(header.toArrayBuffer()).subarray(0, 540));
  return bytes;
}

/** A few hundred kilobytes that inflate to many megabytes, some of which the header announces. */
function bombs(good: Bytes): Bytes[] {
  const head = good.slice(0, 352);
  const view = new DataView(head.buffer);
  return [
    [64, 64, 4], // it inflates to much more
    [2048, 2048, 15], // it inflates to what it announces
    [32767, 32767, 32767], // it inflates to nothing of the kind
  ].map((sizes) => {
    view.setInt16(40, 3, true);
    sizes.forEach((size, i) => view.setInt16(42 + 2 * i, size, true));
    view.setInt16(70, 2, true);
    const bytes = new Uint8Array(352 + 2048 * 2048 * 15);
    bytes.set(head);
    return Uint8Array.from(gzipSync(bytes, { level: 9 }));
  });
}

/** Damaged volumes, plain and gzipped, and bombs. */
export async function niftiInputs(): Promise<fc.Arbitrary<Bytes>> {
  const volumes = await goodVolumes();
  const zipped = volumes.map((volume) => Uint8Array.from(gzipSync(volume)));
  const changed = fc.record({
    volume: fc.constantFrom(...volumes),
    changes: fc.array(headerChange, { minLength: 1, maxLength: 4 }),
    zip: fc.nat(7).map((n) => n === 0), // slow, and seldom another way through the reader
  }).map(({ volume, changes, zip }) => {
    const bytes = volume.slice();
    const view = new DataView(bytes.buffer);
    for (const { field: [at, kind], value } of changes) {
      if (kind === "i16") view.setInt16(at, value, true);
      else if (kind === "i32") view.setInt32(at, value, true);
      else view.setFloat32(at, value, true);
    }
    return zip ? Uint8Array.from(gzipSync(bytes, { level: 1 })) : bytes;
  });
  let made: Bytes[] | undefined; // seconds, for those who want some
  const oneOf = (files: readonly Bytes[]) => fc.constantFrom(...files).chain(damagedBytes);
  return fc.oneof(
    { weight: 40, arbitrary: changed },
    { weight: 25, arbitrary: oneOf(volumes) },
    { weight: 25, arbitrary: oneOf(zipped) },
    { weight: 9, arbitrary: fc.uint8Array({ maxLength: 700 }).map((b) => Uint8Array.from(b)) },
    { weight: 1, arbitrary: fc.nat(2).map((i) => (made ??= bombs(volumes[0]!))[i]!) },
  );
}
