import assert from "node:assert/strict";
import { join } from "@std/path";
import { extractSlices } from "../../../lib/slices/extract_slices.ts";
import { saveSlice } from "../../../lib/slices/save_slice.ts";
import type { SliceSettings } from "../../../lib/slices/slice_settings.ts";
import { formatVerification } from "../../../lib/slices/verify/format_verification.ts";
import { verifyData } from "../../../lib/slices/verify/verify_data.ts";
import { Random } from "../../../lib/support/random.ts";
import { createVolume, orientation, readVolume, writeVolume } from "../../../lib/volume/mod.ts";
import { inFolder, writeDataSet } from "../support/data_set.ts";
import { CASES } from "../support/layouts.ts";

const verify = (data: string, settings: Partial<SliceSettings> = {}, patients = "auto") =>
  verifyData({ data, settings, patients, onProgress: () => {} });

/** The problems as text, sorted as they come. */
async function problemsOf(data: string, settings: Partial<SliceSettings> = {}): Promise<string[]> {
  const { problems } = await verify(data, settings);
  return problems.map(({ severity, case: id, message }) => `${severity} ${id}: ${message}`);
}

const describe = (folder: string, training: string[], labels: unknown) =>
  Deno.writeTextFile(
    join(folder, "dataset.json"),
    JSON.stringify({
      labels,
      training: training.map((id) => ({
        image: `./imagesTr/${id}.nii`,
        label: `./labelsTr/${id}.nii`,
      })),
    }),
  );

Deno.test("a sound data set has no problems, and is described", () =>
  inFolder(async (folder) => {
    await writeDataSet(folder, [{ id: "a" }, { id: "b", shape: [8, 5, 4] }]);
    const progress: string[] = [];
    const verification = await verifyData({
      data: folder,
      settings: {},
      patients: "auto",
      onProgress: ({ done, total }) => progress.push(`${done}/${total}`),
    });
    assert.deepEqual(progress, ["1/2", "2/2"]);
    assert.deepEqual(verification.problems, []);
    const { imageHash: _image, labelHash: _label, ...facts } = verification.cases[0]!;
    assert.deepEqual(facts, {
      id: "a",
      shape: [6, 5, 3],
      spacing: [1, 1, 2],
      orientation: "RAS",
      channels: 1,
      slice: [6, 5],
      pixel: [1, 1],
      distance: 2,
      labelValues: [0, 1, 2],
      foreground: 2 / 3,
      hasBackground: true,
      labelColours: [],
    });
    const text = formatVerification(verification);
    assert.match(
      text,
      /^2 cases can be used\n {2}6 to 8 × 5 × 3 to 4 voxels\n {2}spacing 1×1×2 mm/,
    );
    assert.match(text, /labels hold 0, 1, 2; 66 to 67 % of each case .*\nno errors, no warnings$/);
  }));

Deno.test("every problem of every case is reported at once", () =>
  inFolder(async (folder) => {
    const gradient = (i: number) => i;
    await writeDataSet(folder, [
      // Several things wrong with one case
      {
        id: "all_wrong",
        shape: [3, 5, 3],
        labelShape: [3, 5, 2],
        image: (i) => i === 7 ? NaN : i,
        label: (i) => i === 3 ? Infinity : 1,
      },
      { id: "constant", image: () => 4 },
      { id: "copy_1", image: gradient, label: (i) => Number(i > 8) },
      { id: "copy_2", image: gradient, label: (i) => Number(i > 9) },
      { id: "empty", label: () => 0 },
      { id: "halves", label: (i) => i % 2 / 2 },
      { id: "moved", labelSpacing: [1, 1, 3] },
      { id: "no_label", label: null },
      { id: "seven", label: (i) => i === 0 ? 7 : 1 },
      { id: "thick", spacing: [1, 1, 5], label: (i) => Number(i > 7) },
      { id: "turned" },
    ]);
    const path = join(folder, "imagesTr", "turned.nii");
    const turned = await readVolume(path);
    const { data, shape } = turned;
    const affine = [[-1, 0, 0, 0], [0, 1, 0, 0], [0, 0, 2, 0], [0, 0, 0, 1]];
    await writeVolume(path, {
      data,
      like: createVolume({ data, shape, spacing: [1, 1, 2], affine }),
    });
    await Deno.writeTextFile(join(folder, "imagesTr", "broken.nii"), "no volume");
    await Deno.copyFile(
      join(folder, "labelsTr", "moved.nii"),
      join(folder, "labelsTr", "broken.nii"),
    );
    await Deno.writeTextFile(join(folder, "imagesTr", "._copy_1.nii"), "macOS");
    await Deno.copyFile(path, join(folder, "imagesTr", "unlisted.nii"));

    const ids = [
      ..."all_wrong broken constant copy_1 copy_2 empty halves moved no_label".split(" "),
      ..."seven seven_gone thick turned twice twice".split(" "),
    ];
    for (const part of ["imagesTr", "labelsTr"]) {
      const like = await readVolume(join(folder, part, "thick.nii"));
      const random = new Random(part.length);
      const data = like.data.map((value) => part === "imagesTr" ? random.uniform() : 2 - value);
      await writeVolume(join(folder, part, "twice.nii"), {
        data,
        like: createVolume({ data, shape: like.shape, spacing: [1, 1, 2] }),
      });
    }
    await describe(folder, ids, { "0": "background", "1": "one", "2": "two" });
    assert.deepEqual(
      await problemsOf(folder),
      [
        "warning all cases: 90 % of a label is foreground; is it the background?",
        "warning all cases: no label holds two (2) of dataset.json",
        "warning all cases: slice distances differ: 2 mm (copy_1) to 5 mm (thick)",
        "error all_wrong: image has 1 value that is NaN or infinite",
        "error all_wrong: image has 3×5×3 voxels and label 3×5×2",
        "error all_wrong: slices of 3×5 are smaller than 4×4",
        "error broken: Cannot read volume: it does not start with a NIfTI header: " +
        join(folder, "imagesTr", "broken.nii"),
        "error constant: image is constant: every value is 4",
        "error copy_2: image is also that of copy_1",
        "warning empty: label is empty",
        "error halves: label has values that are not integers, such as 0.5",
        "warning imagesTr/._copy_1.nii: ignored: it is a macOS metadata file",
        "warning imagesTr/unlisted.nii: ignored: dataset.json does not list it",
        "error moved: the label covers a different space than its image: " +
        "corners are up to 2 mm (1 voxels) apart",
        "error no_label: label is missing",
        "warning seven: label has no background",
        "error seven: label holds 7; dataset.json declares 0, 1, 2",
        "error seven_gone: image is missing",
        "error turned: the label covers a different space than its image: " +
        "corners are up to 5 mm (5 voxels) apart",
        "error twice: several images: imagesTr/twice.nii, imagesTr/twice.nii",
      ],
    );

    // Training prepares by the same rules, and leaves the same cases out
    const { manifest } = await extractSlices({ data: folder, out: join(folder, "out") });
    const verification = await verify(folder);
    assert.deepEqual(manifest.problems, verification.problems);
    assert.deepEqual(
      manifest.cases.map(({ id }) => id),
      verification.cases.map(({ id }) => id),
    );
    assert.ok(!manifest.slices.some((slice) => slice.case === "seven"));
  }));

Deno.test("without a list of values, those that only one case has are odd", () =>
  inFolder(async (folder) => {
    await writeDataSet(
      folder,
      ["a", "b", "c"].map((id) => ({
        id,
        label: (i: number) => id === "c" && i === 4 ? 9 : (i + id.charCodeAt(0)) % 2,
      })),
    );
    assert.deepEqual(await problemsOf(folder), [
      "warning c: label is also that of a",
      "warning c: only this label holds 9",
    ]);
    assert.deepEqual(await problemsOf(folder, { labels: "3" }), [
      "warning a: label is empty",
      "error all cases: no label holds 3",
      "warning b: label is empty",
      "warning c: label is empty",
      "warning c: only this label holds 9",
    ]);
  }));

Deno.test("pictures are verified too: a case by itself, or a series", () =>
  inFolder(async (folder) => {
    const random = new Random(2);
    const write = async (name: string, mask: (i: number) => number, size = [8, 6]) => {
      const [height, width] = size as [number, number];
      const length = height * width;
      for (const part of ["images", "masks"]) {
        await Deno.mkdir(join(folder, part), { recursive: true });
        await saveSlice(join(folder, part, `${name}.png`), {
          data: part === "images"
            ? Float32Array.from({ length }, () => random.uniform())
            : Uint8Array.from({ length }, (_, i) => mask(i)),
          height,
          width,
        });
      }
    };
    await write("a", (i) => i % 2);
    await write("b", (i) => Number(i > 9));
    await write("series_slice_000", () => 0);
    await write("series_slice_001", (i) => Number(i > 20), [10, 6]);
    await write("void", () => 0);
    const { kind, cases } = await verify(folder);
    assert.deepEqual([kind, cases.length], ["pictures", 4]);
    assert.deepEqual(await problemsOf(folder), ["warning void: label is empty"]);

    await Deno.copyFile(join(folder, "images", "a.png"), join(folder, "images", "void.png"));
    await write("._b", () => 1);
    await write("flat", (i) => i % 3);
    await saveSlice(join(folder, "images", "flat.png"), {
      data: new Float32Array(48).fill(0.5),
      height: 8,
      width: 6,
    });
    await saveSlice(join(folder, "masks", "b.png"), {
      data: new Uint8Array(30),
      height: 5,
      width: 6,
    });
    const problems = await problemsOf(folder);
    assert.equal(problems.length, 7, problems.join("\n"));
    for (
      const part of [
        "warning images/._b.png: ignored: it is a macOS metadata file",
        "warning masks/._b.png: ignored: it is a macOS metadata file",
        "error void: image is also that of a",
        "has 8×6 pixels and its label 5×6",
        "warning flat: image is constant",
        "warning void: label is empty",
      ]
    ) assert.ok(problems.some((problem) => problem.includes(part)), `${part}: ${problems}`);
    assert.match(
      formatVerification(await verify(folder)),
      /\n {2}8 × 6 pixels, 1 to 2 pictures a case\n/,
    );
  }));

Deno.test("verifyData() says what is no data set, and what cannot be asked for", async () => {
  await assert.rejects(verify("no/such/folder"), { name: "InputError" });
  await assert.rejects(verify(".", { labels: "" }), /labels: /);
});

Deno.test("verifyData() counts patients, and warns where names suggest some", async () => {
  for (const name of ["acdc_frames", "bids_sessions"]) {
    const found = await verify(join(CASES, name));
    assert.deepEqual([found.cases.length, found.patients], [10, 5]);
    assert.match(formatVerification(found), /^10 cases of 5 patients can be used\n/);
    assert.match(
      found.problems.map(({ message }) => message).join(),
      /^10 cases share a stem of their names and are split as 5 patients: /,
    );
    const apart = await verify(join(CASES, name), {}, "case");
    assert.equal(apart.patients, 10);
    assert.match(apart.problems[0]!.message, /but not their patient/);
  }
});

Deno.test("verifyData() finds copies by what images hold, not by how they look scaled", () =>
  inFolder(async (folder) => {
    const label = (shift: number) => (i: number) => Number(i > 20 + shift);
    await writeDataSet(folder, [
      { id: "a", image: (i) => i, label: label(0) },
      { id: "brighter", image: (i) => 100 + 3 * i, label: label(1) },
      { id: "same", image: (i) => i, label: label(2) },
    ]);
    assert.deepEqual(await problemsOf(folder), ["error same: image is also that of a"]);
    const { cases, patients } = await verify(folder); // the patients of the cases that can be used
    assert.deepEqual([cases.map(({ id }) => id), patients], [["a", "brighter"], 2]);
    // The same patient stored in another orientation is the same patient
    for (const part of ["imagesTr", "labelsTr"]) {
      const path = join(folder, part, "same.nii");
      const { data, shape: [nx, ny, nz] } = await readVolume(path);
      const flipped = data.map((_, i) => {
        const x = i % nx!;
        return data[i - x + nx! - 1 - x]!;
      });
      const affine = [[-1, 0, 0, nx! - 1], [0, 1, 0, 0], [0, 0, 2, 0], [0, 0, 0, 1]];
      const shape = [nx!, ny!, nz!];
      const like = createVolume({ data: flipped, shape, spacing: [1, 1, 2], affine });
      await writeVolume(path, { data: flipped, like });
    }
    assert.deepEqual(await problemsOf(folder), ["error same: image is also that of a"]);
    const { affine } = await readVolume(join(folder, "imagesTr", "same.nii"));
    assert.equal(orientation(affine), "LAS");
  }));

Deno.test("verifyData takes images of the same values at other places for different ones", () =>
  inFolder(async (folder) => {
    const value = (i: number) => (i * 37) % 90;
    await writeDataSet(folder, [
      { id: "a", image: value },
      { id: "b", image: (i) => value(89 - i), label: (i) => (i + 1) % 3 },
    ]);
    assert.deepEqual(await problemsOf(folder), []);
  }));
