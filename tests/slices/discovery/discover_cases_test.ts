import assert from "node:assert/strict";
import { join } from "@std/path";
import { discoverCases } from "../../../lib/slices/discovery/discover_cases.ts";
import { InputError } from "../../../lib/support/errors.ts";
import { inFolder } from "../support/data_set.ts";
import { CASES, casesOf, discover, problemsOf, touch } from "../support/layouts.ts";

Deno.test("discoverCases() reads nnU-Net's first layout, whose list has no channels", async () => {
  const found = await discoverCases(join(CASES, "nnunet_v1"));
  assert.equal(found.kind, "volume");
  assert.deepEqual(
    casesOf(found),
    [0, 1, 2, 3, 4, 5].map((i) =>
      `case0${i}: imagesTr/case0${i}_0000.nii.gz + imagesTr/case0${i}_0001.nii.gz > ` +
      `labelsTr/case0${i}.nii.gz`
    ),
  );
  assert.deepEqual(found.problems, []);
  assert.deepEqual(found.description.channelNames, ["T1", "T2"]);
  assert.deepEqual(found.description.labels, [{ name: "object", values: [1] }]);
});

Deno.test("discoverCases() names files of other formats beside NIfTI, and what converts them", async () => {
  const found = await discoverCases(join(CASES, "nrrd_beside_nifti"));
  assert.equal(found.cases.length, 8);
  assert.deepEqual(problemsOf(found), [
    "warning imagesTr/c0.nrrd: ignored: it is an NRRD file",
    "warning labelsTr/c0.seg.nrrd: ignored: it is an NRRD file",
  ]);
  for (const { hint } of found.problems) assert.match(hint, /Slicer/);
});

Deno.test("discoverCases() reads the Decathlon's list, its names in any Unicode and case", async () => {
  const found = await discover([
    "imagesTr/b.nii.gz",
    "imagesTr/Mu\u0308ller.nii.gz", // as macOS writes ü
    "imagesTr/UPPER.nii",
    "imagesTr/._b.nii.gz",
    "imagesTr/unlisted.nii.gz",
    "labelsTr/b.nii.gz",
    "labelsTr/M\u00FCller.nii.gz",
    "labelsTr/upper.nii.gz",
    "imagesTs/t.nii.gz",
  ], {
    training: [
      { image: "./imagesTr/M\u00FCller.nii.gz", label: "./labelsTr/Mu\u0308ller.nii.gz" },
      { image: "./imagesTr/b.nii.gz", label: "./labelsTr/b.nii.gz" },
      { image: "./imagesTr/._b.nii.gz", label: "./labelsTr/._b.nii.gz" },
      { image: "imagestr/upper.nii.gz", label: "labelstr/upper.nii.gz" },
    ],
  });
  assert.deepEqual(casesOf(found), [
    "M\u00FCller: imagesTr/Mu\u0308ller.nii.gz > labelsTr/M\u00FCller.nii.gz",
    "b: imagesTr/b.nii.gz > labelsTr/b.nii.gz",
    "upper: imagesTr/UPPER.nii > labelsTr/upper.nii.gz",
  ]);
  assert.deepEqual(problemsOf(found), [
    "warning imagesTr/._b.nii.gz: ignored: it is a macOS metadata file",
    "warning imagesTr/unlisted.nii.gz: ignored: dataset.json does not list it",
  ]);
});

Deno.test("discoverCases() names every wrong entry of a list", async () => {
  const found = await discover(
    ["data/imagesTr/a.nii", "labelsTr/a.nii", "imagesTr/a.nii", "imagesTr/b.nii", "x/escape.nii"],
    {
      training: [
        { image: "imagesTr/a.nii", label: "labelsTr/a.nii" },
        { image: "imagesTr/b.nii", label: "labelsTr/b.nii" },
        { image: "imagesTr/c.nii", label: "labelsTr/c.nii" },
        { image: "../escape.nii", label: "labelsTr/a.nii" },
        { image: "C:/escape.nii", label: "labelsTr/a.nii" },
        { label: "labelsTr/a.nii" },
        null,
        ".",
        "imagesTr/.nii.gz",
        { image: "imagesTr", label: "labelsTr/a.nii" },
        { image: ["imagesTr/a.nii", 4] },
      ],
    },
  );
  assert.deepEqual(casesOf(found), [
    "a: imagesTr/a.nii > labelsTr/a.nii",
    "b: imagesTr/b.nii > null",
  ]);
  assert.deepEqual(problemsOf(found), [
    "error c: image is missing",
    "error escape: image in dataset.json is outside the data folder",
    "error escape: image in dataset.json is outside the data folder",
    "error #5: entry of dataset.json has no image",
    "error #6: entry of dataset.json has no image",
    "error #7: entry of dataset.json is not an image: .",
    "error #8: entry of dataset.json is not an image: imagesTr/.nii.gz",
    "error #9: entry of dataset.json is not an image: imagesTr",
    "error #10: entry of dataset.json has no image",
    "error b: label is missing",
    "warning data/imagesTr/a.nii: ignored: dataset.json does not list it",
    "warning x/escape.nii: ignored: dataset.json does not list it",
  ]);
});

Deno.test("discoverCases() reads nnU-Net's later layout: channels by number, also its list of files", async () => {
  const description = {
    channel_names: { "0": "T2", "1": "ADC" },
    labels: { background: 0, whole: [1, 2], core: 2, ignore: 3 },
    regions_class_order: [1, 2],
    file_ending: ".nii.gz",
  };
  const paths = [
    "a_0000",
    "p_0000",
    "p_0001",
    "q_0000",
    "q_0001",
    "r_0000",
    "s_0001",
    "s_0000",
    "t_0000",
    "u_0000",
    "u_0001",
  ]
    .map((name) => `imagesTr/${name}.nii.gz`);
  const found = await discover(
    [...paths, ..."apqrsu".split("").map((p) => `labelsTr/${p}.nii.gz`)],
    description,
  );
  const complete = ["p", "q", "s", "u"].map((id) =>
    `${id}: imagesTr/${id}_0000.nii.gz + imagesTr/${id}_0001.nii.gz > labelsTr/${id}.nii.gz`
  );
  assert.deepEqual(casesOf(found), complete);
  assert.deepEqual(problemsOf(found), [
    "error a: it has the channels 0000, most cases have 0000, 0001",
    "error r: it has the channels 0000, most cases have 0000, 0001",
    "error t: label is missing",
  ]);
  const listed = await discover(
    ["a/one.nii", "a/two.nii", "b/l.nii"],
    { dataset: { k: { images: ["a/two.nii", "a/one.nii"], label: "b/l.nii" } } },
  );
  assert.deepEqual(casesOf(listed), ["k: a/two.nii + a/one.nii > b/l.nii"]);
});

Deno.test("discoverCases() pairs two folders by name, whatever they are called", async () => {
  for (
    const [images, labels] of [["images", "labels"], ["ImagesTr", "LABELSTR"], [
      "img",
      "Ground_Truth",
    ]]
  ) {
    const found = await discover([
      ...["a.nii.gz", "b.nii", "lonely.nii", "._a.nii.gz", ".DS_Store", "notes.txt"].map((name) =>
        `${images}/${name}`
      ),
      ...["a.nii", "b.nii.gz", "left.nii", "._b.nii.gz"].map((name) => `${labels}/${name}`),
      "imagesTs/c.nii.gz",
      "old/masks/a.nii",
    ]);
    assert.deepEqual(casesOf(found), [
      `a: ${images}/a.nii.gz > ${labels}/a.nii`,
      `b: ${images}/b.nii > ${labels}/b.nii.gz`,
      `lonely: ${images}/lonely.nii > null`,
    ]);
    assert.deepEqual(
      problemsOf(found).sort(),
      [
        "error lonely: label is missing",
        "warning " + `${images}/._a.nii.gz: ignored: it is a macOS metadata file`,
        "warning " + `${labels}/._b.nii.gz: ignored: it is a macOS metadata file`,
        "warning left: label has no image",
        "warning old/masks/a.nii: ignored: it is not in the images' folder",
      ].sort(),
    );
  }
});

Deno.test("discoverCases() pairs names that say image and label", async () => {
  const two = await discover([
    "images/img_001.png",
    "images/img_002.png",
    "images/x.png",
    "masks/mask_001.png",
    "masks/002_segmentation.png",
    "masks/x_mask.png",
  ]);
  assert.deepEqual(casesOf(two), [
    "001: images/img_001.png > masks/mask_001.png",
    "002: images/img_002.png > masks/002_segmentation.png",
    "x: images/x.png > masks/x_mask.png",
  ]);
  const flat = await discover([
    "a_image.nii.gz",
    "a_label.nii.gz",
    "B.nii",
    "b_seg.nii",
    "volume-7.nii",
    "segmentation-7.nii",
    "d_t1.nii",
    "d_mask.nii",
    "old/predictions/e_image.nii",
    "readme.md",
  ]);
  assert.deepEqual(casesOf(flat), [
    "7: volume-7.nii > segmentation-7.nii",
    "B: B.nii > b_seg.nii",
    "a: a_image.nii.gz > a_label.nii.gz",
    "d: d_t1.nii > d_mask.nii",
  ]);
  assert.deepEqual(flat.problems, []);
});

Deno.test("discoverCases() reads a folder a patient", async () => {
  const plain = await discover(
    ["p1", "p2"].flatMap((p) => [`${p}/image.nii.gz`, `${p}/Mask.nii.gz`]),
  );
  assert.deepEqual(casesOf(plain), [
    "p1: p1/image.nii.gz > p1/Mask.nii.gz",
    "p2: p2/image.nii.gz > p2/Mask.nii.gz",
  ]);
  const brats = ["B_001", "B_002"].flatMap((p) =>
    ["flair", "t1", "t1ce", "seg"].map((part) => `${p}/${p}_${part}.nii.gz`)
  );
  const found = await discover([...brats, "B_001/B_001_notes.nrrd"]);
  assert.deepEqual(
    casesOf(found),
    ["B_001", "B_002"].map((p) =>
      `${p}: ${p}/${p}_flair.nii.gz + ${p}/${p}_t1.nii.gz + ${p}/${p}_t1ce.nii.gz > ` +
      `${p}/${p}_seg.nii.gz`
    ),
  );
  assert.deepEqual(found.description.channelNames, ["flair", "t1", "t1ce"]);
  assert.deepEqual(problemsOf(found), [
    "warning B_001/B_001_notes.nrrd: ignored: it is an NRRD file",
  ]);
  const acdc = await discover([
    "patient001/patient001_4d.nii.gz",
    "patient001/patient001_frame01.nii.gz",
    "patient001/patient001_frame01_gt.nii.gz",
    "patient001/patient001_frame12.nii.gz",
    "patient001/patient001_frame12_gt.nii.gz",
  ]);
  assert.deepEqual(acdc.cases.map(({ id, files }) => [id, files[0]!.label]), [
    ["patient001_4d", null],
    ["patient001_frame01", "patient001/patient001_frame01_gt.nii.gz"],
    ["patient001_frame12", "patient001/patient001_frame12_gt.nii.gz"],
  ]);
});

Deno.test("discoverCases() takes channels in the order that dataset.json names them", async () => {
  const paths = ["p", "q"].flatMap((p) => ["adc", "T2", "seg"].map((part) => `${p}/${part}.nii`));
  const found = await discover(paths, { channel_names: { "0": "T2", "1": "ADC" } });
  assert.deepEqual(casesOf(found)[0], "p: p/T2.nii + p/adc.nii > p/seg.nii");
  assert.deepEqual(found.description.channelNames, ["T2", "ADC"]);
});

Deno.test("discoverCases() reads BIDS: anatomical images and labels of derivatives", async () => {
  const found = await discover([
    "dataset_description.json",
    "participants.tsv",
    "sub-01/anat/sub-01_T1w.nii.gz",
    "sub-01/anat/sub-01_T1w.json",
    "sub-01/func/sub-01_task-rest_bold.nii.gz",
    "sub-02/ses-1/anat/sub-02_ses-1_T1w.nii.gz",
    "sub-02/ses-2/anat/sub-02_ses-2_T1w.nii.gz",
    "derivatives/manual/sub-01/anat/sub-01_label-lesion_mask.nii.gz",
    "derivatives/manual/sub-02/ses-1/anat/sub-02_ses-1_T1w_space-orig_dseg.nii.gz",
    "derivatives/fmriprep/sub-02/ses-1/anat/sub-02_ses-1_desc-preproc_T1w.nii.gz",
  ]);
  assert.deepEqual(casesOf(found).map((text) => text.replaceAll(/\S+\//g, "")), [
    "sub-01: sub-01_T1w.nii.gz > sub-01_label-lesion_mask.nii.gz",
    "sub-02_ses-1_T1w: sub-02_ses-1_T1w.nii.gz > sub-02_ses-1_T1w_space-orig_dseg.nii.gz",
    "sub-02_ses-2_T1w: sub-02_ses-2_T1w.nii.gz > null",
  ]);
  const preprocessed =
    "derivatives/fmriprep/sub-02/ses-1/anat/sub-02_ses-1_desc-preproc_T1w.nii.gz";
  assert.deepEqual(problemsOf(found), [
    "error sub-02_ses-2_T1w: label is missing",
    `warning ${preprocessed}: ignored: it is not in the images' folder`,
    "warning sub-01/func/sub-01_task-rest_bold.nii.gz: ignored: it is not in the images' folder",
  ]);
});

Deno.test("discoverCases() puts the pictures of a series together", async () => {
  const found = await discover([
    ...["cat.PNG", "p1_slice_010.png", "p1_slice_002.png", "p1_slice_003.png"].map((name) =>
      `images/${name}`
    ),
    ...["cat.png", "p1_slice_002.png", "p1_slice_010.png"].map((name) => `masks/${name}`),
  ]);
  assert.equal(found.kind, "pictures");
  assert.deepEqual(casesOf(found), [
    "cat: images/cat.PNG > masks/cat.png",
    "p1: images/p1_slice_002.png > masks/p1_slice_002.png; images/p1_slice_010.png > " +
    "masks/p1_slice_010.png",
  ]);
  assert.deepEqual(found.cases[1]!.files.map(({ index }) => index), [2, 10]);
  assert.deepEqual(problemsOf(found), ["error p1_slice_003: label is missing"]);
  const folders = await discover(
    ["images", "masks"].flatMap((part) =>
      ["p1/0", "p1/1", "p2/0", "p2/x"].map((name) => `${part}/${name}.png`)
    ),
  );
  assert.deepEqual(folders.cases.map(({ id, files }) => [id, files.map(({ index }) => index)]), [
    ["p1", [0, 1]],
    ["p2", [0]],
    ["p2_x", [0]],
  ]);
});

Deno.test("discoverCases() leaves out both of two images, or two labels, of one name", async () => {
  const found = await discover([
    ...["a.nii", "a.nii.gz", "b.nii", "c.nii", "c_t2.nii", "D.nii", "d.nii.gz"].map((name) =>
      `images/${name}`
    ),
    ...["a.nii", "b_seg.nii", "b_mask.nii", "c.nii", "d.nii"].map((name) => `labels/${name}`),
  ]);
  assert.deepEqual(casesOf(found), ["c: images/c.nii > labels/c.nii"]);
  assert.deepEqual(problemsOf(found), [
    "error D: several images: images/D.nii, images/d.nii.gz",
    "error a: several images: images/a.nii, images/a.nii.gz",
    "error b: several labels: labels/b_mask.nii, labels/b_seg.nii",
    "warning c: images/c_t2.nii is not used: images/c.nii is the image",
  ]);
  const twice = await discover(["i/a.nii", "l/a.nii", "i/b.nii", "l/b.nii"], {
    training: ["a", "b", "b"].map((id) => ({ image: `i/${id}.nii`, label: `l/${id}.nii` })),
  });
  assert.deepEqual(casesOf(twice), ["a: i/a.nii > l/a.nii"]);
  assert.deepEqual(problemsOf(twice), ["error b: several images: i/b.nii, i/b.nii"]);
});

Deno.test("discoverCases() makes one bad case of a bad file", () =>
  inFolder(async (folder) => {
    const long = "x".repeat(240);
    await touch(
      folder,
      ...["good", "annexed", "dangling", "loop", "pipe", long].map((id) => `labels/${id}.nii`),
      "images/good.nii",
      `images/${long}.nii`,
    );
    const link = (target: string, id: string) =>
      Deno.symlink(target, join(folder, `images/${id}.nii`));
    await link("../.git/annex/objects/1/2/SHA256E-s5--00.nii", "annexed");
    await link("nowhere.nii", "dangling");
    await link("loop.nii", "loop");
    const { success } = await new Deno.Command("mkfifo", {
      args: [join(folder, "images/pipe.nii")],
    }).output();
    assert.ok(success);
    const found = await discoverCases(folder);
    assert.deepEqual(casesOf(found), ["good: images/good.nii > labels/good.nii"]);
    assert.deepEqual(problemsOf(found), [
      "error annexed: cannot read images/annexed.nii: a git-annex link without content",
      "error dangling: cannot read images/dangling.nii: a broken link",
      "error loop: cannot read images/loop.nii: a broken link",
      "error pipe: cannot read images/pipe.nii: not a regular file",
      `error ${long}: cannot read images/${long}.nii: its name has 244 bytes`,
      `error ${long}: cannot read labels/${long}.nii: its name has 244 bytes`,
    ]);
    for (const { hint } of found.problems) assert.notEqual(hint, "");
  }));

Deno.test("discoverCases() follows links to files and folders", () =>
  inFolder(async (folder) => {
    await touch(folder, "else/where/a.nii", "data/labels/a.nii");
    await Deno.symlink(join(folder, "else/where"), join(folder, "data/images"));
    await Deno.symlink(join(folder, "else/where/a.nii"), join(folder, "data/labels/b.nii"));
    const found = await discoverCases(join(folder, "data"));
    assert.deepEqual(casesOf(found), ["a: images/a.nii > labels/a.nii"]);
    assert.deepEqual(problemsOf(found), ["warning b: label has no image"]);
  }));

Deno.test("discoverCases() names a file whose name is not UTF-8", () =>
  inFolder(async (folder) => {
    await touch(folder, "images/a.nii", "labels/a.nii");
    const args = ["-c", 'cd "$1" && touch "$(printf "images/caf\\351.nii")"', "sh", folder];
    const { success } = await new Deno.Command("sh", { args }).output();
    assert.ok(success);
    const found = await discoverCases(folder);
    assert.deepEqual(problemsOf(found), [
      "error caf\uFFFD: cannot read images/caf\uFFFD.nii: its name is not UTF-8",
    ]);
    assert.equal(found.cases.length, 1);
  }));

Deno.test("discoverCases() says what it saw in a folder that is no data set", async () => {
  const folders: [string[], RegExp, RegExp][] = [
    [[], /the folder is empty/, /imagesTr/],
    [["notes.txt", "a/b.txt"], /no images; it holds a\/, a\/b\.txt, notes\.txt: /, /imagesTr/],
    [["imagesTr/a.nii"], /1 image \(imagesTr\/a\.nii\) and no labels/, /into labelsTr$/],
    [["scans/a.nii"], /1 image \(scans\/a\.nii\) and no labels/, /^A data set is a folder with/],
    [["labels/a.nii"], /1 label \(labels\/a\.nii\) and no images/, /imagesTr/],
    [
      ["images/a.jpg", "masks/a.jpg"],
      /no .* files, but 2 files ignored: it is a JPEG picture \(/,
      /\.png/,
    ],
    [
      ["1.dcm", "2.dcm", "3.dcm", "4.dcm", "x.mha"],
      /4 files ignored: it is a DICOM file \(1\.dcm, 2\.dcm, 3\.dcm and 1 more\)/,
      /dcm2niix/,
    ],
    [
      ["images/a.nii", "labels/b.nii"],
      /no image has a label .* images are images\/a\.nii; labels labels\/b\.nii/,
      /name/,
    ],
    [
      ["Task04/imagesTr/a.nii", "Task04/labelsTr/b.nii"],
      /no images here/,
      /Did you mean .*\/Task04\?/,
    ],
    [["x/dataset.json", "x/y/a.nii"], /no images here/, /Did you mean .*\/x\?/],
    [
      ["images/a.nii", "images/b.png", "labels/a.nii", "labels/b.png"],
      /mixes volumes \(images\/a\.nii\) and PNG/,
      /each/,
    ],
    [
      ["images/a.nii", "images/a.nii.gz", "labels/a.nii"],
      /no case has both .*: a: several images/,
      /^Keep one/,
    ],
  ];
  for (const [paths, message, hint] of folders) {
    await assert.rejects(discover(paths), (error) => {
      assert.ok(error instanceof InputError, String(error));
      assert.match(error.message, message);
      assert.match(error.hint, hint);
      return true;
    });
  }
  await assert.rejects(discoverCases("no/such/folder"), /no such folder: no\/such\/folder/);
});
