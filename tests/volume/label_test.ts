/** Labels: exact values, and their way to the grid of their image. */

import assert from "node:assert/strict";
import { join } from "@std/path";
import {
  alignToGrid,
  createVolume,
  readLabelVolume,
  readVolume,
  reorient,
  toCanonical,
  type Volume,
  volumeSlice,
  type Voxels,
  writeVolume,
} from "../../lib/volume/mod.ts";
import { inFolder } from "../support/in_folder.ts";

const cases = new URL("../fixtures/cases/", import.meta.url).pathname;

const counts = (data: Voxels) => {
  const found = new Map<number, number>();
  for (const value of data) found.set(value, (found.get(value) ?? 0) + 1);
  return [...found].sort(([a], [b]) => a - b);
};

Deno.test("readLabelVolume() keeps ids above 2^24 apart", async () => {
  // Counted with numpy
  const expected = [[90, 165], [86, 173], [110, 149], [116, 151], [111, 148], [91, 152]];
  for (const [i, [a, b]] of expected.entries()) {
    const path = join(cases, `bigid/labelsTr/c${i}.nii.gz`);
    const label = await readLabelVolume(path);
    assert.deepEqual(counts(label.data).slice(1), [[526157192, a], [526157196, b]]);
    const total = counts(volumeSlice(label, { axis: 2, index: 2 }).data).length;
    assert.equal(total, 3, "a slice keeps them, too");
  }
});

/** Volumes of one row. */
const row = (length: number) =>
  createVolume({ data: new Float32Array(length), shape: [length, 1, 1], spacing: [1, 1, 1] });

Deno.test("readLabelVolume() takes integers of 64 bits up to 2^53, and no others", async () => {
  await inFolder(async (folder) => {
    const path = join(folder, "a.nii");
    await writeVolume(path, { data: new Float64Array(2), like: row(2) });
    const write = async (value: bigint) => {
      const bytes = await Deno.readFile(path);
      const view = new DataView(bytes.buffer);
      view.setInt16(70, 1024, true); // int64
      view.setBigInt64(352, value, true);
      view.setBigInt64(360, -3n, true);
      await Deno.writeFile(path, bytes);
    };
    await write(2n ** 53n - 1n);
    const { data } = await readLabelVolume(path);
    assert.deepEqual(data, Float64Array.of(2 ** 53 - 1, -3));
    for (const beyond of [2n ** 53n, 2n ** 53n + 1n, -(2n ** 60n)]) {
      await write(beyond);
      await assert.rejects(readLabelVolume(path), {
        name: "InputError",
        message: `Cannot read volume: labels of about ${Number(beyond)} (int64) cannot be told ` +
          `apart: ${path}`,
      });
      assert.equal((await readVolume(path)).data[0], Number(beyond), "images are rounded anyway");
    }
  });
});

Deno.test("readLabelVolume() scales labels as float64", async () => {
  await inFolder(async (folder) => {
    const path = join(folder, "a.nii");
    await writeVolume(path, { data: Int32Array.of(0, 100_000_001), like: row(2) });
    const bytes = await Deno.readFile(path);
    const view = new DataView(bytes.buffer);
    view.setFloat32(112, 2, true);
    view.setFloat32(116, 1, true);
    await Deno.writeFile(path, bytes);
    assert.deepEqual((await readLabelVolume(path)).data, Float64Array.of(1, 200_000_003));
  });
});

Deno.test("writeVolume() writes any type of voxels, and readLabelVolume() gives them back", async () => {
  await inFolder(async (folder) => {
    const arrays = [
      Uint8Array.of(0, 255),
      Int8Array.of(-128, 127),
      Uint16Array.of(0, 65535),
      Int16Array.of(-32768, 32767),
      Uint32Array.of(0, 2 ** 32 - 1),
      Int32Array.of(-(2 ** 31), 2 ** 31 - 1),
      Float32Array.of(-0.1, 1e30),
      Float64Array.of(0.1, 1e300),
    ];
    for (const data of arrays) {
      const path = join(folder, `${data.constructor.name}.nii.gz`);
      await writeVolume(path, { data, like: row(2) });
      assert.deepEqual((await readLabelVolume(path)).data, data);
    }
  });
});

Deno.test("alignToGrid() and toCanonical() bring labels stored LPS to their images stored RAS", async () => {
  // Voxels of the label and the sums of their indices along x, y and z, as nibabel's
  // as_closest_canonical has them
  const expected = [
    [257, 2624, 5114, 604],
    [259, 2743, 4730, 699],
    [251, 1945, 4967, 683],
    [261, 2169, 4555, 583],
  ];
  for (const [i, sums] of expected.entries()) {
    const folder = join(cases, "labels_LPS");
    const image = await readVolume(join(folder, `imagesTr/ok0${i}.nii.gz`));
    const label = await readLabelVolume(join(folder, `labelsTr/ok0${i}.nii.gz`));
    assert.deepEqual([image.orientation, label.orientation], ["RAS", "LPS"]);
    const { reorientation } = alignToGrid(label, image);
    const aligned = reorient(label.data, label.shape, reorientation!);
    const [nx, ny] = image.shape as [number, number];
    const found = [0, 0, 0, 0];
    aligned.forEach((value, at) => {
      if (value === 0) return;
      const place = [1, at % nx, Math.floor(at / nx) % ny, Math.floor(at / nx / ny)];
      place.forEach((index, axis) => found[axis]! += index);
    });
    assert.deepEqual(found, sums);
    assert.deepEqual(toCanonical(label).data, aligned);
    assert.deepEqual(toCanonical(image).data, image.data);
  }
});

const SPACE = { shape: [320, 320, 20], spacing: [0.9, 0.9, 3], orientation: "RAS" } as const;
/** A grid in space, without voxels. */
function grid(size: number, shift = 0, unit = 1): Pick<Volume, "shape" | "affine" | "orientation"> {
  const affine = [[size, 0, 0, shift], [0, size, 0, 0], [0, 0, 3, 0], [0, 0, 0, 1 / unit]]
    .map((line) => line.map((value) => value * unit));
  return { ...SPACE, affine };
}

Deno.test("alignToGrid() says how far a label is away that lies elsewhere", () => {
  const image = grid(0.9);
  const problems: [label: ReturnType<typeof grid>, problem: RegExp | null][] = [
    [grid(0.9), null],
    [grid(0.9, 0.05), null], // half a tenth of a voxel is rounding
    [grid(0.9, 40), /corners are up to 40 mm \(44\.4 voxels\) apart/],
    // 319 voxels of 0.009 mm more along two axes: 2.87 mm each, 3.19 voxels
    [grid(0.909), /corners are up to 4\.06 mm \(3\.19 voxels\) apart/],
    // 0.999 of the diagonal of 287.1, 287.1 and 57 mm
    [grid(0.9, 0, 0.001), /corners are up to 410 mm \(319 voxels\) apart/],
    [{ ...image, shape: [319, 320, 20] }, /image has 320×320×20 voxels and label 319×320×20/],
  ];
  for (const [label, problem] of problems) {
    const found = alignToGrid(label, image);
    if (problem === null) assert.equal(found.problem, null);
    else {
      assert.match(found.problem ?? "", problem);
      assert.equal(found.reorientation, null);
    }
  }
});

Deno.test("alignToGrid() takes voxels to match where one of the two says nothing, and warns", () => {
  const image = grid(0.9);
  const silent = { ...grid(0.9, 40), orientation: null };
  assert.deepEqual(alignToGrid(silent, image), {
    reorientation: { axes: [0, 1, 2], flips: [false, false, false] },
    warning:
      "the label does not state its position; voxels of image and label are assumed to match",
    problem: null,
  });
  assert.match(alignToGrid(image, silent).warning!, /^the image does not state/);
  assert.match(alignToGrid({ ...silent, shape: [320, 319, 20] }, image).problem!, /320×319×20/);
  assert.equal(alignToGrid(silent, silent).warning, null);
});
