import assert from "node:assert/strict";
import { join } from "@std/path";
import fc from "fast-check";
import { createVolume, readVolume, type Volume, writeVolume } from "../../lib/volume/mod.ts";
import { inFolder } from "../support/in_folder.ts";

const size = fc.integer({ min: 1, max: 5 });
const written = fc.record({
  shape: fc.oneof(fc.tuple(size, size, size), fc.tuple(size, size, size, size)),
  spacing: fc.tuple(...[0, 1, 2].map(() => fc.integer({ min: 1, max: 80 }).map((n) => n / 16))),
  kind: fc.constantFrom(Uint8Array, Int16Array, Float32Array),
  suffix: fc.constantFrom(".nii", ".nii.gz"),
});

Deno.test("writeVolume() and readVolume() are inverse, for any shape, type and name", async () => {
  await inFolder(async (folder) => {
    await fc.assert(
      fc.asyncProperty(written, async ({ shape, spacing, kind, suffix }) => {
        const count = shape.reduce((a, b) => a * b);
        const data = new kind(count).map((_, i) => i % 256);
        const like = createVolume({
          data: new Float32Array(count),
          shape,
          spacing: spacing as [number, number, number],
        });
        const path = join(folder, `volume${suffix}`);
        await writeVolume(path, { data, like });
        const { header: _, path: __, ...read } = await readVolume(path);
        assert.deepEqual(read, {
          data: Float32Array.from(data),
          shape: like.shape,
          spacing: like.spacing,
          affine: like.affine,
          orientation: "RAS",
          warnings: [],
        });
      }),
      { numRuns: 60, seed: 3 },
    );
  });
});

function image(shape: number[]): Volume {
  return createVolume({
    data: new Float32Array(shape.reduce((a, b) => a * b)),
    shape,
    spacing: [1, 2, 3],
  });
}

Deno.test("writeVolume() writes a 3D mask like a 4D image", async () => {
  await inFolder(async (folder) => {
    const path = join(folder, "new", "mask.nii.gz");
    await writeVolume(path, { data: new Uint8Array(24).fill(1), like: image([2, 3, 4, 2]) });
    const mask = await readVolume(path);
    assert.deepEqual(mask.shape, [2, 3, 4]);
    await writeVolume(path, { data: new Uint8Array(72), like: mask, shape: [2, 3, 4, 3] });
    assert.deepEqual((await readVolume(path)).shape, [2, 3, 4, 3]);
  });
});

Deno.test("writeVolume() gives the same bytes each time, and leaves no temporary file", async () => {
  await inFolder(async (folder) => {
    const like = image([3, 4, 5]);
    const data = new Uint8Array(60).map((_, i) => i);
    const path = join(folder, "a.nii.gz");
    await writeVolume(path, { data, like });
    const bytes = await Deno.readFile(path);
    await writeVolume(path, { data, like });
    assert.deepEqual(await Deno.readFile(path), bytes);
    assert.deepEqual([...bytes.subarray(4, 8)], [0, 0, 0, 0], "gzip's time of writing");
    assert.deepEqual([...Deno.readDirSync(folder)].map(({ name }) => name), ["a.nii.gz"]);
  });
});

Deno.test("writeVolume() cuts a long description to its field", async () => {
  await inFolder(async (folder) => {
    const path = join(folder, "a.nii");
    await writeVolume(path, {
      data: new Uint8Array(6),
      like: image([1, 2, 3]),
      description: "x".repeat(200),
    });
    const { bytes } = (await readVolume(path)).header;
    assert.equal(new TextDecoder().decode(bytes.subarray(148, 228)), "x".repeat(79) + "\0");
    assert.deepEqual([...bytes.subarray(228, 232)], [0, 0, 0, 0]);
  });
});

Deno.test("writeVolume() refuses another name, another grid and too few values", async () => {
  const like = image([2, 3, 4]);
  const data = new Uint8Array(24);
  await assert.rejects(writeVolume("mask.mha", { data, like }), {
    name: "InputError",
    message: "Cannot write volume: the name must end in .nii or .nii.gz: mask.mha",
  });
  await assert.rejects(writeVolume("a.nii", { data, like, shape: [4, 3, 2] }), RangeError);
  await assert.rejects(writeVolume("a.nii", { data: data.subarray(1), like }), TypeError);
});
