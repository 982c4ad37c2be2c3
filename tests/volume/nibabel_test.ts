/** Reading and writing against nibabel, where Python has it. */

import assert from "node:assert/strict";
import { join } from "@std/path";
import { orientation, readVolume, type Volume, writeVolume } from "../../lib/volume/mod.ts";

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

async function python(...args: string[]): Promise<string> {
  const { success, stdout, stderr } = await new Deno.Command("python3", { args }).output();
  if (!success) throw new Error(new TextDecoder().decode(stderr));
  return new TextDecoder().decode(stdout);
}

const available = await python("-c", "import nibabel").then(() => true, () => false);

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

function assertSame(volume: Volume, expected: Description) {
  const name = expected.path;
  const shape = [...expected.shape];
  while (shape.length > 3 && shape.at(-1) === 1) shape.pop();
  while (shape.length < 3) shape.push(1);
  assert.deepEqual(volume.shape, shape, name);
  assertClose(volume.affine.flat(), expected.affine.flat(), 1e-6, `${name}: affine`);
  assertClose(volume.spacing, expected.spacing, 1e-6, `${name}: spacing`);
  // float32 holds a value to 2^-24.
  const data = expected.data.map((value) => value ?? NaN);
  assertClose(volume.data, data, 2 ** -24, `${name}: data`);
}

Deno.test({
  name: "readVolume() reads what nibabel reads: types, byte orders, versions, affines, scaling " +
    "(needs Python with nibabel)",
  ignore: !available,
  fn: async () => {
    const folder = await Deno.makeTempDir();
    try {
      await python(script, "write", folder);
      const all: Description[] = JSON.parse(
        await Deno.readTextFile(join(folder, "expected.json")),
      );
      assert.equal(all.length, 160);
      for (const expected of all) {
        const volume = await readVolume(expected.path);
        assertSame(volume, expected);
        assert.equal(volume.header.version, expected.header.version);
        // A shear can be as near to one axis as to another.
        const rigid = expected.header.sform[0] === 0;
        if (rigid) assert.equal(orientation(volume.affine), expected.orientation, expected.path);
      }
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  },
});

Deno.test({
  name: "writeVolume() writes what nibabel reads, in the space of the input " +
    "(needs Python with nibabel)",
  ignore: !available,
  fn: async () => {
    const folder = await Deno.makeTempDir();
    try {
      await python(script, "write", folder);
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
        await python(script, "read", ...written.map(({ path }) => path)),
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

const hippocampus = join(import.meta.dirname!, "../../../shared/data/Task04_Hippocampus");
const hasHippocampus = await Deno.stat(hippocampus).then(() => true, () => false);

Deno.test({
  name: "readVolume() reads the Decathlon's hippocampus as nibabel does " +
    "(needs ../shared/data/Task04_Hippocampus and Python with nibabel)",
  ignore: !available || !hasHippocampus,
  fn: async () => {
    const files: string[] = [];
    for (const part of ["imagesTr", "labelsTr"]) {
      const names = [...Deno.readDirSync(join(hippocampus, part))].map(({ name }) => name).sort();
      files.push(...names.slice(0, 6).map((name) => join(hippocampus, part, name)));
    }
    assert.ok(files.length > 0);
    const all: Description[] = JSON.parse(await python(script, "read", ...files));
    for (const expected of all) assertSame(await readVolume(expected.path), expected);
  },
});
