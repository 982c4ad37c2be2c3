import { join } from "@std/path";
import { unzipSync } from "fflate";
import assert from "node:assert/strict";
import { InputError } from "../../../lib/support/errors.ts";
import { memoryFiles } from "../../../lib/support/memory_files.ts";
import { convertSeries } from "../../../lib/volume/dicom/convert_series.ts";
import {
  affineOfSlices,
  type DicomSeries,
  findDicomSeries,
} from "../../../lib/volume/dicom/dicom_series.ts";
import { Random } from "../../../lib/support/random.ts";
import { compareSpace, readVolume } from "../../../lib/volume/mod.ts";
import { inFolder } from "../../support/in_folder.ts";

const FIXTURES = new URL("../../fixtures/dicom/", import.meta.url).pathname;

/** What dcm2niix and nibabel say of a series, see `make_dicom.py`. */
interface Expected {
  shape: number[];
  affine: number[][];
  voxels: [place: number[], value: number][];
  sum: number;
}

const expected: Record<string, Expected> = JSON.parse(
  await Deno.readTextFile(join(FIXTURES, "expected.json")),
);

async function only(name: string): Promise<DicomSeries> {
  const [series, ...others] = await findDicomSeries(join(FIXTURES, `${name}.zip`));
  assert.equal(others.length, 0);
  return series!;
}

for (const [name, { shape, affine, voxels, sum }] of Object.entries(expected)) {
  Deno.test(`affineOfSlices: the headers of ${name} put it where dcm2niix does`, async () => {
    const { slices } = await only(name);
    const { Columns, Rows } = slices[0]!.header;
    const stated = { shape: [Columns, Rows, slices.length], affine: affineOfSlices(slices) };
    // dcm2niix turns the rows round
    assert.equal(compareSpace(stated, { shape, affine }).same, true);
  });

  Deno.test(`convertSeries: ${name} is where dcm2niix puts it, with its values`, async () => {
    const series = await only(name);
    assert.deepEqual(series.problems, []);
    memoryFiles.set("memory:test.nii", await convertSeries(series));
    const volume = await readVolume("memory:test.nii");
    memoryFiles.delete("memory:test.nii");
    assert.deepEqual(volume.shape, shape);
    // Its texts, such as the time of the scan, are left out
    for (const [from, to] of [[14, 32], [148, 252], [328, 344]]) {
      assert.ok(volume.header.bytes.subarray(from, to).every((byte) => byte === 0));
    }
    for (const [row, values] of affine.entries()) {
      for (const [column, value] of values.entries()) {
        assert.ok(Math.abs(volume.affine[row]![column]! - value) < 1e-4, `${row}, ${column}`);
      }
    }
    for (const [[x, y, z], value] of voxels) {
      assert.equal(volume.data[x! + shape[0]! * (y! + shape[1]! * z!)], value);
    }
    assert.equal(volume.data.reduce((a, b) => a + b, 0), sum);
  });
}

const BAD: [name: string, problem: RegExp][] = [
  ["missing", /^1 slice seems to be missing: they are 3\.00 mm apart, but 6\.00 mm in one place$/],
  ["double", /^1 of its 6 slices have the position of another one$/],
  ["tilt", /shifted sideways against each other \(gantry tilt\)$/],
  ["several_frames", /^1 of 1 images have several frames/],
  ["colour", /^5 of 5 images are in colour/],
  ["mixed", /^its images have 2 different orientations$/],
];

for (const [name, problem] of BAD) {
  Deno.test(`findDicomSeries says what is wrong with a series: ${name}`, async () => {
    const series = await only(name);
    assert.equal(series.problems.length, 1);
    assert.match(series.problems[0]!, problem);
    await assert.rejects(convertSeries(series), {
      name: "InputError",
      message: /^Cannot read series 3: /,
    });
  });
}

Deno.test("findDicomSeries finds several series in a folder, sorts slices and passes over the rest", () =>
  inFolder(async (folder) => {
    const files = unzipSync(await Deno.readFile(join(FIXTURES, "two_series.zip")));
    for (const [name, bytes] of Object.entries(files)) {
      await Deno.mkdir(join(folder, name.split("/")[0]!), { recursive: true });
      await Deno.writeFile(join(folder, name), bytes);
    }
    await Deno.writeTextFile(join(folder, "README"), "no image");
    const damaged = new Uint8Array(500);
    damaged.set(new TextEncoder().encode("DICM"), 128);
    await Deno.writeFile(join(folder, "damaged.dcm"), damaged);
    const series = await findDicomSeries(folder);
    assert.deepEqual(
      series.map(({ key, description, slices }) => [key, description, slices.length]),
      [["3", "T2", 5], ["4", "DWI", 3]],
    );
    const heights = series[0]!.slices.map(({ header }) => header.ImagePositionPatient![2]);
    assert.deepEqual(heights, [40, 43, 46, 49, 52]);
    assert.deepEqual(await findDicomSeries(join(folder, "README")), []);
    await Deno.writeTextFile(join(folder, "torn.zip"), "PK\x03\x04");
    await assert.rejects(findDicomSeries(join(folder, "torn.zip")), InputError);
  }));

Deno.test("findDicomSeries compares distances with the usual one, not with the smallest", () =>
  inFolder(async (folder) => {
    const files = unzipSync(await Deno.readFile(join(FIXTURES, "axial.zip")));
    for (const [i, bytes] of Object.values(files).entries()) {
      const text = Array.from(bytes, (byte) => String.fromCharCode(byte)).join("");
      const moved = text.replace("-20\\-30\\43 ", "-20\\-30\\41 "); // 40, 41, 46, 49, 52
      await Deno.writeFile(
        join(folder, `${i}.dcm`),
        Uint8Array.from(moved, (letter) => letter.charCodeAt(0)),
      );
    }
    const [series] = await findDicomSeries(folder);
    assert.deepEqual(series!.problems, [
      "1 slice seems to be missing: they are 3.00 mm apart, but 5.00 mm in one place",
    ]);
  }));

Deno.test("findDicomSeries of damaged files is their series, nothing, or an InputError", () =>
  inFolder(async (folder) => {
    const whole = Object.values(unzipSync(await Deno.readFile(join(FIXTURES, "axial.zip"))));
    let usable = 0;
    for (let i = 0; i < 150; i++) {
      const random = new Random(i);
      const bytes = whole[i % whole.length]!.slice();
      for (let k = 0; k < 4; k++) bytes[132 + random.integer(700)] = random.integer(256);
      const path = join(folder, "one.dcm");
      await Deno.writeFile(path, i % 3 === 0 ? bytes.subarray(0, random.integer(1200)) : bytes);
      try {
        const [series] = await findDicomSeries(path);
        if (series?.problems.length === 0) usable++;
      } catch (error) {
        assert.ok(error instanceof InputError, `${i}: ${error}`);
      }
    }
    assert.ok(usable > 5 && usable < 140, `${usable}`);
  }));
