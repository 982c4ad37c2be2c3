import assert from "node:assert/strict";
import { join } from "@std/path";
import { discoverCases } from "../../../lib/slices/discovery/discover_cases.ts";
import { compareKind, listImages, takeShard } from "../../../lib/slices/discovery/list_images.ts";
import { InputError } from "../../../lib/support/errors.ts";
import { inFolder } from "../support/data_set.ts";
import { CASES, problemsOf, touch } from "../support/layouts.ts";

/** What is listed in a folder of files with these names: "id: image + image; image". */
async function list(paths: readonly string[], channels: readonly string[] = []) {
  let listed: { cases: string[]; problems: string[] };
  await inFolder(async (folder) => {
    await touch(folder, ...paths);
    const { cases, problems } = await listImages(folder, channels);
    listed = {
      cases: cases.map(({ id, files }) =>
        `${id}: ${files.map(({ images }) => images.join(" + ")).join("; ")}`
      ),
      problems: problemsOf({ problems }),
    };
  });
  return listed!;
}

Deno.test("listImages() names everything in a folder that is no image", async () => {
  const { cases, problems } = await listImages(join(CASES, "predict_mixture"), []);
  // The empty file is found to be empty when it is read
  assert.deepEqual(cases.map(({ id }) => id), ["empty", "scan0", "scan1", "scan2"]);
  assert.deepEqual(problemsOf({ problems }), [
    "warning scan0.json: ignored: it is not an image",
    "warning scan3.dcm: ignored: it is a DICOM file",
    "warning scan4.mha: ignored: it is a MetaImage file",
    "warning scan5.jpg: ignored: it is a JPEG picture",
    "error scan6.nii: not a regular file",
  ]);
});

Deno.test("listImages() puts numbered channels together, and calls the case without them", async () => {
  const names = ["c_000_0000", "c_000_0001", "c_001_0001", "c_001_0000", "alone_0000", "plain"];
  assert.deepEqual(await list(names.map((name) => `${name}.nii.gz`)), {
    cases: [
      "alone: alone_0000.nii.gz",
      "c_000: c_000_0000.nii.gz + c_000_0001.nii.gz",
      "c_001: c_001_0000.nii.gz + c_001_0001.nii.gz",
      "plain: plain.nii.gz",
    ],
    problems: [],
  });
});

Deno.test("listImages() takes running numbers for cases where they are no channels", async () => {
  const gap = await list(["s_0001.nii", "s_0002.nii", "t_0000.nii", "t_0002.nii"]);
  assert.deepEqual(gap.cases.map((text) => text.split(":")[0]), [
    ..."s_0001 s_0002 t_0000 t_0002".split(" "),
  ]);
  const many = Array.from({ length: 17 }, (_, i) => `v_00${String(i).padStart(2, "0")}.nii`);
  assert.equal((await list(many)).cases.length, 17);
  const pictures = ["p_0000.png", "p_0001.png"];
  assert.equal((await list(pictures)).cases.length, 2);
  assert.deepEqual((await list(pictures, ["a", "b"])).cases, ["p: p_0000.png + p_0001.png"]);
});

Deno.test("listImages() knows the channels that a model was trained with by name", async () => {
  const paths = ["x_T2.nii", "x_adc.nii", "y_t2.nii", "y_adc.nii", "z_t2.nii"];
  assert.deepEqual((await list(paths, ["T2", "ADC"])).cases, [
    "x: x_T2.nii + x_adc.nii",
    "y: y_t2.nii + y_adc.nii",
    "z_t2: z_t2.nii",
  ]);
  assert.equal((await list(paths)).cases.length, 5);
});

Deno.test("listImages() groups a series, passes labels and folders over, refuses double ids", async () => {
  const found = await list([
    ...["a_slice_001.png", "a_slice_000.png", "b.nii", "b_seg.nii", "mask_x.nii"],
    ...["d.nii", "d.nii.gz", "._b.nii", ".hidden.nii", "records/b.json"],
  ]);
  assert.deepEqual(found.cases, [
    "a: a_slice_000.png; a_slice_001.png",
    "b: b.nii",
    "mask_x: mask_x.nii",
  ]);
  assert.deepEqual(found.problems, [
    "warning b_seg.nii: ignored: it is the label of an image",
    "warning records/: ignored: it is a folder",
    "error d: several images: d.nii, d.nii.gz",
  ]);
});

Deno.test("listImages() takes one file, and says what it cannot take", () =>
  inFolder(async (folder) => {
    await touch(folder, "one/a_0000.nii", "one/x.nrrd", "dicom/1.dcm", "deep/imagesTs/a.nii");
    await Deno.mkdir(join(folder, "none"));
    const { cases } = await listImages(join(folder, "one/a_0000.nii"), []);
    assert.deepEqual(cases, [{
      id: "a",
      kind: "volume",
      folder: join(folder, "one"),
      files: [{ index: 0, images: ["a_0000.nii"], label: null }],
    }]);
    const wrong: [string, RegExp, RegExp][] = [
      ["gone", /no such file or folder/, /^$/],
      ["none", /; it is empty: /, /folder of them/],
      ["one/x.nrrd", /; 1 file ignored: it is an NRRD file \(x\.nrrd\)/, /Slicer/],
      ["dicom", /; 1 file ignored: it is a DICOM file \(1\.dcm\)/, /dcm2niix/],
      ["deep", /; it holds imagesTs\/: /, /as .*deep\/imagesTs$/],
    ];
    for (const [path, message, hint] of wrong) {
      await assert.rejects(listImages(join(folder, path), []), (error) => {
        assert.ok(error instanceof InputError);
        assert.match(error.message, message);
        assert.match(error.hint, hint);
        return true;
      });
    }
    await assert.rejects(listImages("/dev/null", []), /not a regular file: \/dev\/null/);
  }));

Deno.test("compareKind() tells volumes from pictures", () => {
  const source = { id: "a", kind: "volume", folder: ".", files: [] } as const;
  assert.deepEqual(compareKind(source, "volume"), []);
  assert.deepEqual(compareKind(source, "pictures"), [{
    severity: "error",
    message: "the model was trained on PNG pictures, not on volumes",
    hint: "Give PNG pictures, or use another model",
  }]);
});

Deno.test("takeShard() gives each image to one shard", () => {
  const images = ["a", "b", "c", "d", "e", "f", "g"];
  const shards = [1, 2, 3].map((index) => takeShard(images, { index, count: 3 }));
  assert.deepEqual(shards, [["a", "d", "g"], ["b", "e"], ["c", "f"]]);
});

Deno.test("listImages() and discoverCases() know DICOM without an ending by its content", () =>
  inFolder(async (folder) => {
    const dicom = new Uint8Array(200);
    dicom.set(new TextEncoder().encode("DICM"), 128);
    await touch(folder, "images/a.nii", "labels/a.nii", "dicom/LICENSE", "images/README");
    for (const path of ["images/IM0001", "dicom/1", "dicom/2"]) {
      await Deno.writeFile(join(folder, path), dicom);
    }
    const told = ["warning images/IM0001: ignored: it is a DICOM file"];
    assert.deepEqual(problemsOf(await discoverCases(folder)), told);
    const { problems } = await listImages(join(folder, "images"), []);
    assert.deepEqual(problemsOf({ problems }), [
      "warning IM0001: ignored: it is a DICOM file",
      "warning README: ignored: it is not an image",
    ]);
    await assert.rejects(
      listImages(join(folder, "dicom"), []),
      /png file; 2 files ignored: it is a DICOM file \(1, 2\): /,
    );
    await assert.rejects(
      discoverCases(join(folder, "dicom")),
      /no \.nii, .* but 2 files ignored: it is a DICOM file \(1, 2\): /,
    );
  }));
