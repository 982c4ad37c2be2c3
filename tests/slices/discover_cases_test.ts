import assert from "node:assert/strict";
import { dirname, join } from "@std/path";
import { InputError } from "../../lib/support/errors.ts";
import { discoverCases, listVolumes } from "../../lib/slices/mod.ts";
import { inFolder } from "./support/data_set.ts";

/** Writes empty files: only their names matter here. */
async function touch(folder: string, ...paths: string[]): Promise<void> {
  for (const path of paths) {
    await Deno.mkdir(dirname(join(folder, path)), { recursive: true });
    await Deno.writeTextFile(join(folder, path), "");
  }
}

async function describe(folder: string, training: unknown, labels?: unknown): Promise<void> {
  await Deno.writeTextFile(join(folder, "dataset.json"), JSON.stringify({ training, labels }));
}

Deno.test("the Decathlon layout is read by its list", () =>
  inFolder(async (folder) => {
    await touch(
      folder,
      "imagesTr/b.nii.gz",
      "imagesTr/a.nii.gz",
      "imagesTr/._a.nii.gz",
      "imagesTr/unlisted.nii.gz",
      "labelsTr/a.nii.gz",
      "labelsTr/b.nii.gz",
    );
    await describe(folder, [
      { image: "./imagesTr/b.nii.gz", label: "./labelsTr/b.nii.gz" },
      { image: "./imagesTr/a.nii.gz", label: "./labelsTr/a.nii.gz" },
      { image: "./imagesTr/._a.nii.gz", label: "./labelsTr/._a.nii.gz" },
    ], { "1": "zone", "0": "background", "4": "lesion" });
    assert.deepEqual(await discoverCases(folder), {
      kind: "volumes",
      cases: [
        { id: "a", image: "imagesTr/a.nii.gz", label: "labelsTr/a.nii.gz", index: 0 },
        { id: "b", image: "imagesTr/b.nii.gz", label: "labelsTr/b.nii.gz", index: 0 },
      ],
      problems: [],
      unread: ["imagesTr/._a.nii.gz", "imagesTr/unlisted.nii.gz"],
      labels: [0, 1, 4],
    });
  }));

Deno.test("every wrong entry of a Decathlon list is told", () =>
  inFolder(async (folder) => {
    await touch(folder, "imagesTr/a.nii", "labelsTr/a.nii", "imagesTr/b.nii", "../escape.nii");
    try {
      await describe(folder, [
        { image: "imagesTr/a.nii", label: "labelsTr/a.nii" },
        { image: "imagesTr/b.nii", label: "labelsTr/b.nii" },
        { image: "imagesTr/c.nii", label: "labelsTr/c.nii" },
        { image: "../escape.nii", label: "labelsTr/a.nii" },
        { label: "labelsTr/a.nii" },
        null,
      ]);
      const { cases, problems } = await discoverCases(folder);
      assert.deepEqual(cases.map(({ id, label }) => [id, label]), [
        ["a", "labelsTr/a.nii"],
        ["b", undefined],
      ]);
      assert.deepEqual(problems.map((problem) => `${problem.case}: ${problem.message}`), [
        "b: label is missing",
        "c: image is missing",
        "escape: image in dataset.json lies outside of the data folder",
        "#4: entry of dataset.json names no image",
        "#5: entry of dataset.json names no image",
      ]);
    } finally {
      await Deno.remove(join(folder, "../escape.nii"));
    }
  }));

Deno.test("two folders of volumes are paired by name, hidden files passed over", () =>
  inFolder(async (folder) => {
    await touch(
      folder,
      "images/a.nii.gz",
      "images/b.nii",
      "images/lonely.nii",
      "images/._a.nii.gz",
      "images/.DS_Store",
      "images/notes.txt",
      "labels/a.nii",
      "labels/b.nii.gz",
      "labels/left.nii",
      "labels/._b.nii.gz",
    );
    const { kind, cases, problems } = await discoverCases(folder);
    assert.equal(kind, "volumes");
    assert.deepEqual(cases.map(({ id, label }) => [id, label]), [
      ["a", "labels/a.nii"],
      ["b", "labels/b.nii.gz"],
      ["lonely", undefined],
    ]);
    assert.deepEqual(problems, [
      { severity: "error", case: "lonely", message: "label is missing" },
      { severity: "warning", case: "left", message: "label has no image" },
    ]);
    assert.deepEqual(await listVolumes(join(folder, "images")), [
      "a.nii.gz",
      "b.nii",
      "lonely.nii",
    ]);
  }));

Deno.test("nnU-Net's first channel is read, the others are told", () =>
  inFolder(async (folder) => {
    await touch(
      folder,
      "imagesTr/p_0000.nii.gz",
      "imagesTr/p_0001.nii.gz",
      "labelsTr/p.nii.gz",
    );
    await Deno.writeTextFile(
      join(folder, "dataset.json"),
      '{"labels": {"background": 0, "whole": [1, 3], "core": 3}, "file_ending": ".nii.gz"}',
    );
    const { cases, problems, labels } = await discoverCases(folder);
    assert.deepEqual(cases.map(({ id, image }) => [id, image]), [["p", "imagesTr/p_0000.nii.gz"]]);
    assert.deepEqual(problems.map(({ message }) => message), [
      "p_0001.nii.gz is not read, only _0000 is",
    ]);
    assert.deepEqual(labels, [0, 1, 3]);
  }));

Deno.test("two folders of pictures are paired, series grouped by their names", () =>
  inFolder(async (folder) => {
    await touch(
      folder,
      "images/cat.PNG",
      "images/p1_slice_010.png",
      "images/p1_slice_002.png",
      "images/x.png",
      "masks/cat.png",
      "masks/p1_slice_002.png",
      "masks/p1_slice_010.png",
      "masks/x_mask.png",
    );
    const { kind, cases, problems } = await discoverCases(folder);
    assert.equal(kind, "png");
    assert.deepEqual(problems, []);
    assert.deepEqual(cases.map(({ id, index, label }) => [id, index, label]), [
      ["cat", 0, "masks/cat.png"],
      ["p1", 2, "masks/p1_slice_002.png"],
      ["p1", 10, "masks/p1_slice_010.png"],
      ["x", 0, "masks/x_mask.png"],
    ]);
  }));

Deno.test("two images of one name are both left out", () =>
  inFolder(async (folder) => {
    await touch(
      folder,
      "images/a.nii",
      "images/a.nii.gz",
      "images/b.nii",
      "labels/a.nii",
      "labels/b.nii",
    );
    const { cases, problems } = await discoverCases(folder);
    assert.deepEqual(cases.map(({ id }) => id), ["b"]);
    assert.deepEqual(problems.map(({ message }) => message), [
      "several images: images/a.nii, images/a.nii.gz",
    ]);
  }));

Deno.test("a folder that is no data set is an input error that says why", async () => {
  const layouts: [string[], RegExp][] = [
    [[], /no folder imagesTr or images/],
    [["images/a.nii"], /no folder labelsTr or labels or masks/],
    [["images/a.nii", "labels/.keep"], /Cannot find labels: no \.nii, .*labels$/],
    [["images/a.jpg", "labels/a.nii"], /Cannot find images: no \.nii, .*images$/],
    [["images/a.nii", "labels/b.nii"], /none of 1 images has one/],
    [["images/a.nii", "images/b.png", "labels/a.nii", "labels/b.png"], /mixes volumes and PNG/],
  ];
  for (const [paths, message] of layouts) {
    await inFolder(async (folder) => {
      await touch(folder, ...paths);
      await assert.rejects(discoverCases(folder), (error) => {
        assert.ok(error instanceof InputError);
        assert.match(error.message, message);
        assert.notEqual(error.hint, "");
        return true;
      });
    });
  }
  await assert.rejects(discoverCases("no/such/folder"), /no such folder: no\/such\/folder/);
});

Deno.test("a damaged or useless dataset.json is an input error", () =>
  inFolder(async (folder) => {
    await touch(folder, "imagesTr/a.nii", "labelsTr/a.nii");
    for (const text of ["{", "null", '{"training": [{"image": "imagesTr/gone.nii"}]}']) {
      await Deno.writeTextFile(join(folder, "dataset.json"), text);
      await assert.rejects(discoverCases(folder), InputError, text);
    }
  }));
