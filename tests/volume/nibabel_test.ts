/** Reading and writing against nibabel: what it said once, and what it says where Python has it. */

import assert from "node:assert/strict";
import { join } from "@std/path";
import {
  orientation,
  readLabelVolume,
  readVolume,
  restore,
  toCanonical,
  type Volume,
  writeVolume,
} from "../../lib/volume/mod.ts";
import { findPython, runPython } from "../../tasks/support/python.ts";
import { HIPPOCAMPUS, NEEDS_HIPPOCAMPUS } from "../support/data_sets.ts";
import { inFolder } from "../support/in_folder.ts";

interface Description {
  path: string;
  shape: number[];
  affine: number[][];
  orientation: string;
  spacing: number[];
  data: (number | null)[];
  header: {
    version: number;
    dtype: string;
    endianness: string;
    qform: number[];
    sform: [number, number[][]];
    slope: [number, number];
    units: [string, string];
    pixdim: number[];
    description: string;
    intent: string;
  };
}

const script = join(import.meta.dirname!, "with_nibabel.py");

const nibabel = await findPython("import nibabel");

function assertClose(
  actual: ArrayLike<number>,
  expected: ArrayLike<number>,
  tolerance: number,
  what: string,
) {
  assert.equal(actual.length, expected.length, what);
  for (let i = 0; i < expected.length; i++) {
    const difference = Math.abs(actual[i]! - expected[i]!);
    assert.ok(
      difference <= tolerance * Math.max(1, Math.abs(expected[i]!)) ||
        (Number.isNaN(actual[i]) && Number.isNaN(expected[i])),
      `${what}: ${actual[i]} at ${i}, expected ${expected[i]}`,
    );
  }
}

/** By nibabel's name of the unit. */
const MILLIMETRES: Record<string, number> = { mm: 1, unknown: 1, micron: 0.001, meter: 1000 };

function assertSame(volume: Volume, expected: Description) {
  const name = expected.path;
  const shape = [...expected.shape];
  while (shape.length > 3 && shape.at(-1) === 1) shape.pop();
  while (shape.length < 3) shape.push(1);
  assert.deepEqual(volume.shape, shape, name);
  const unit = MILLIMETRES[expected.header.units[0]]!;
  const affine = expected.affine.map((row, i) => row.map((v) => i < 3 ? v * unit : v));
  assertClose(volume.affine.flat(), affine.flat(), 1e-6 * unit, `${name}: affine`);
  assertClose(volume.spacing, expected.spacing.map((v) => v * unit), 1e-6, `${name}: spacing`);
  // nibabel takes a file without any transform for LAS.
  const { sform, qform } = expected.header;
  assert.equal(volume.orientation === null, sform[0] === 0 && qform[0] === 0, name);
  // A shear can be as near to one axis as to another.
  if (sform[0] === 0 && qform[0] !== 0) assert.equal(volume.orientation, expected.orientation);
  // float32 holds a value to 2^-24.
  const data = expected.data.map((value) => value ?? NaN);
  assertClose(volume.data, data, 2 ** -24, `${name}: data`);
}

const stored: (Description & { file: string })[] = JSON.parse(
  await Deno.readTextFile(new URL("../fixtures/nibabel_volumes.json", import.meta.url)),
);

/** Writes the stored files to a folder, and reads them. */
async function readStored(
  folder: string,
  use: (path: string, expected: Description, number: number) => Promise<void>,
): Promise<void> {
  assert.equal(stored.length, 40);
  for (const [number, { file, ...expected }] of stored.entries()) {
    const path = join(folder, expected.path);
    await Deno.writeFile(path, Uint8Array.fromBase64(file));
    await use(path, expected, number);
  }
}

Deno.test("readVolume() reads types, byte orders, versions, affines, units and scaling as nibabel did", async () => {
  await inFolder((folder) =>
    readStored(folder, async (path, expected) => {
      const volume = await readVolume(path);
      assertSame(volume, expected);
      assert.equal(volume.header.version, expected.header.version);
      assert.equal(volume.header.littleEndian, expected.header.endianness === "<");
    })
  );
});

Deno.test("readLabelVolume() reads what nibabel did, without rounding to float32", async () => {
  await inFolder((folder) =>
    readStored(folder, async (path, expected) => {
      const { dtype, slope } = expected.header;
      const is64 = dtype.endsWith("int64");
      const labels = await readLabelVolume(path).catch((error) => {
        assert.ok(is64, String(error));
        assert.match(error.message, /labels of about -?\d/);
      });
      if (labels === undefined) return;
      const data = expected.data.map((value) => (value ?? NaN) + 0);
      assert.deepEqual(Array.from(labels.data, (value) => value + 0), data, path);
      const plain = slope[0] === 1 && slope[1] === 0;
      const type = plain && !is64 ? dtype : "float64";
      assert.equal(labels.data.constructor.name.toLowerCase(), `${type}array`);
    })
  );
});

/** What a mask's header may have otherwise than its image's: intent, sizes, type, scaling, display. */
const OTHER_BYTES: Record<number, [from: number, to: number][]> = {
  1: [[40, 56], [56, 70], [70, 74], [108, 120], [124, 132], [328, 344]],
  2: [[12, 16], [16, 80], [80, 104], [168, 208], [504, 524]],
};

Deno.test("writeVolume() gives a mask that came back from canonical orientation its image's header", async () => {
  await inFolder((folder) =>
    readStored(folder, async (path, expected) => {
      const image = await readVolume(path);
      const { data, reorientation } = toCanonical(image);
      const back = restore(data, image.shape, reorientation);
      assert.deepEqual(back, image.data);
      const out = join(folder, "out", expected.path);
      await writeVolume(out, { data: back, like: image });
      const mask = await readVolume(out);
      for (const key of ["data", "shape", "spacing", "affine", "orientation"] as const) {
        assert.deepEqual(mask[key], image[key], `${path}: ${key}`);
      }
      const [a, b] = [image, mask].map(({ header }) => {
        const bytes = header.bytes.slice();
        for (const [from, to] of OTHER_BYTES[header.version]!) bytes.fill(0, from, to);
        // Voxel sizes along axes that the image has not
        const first = Math.min(3, expected.shape.length) + 1;
        if (header.version === 1) bytes.fill(0, 76 + 4 * first, 108);
        else bytes.fill(0, 104 + 8 * first, 168);
        return bytes;
      });
      assert.deepEqual(b, a, path);
    })
  );
});

Deno.test({
  name: "readVolume() reads what nibabel reads: types, byte orders, versions, affines, scaling " +
    "(needs Python with nibabel)",
  ignore: nibabel === undefined,
  fn: async () => {
    const folder = await Deno.makeTempDir();
    try {
      await runPython(nibabel!, [script, "write", folder]);
      const all: Description[] = JSON.parse(
        await Deno.readTextFile(join(folder, "expected.json")),
      );
      assert.equal(all.length, 160);
      for (const expected of all) {
        const volume = await readVolume(expected.path);
        assertSame(volume, expected);
        assert.equal(volume.header.version, expected.header.version);
        assert.equal(orientation(volume.affine), expected.orientation, expected.path);
      }
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  },
});

Deno.test({
  name: "writeVolume() writes what nibabel reads, in the space of the input " +
    "(needs Python with nibabel)",
  ignore: nibabel === undefined,
  fn: async () => {
    const folder = await Deno.makeTempDir();
    try {
      await runPython(nibabel!, [script, "write", folder]);
      const inputs: Description[] = JSON.parse(
        await Deno.readTextFile(join(folder, "expected.json")),
      );
      const kinds = [Uint8Array, Int16Array, Float32Array];
      const written: { path: string; data: number[]; input: Description; dtype: string }[] = [];
      for (const [number, input] of inputs.entries()) {
        const like = await readVolume(input.path);
        const [nx, ny, nz] = like.shape as [number, number, number];
        const count = nx * ny * nz * (number % 2 === 0 ? like.shape[3] ?? 1 : 1);
        const data = new kinds[number % 3]!(count).map((_, i) => (i * 37 + number) % 251);
        const path = join(folder, `out_${number}.nii${number % 4 < 2 ? ".gz" : ""}`);
        const description = number % 5 === 0 ? { description: "a mask" } : {};
        await writeVolume(path, { data, like, ...description });
        const dtype = ["uint8", "int16", "float32"][number % 3]!;
        written.push({ path, data: [...data], input, dtype });
      }
      const outputs: Description[] = JSON.parse(
        await runPython(nibabel!, [script, "read", ...written.map(({ path }) => path)]),
      );
      for (const [number, output] of outputs.entries()) {
        const { data, input, dtype, path } = written[number]!;
        assert.deepEqual(output.data, data, path);
        assert.equal(output.header.dtype, dtype);
        assertClose(output.affine.flat(), input.affine.flat(), 1e-6, `${path}: affine`);
        for (const key of ["version", "endianness", "qform", "sform", "units"] as const) {
          assert.deepEqual(output.header[key], input.header[key], `${path}: ${key}`);
        }
        const rank = Math.min(3, input.shape.length);
        assert.deepEqual(
          output.header.pixdim.slice(0, rank + 1),
          input.header.pixdim.slice(0, rank + 1),
          path,
        );
        assert.deepEqual(output.header.slope, [1, 0]);
        assert.equal(
          output.header.description,
          number % 5 === 0 ? "a mask" : input.header.description,
        );
        assertSame(await readVolume(path), output);
      }
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  },
});

Deno.test({
  name: "readVolume() reads the Decathlon's hippocampus as nibabel does " +
    `${NEEDS_HIPPOCAMPUS} (needs Python with nibabel)`,
  ignore: nibabel === undefined || HIPPOCAMPUS === undefined,
  fn: async () => {
    const files: string[] = [];
    for (const part of ["imagesTr", "labelsTr"]) {
      const names = [...Deno.readDirSync(join(HIPPOCAMPUS!, part))].map(({ name }) => name)
        .filter((name) => !name.startsWith(".")).sort();
      files.push(...names.slice(0, 6).map((name) => join(HIPPOCAMPUS!, part, name)));
    }
    assert.ok(files.length > 0);
    const all: Description[] = JSON.parse(await runPython(nibabel!, [script, "read", ...files]));
    for (const expected of all) assertSame(await readVolume(expected.path), expected);
  },
});
