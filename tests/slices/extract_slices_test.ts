import { encode } from "fast-png";
import assert from "node:assert/strict";
import { join } from "@std/path";
import { InputError } from "../../lib/support/errors.ts";
import {
  extractSlices,
  formatReport,
  loadSlice,
  SliceDataset,
  toOriginalGrid,
} from "../../lib/slices/mod.ts";
import { inFolder, writeDataSet } from "./support/data_set.ts";
import { hasNumpy, withNumpy } from "./support/python.ts";

async function exists(path: string): Promise<boolean> {
  return await Deno.stat(path).then(() => true, () => false);
}

for (const axis of [0, 1, 2] as const) {
  Deno.test({
    name: `slices along axis ${axis} are NumPy's to the last bit (needs python3 with nibabel)`,
    ignore: !hasNumpy,
    fn: () =>
      inFolder(async (folder) => {
        const data = join(folder, "data");
        const out = join(folder, "out");
        await withNumpy("make", data);
        const { manifest } = await extractSlices({ data, out, axis, channel: [0] });
        assert.equal(manifest.cases.length, 5);
        assert.equal(Number(await withNumpy("check", data, out)), manifest.slices.length * 2);
      }),
  });
}

Deno.test("slices are named by case and index, and the manifest says where they belong", () =>
  inFolder(async (folder) => {
    await writeDataSet(folder, [{ id: "a", shape: [6, 5, 2] }, { id: "b", shape: [9, 4, 1] }]);
    const out = join(folder, "out");
    const progress: string[] = [];
    const { manifest, reused } = await extractSlices({
      data: folder,
      out,
      onProgress: ({ done, total }) => progress.push(`${done}/${total}`),
    });
    assert.deepEqual(progress, ["1/2", "2/2"]);
    assert.equal(reused, false);
    assert.deepEqual([manifest.height, manifest.width], [12, 8]);
    assert.deepEqual(manifest.data, "..");
    assert.deepEqual(manifest.problems, []);
    assert.deepEqual(manifest.labelValues, [0, 1, 2]);
    const { imageHash: _image, labelHash: _label, intensities, ...facts } = manifest.cases[1]!;
    assert.deepEqual(facts, {
      id: "b",
      shape: [9, 4, 1],
      spacing: [1, 1, 2],
      orientation: "RAS",
      channels: 1,
      slice: [9, 4],
      pixel: [1, 1],
      distance: 2,
      labelValues: [0, 1, 2],
      foreground: 2 / 3,
      hasBackground: true,
      labelColours: [],
      images: ["imagesTr/b.nii"],
      labels: ["labelsTr/b.nii"],
    });
    assert.equal(intensities.length, 1);
    assert.deepEqual(manifest.slices[2], {
      case: "b",
      index: 0,
      image: "images/b_slice_000.npy",
      label: "labels/b_slice_000.npy",
      foreground: 24,
      classes: [24],
      geometry: {
        original: [9, 4],
        crop: { top: 0, left: 0, height: 9, width: 4 },
        scaled: [9, 4],
        size: [12, 8],
        fit: "pad-or-crop",
        offset: [1, 2],
      },
    });
    assert.deepEqual(
      await Array.fromAsync(Deno.readDir(join(out, "images")), (f) => f.name).then((n) => n.sort()),
      [
        "a_slice_000.npy",
        "a_slice_001.npy",
        "b_slice_000.npy",
      ],
    );
  }));

Deno.test("png slices hold what npy slices hold, within 16 bits", () =>
  inFolder(async (folder) => {
    await writeDataSet(folder, [{ id: "a" }]);
    const [npy, png] = await Promise.all((["npy", "png"] as const).map(async (format) => {
      const out = join(folder, format);
      await extractSlices({ data: folder, out, format });
      return await SliceDataset.open(out);
    })) as [SliceDataset, SliceDataset];
    assert.equal(png.slices[0]!.image, "images/a_slice_000.png");
    for (let i = 0; i < npy.length; i++) {
      const [a, b] = [await npy.get(i), await png.get(i)];
      assert.deepEqual(a.label, b.label);
      for (let j = 0; j < a.image.length; j++) {
        assert.ok(Math.abs(a.image[j]! - b.image[j]!) < 1e-5);
      }
    }
  }));

Deno.test("a list of labels keeps these alone", () =>
  inFolder(async (folder) => {
    await writeDataSet(folder, [{ id: "a", shape: [4, 4, 1], label: (i) => i % 4 }]);
    const count = async (labels: string) =>
      (await extractSlices({ data: folder, out: join(folder, "out"), labels })).manifest.slices[0]!
        .foreground;
    assert.equal(await count("foreground"), 12);
    assert.equal(await count("3"), 4);
    assert.equal(await count("3,1,3"), 8);
    await assert.rejects(count("7"), (error) => {
      assert.ok(error instanceof InputError);
      assert.match(error.message, /no label holds 7/);
      assert.match(error.hint, /0, 1, 2, 3/);
      return true;
    });
  }));

Deno.test("a channel of a 4D volume is normalised by itself", () =>
  inFolder(async (folder) => {
    const voxels = 4 * 4 * 2;
    await writeDataSet(folder, [{
      id: "a",
      shape: [4, 4, 2, 2],
      image: (i) => i < voxels ? i : 1000 + 2 * i,
    }]);
    const images = await Promise.all([0, 1].map(async (channel) => {
      const out = join(folder, String(channel));
      await extractSlices({ data: folder, out, channel: [channel] });
      return (await loadSlice(join(out, "images/a_slice_001.npy"))).data;
    }));
    for (const [i, value] of images[0]!.entries()) {
      assert.ok(Math.abs(value - images[1]![i]!) < 1e-6);
    }
  }));

Deno.test("slices of a given size are cropped or resized, and come back", () =>
  inFolder(async (folder) => {
    await writeDataSet(folder, [{ id: "a", shape: [13, 6, 1] }]);
    for (const fit of ["pad-or-crop", "resize"] as const) {
      const out = join(folder, fit);
      await extractSlices({ data: folder, out, size: [8, 8], fit });
      const dataset = await SliceDataset.open(out);
      const { image, label, record } = await dataset.get(0);
      assert.equal(image.length, 64);
      assert.ok(label.every((value) => value <= 1));
      assert.equal(toOriginalGrid(image, record.geometry, 0).length, 13 * 6);
    }
  }));

Deno.test("all problems of all cases are gathered; cases with errors are left out", () =>
  inFolder(async (folder) => {
    await writeDataSet(folder, [
      { id: "good" },
      { id: "missing", label: null },
      { id: "mismatch", shape: [6, 5, 3], labelShape: [6, 5, 4] },
      { id: "moved", labelSpacing: [1, 1, 3] },
      { id: "nan", image: (i) => i < 2 ? NaN : i },
      { id: "all_nan", image: () => NaN },
      { id: "empty", label: () => 0 },
      { id: "flat", image: () => 5 },
      { id: "tiny", shape: [3, 9, 2] },
      { id: "odd", label: (i) => i / 2 },
      { id: "cut" },
    ]);
    const cut = join(folder, "imagesTr/cut.nii");
    await Deno.truncate(cut, 400);
    await Deno.writeTextFile(join(folder, "imagesTr/._good.nii"), "mac");
    const prepared = await extractSlices({ data: folder, out: join(folder, "out") });
    const { manifest } = prepared;
    assert.deepEqual(manifest.cases.map(({ id }) => id), [
      "empty",
      "good",
    ]);
    const told = manifest.problems.map((p) => `${p.severity} ${p.case}: ${p.message}`);
    for (
      const expected of [
        /^error missing: label is missing$/,
        /^error mismatch: image has 6×5×3 voxels and label 6×5×4$/,
        /^error moved: the label covers a different space than its image: corners are up to 2 mm/,
        /^error nan: image has 2 values that are NaN or infinite$/,
        /^error all_nan: image has no finite value$/,
        /^warning empty: label is empty$/,
        /^error flat: image is constant: every value is 5$/,
        /^error tiny: slices of 3×9 are smaller than 4×4$/,
        /^error odd: label has values that are not integers, such as 0.5$/,
        /^error cut: Cannot read volume: .*cut\.nii$/,
      ]
    ) {
      assert.equal(told.filter((line) => expected.test(line)).length, 1, `${expected}\n${told}`);
    }
    assert.equal(told.length, 11, told.join("\n"));
    const report = formatReport(prepared);
    assert.match(report, /^2 cases, 6 slices of 8×8, 3 with foreground: /);
    assert.match(report, /left out \(9 cases\):\n/);
    const filled = manifest.slices.reduce((sum, { foreground }) => sum + foreground, 0);
    const percent = Number((100 * filled / (6 * 8 * 8)).toPrecision(2));
    assert.ok(report.includes(`; ${percent} % of all pixels are foreground`), report);
    assert.match(report, /\n {2}label is missing: missing\n/);
    assert.match(report, /\nwarnings:\n(.*\n)* {2}label is empty: empty\n/);
    for (const { image } of manifest.slices) assert.ok(await exists(join(folder, "out", image)));
  }));

Deno.test("where nothing can be used nothing is left behind", () =>
  inFolder(async (folder) => {
    const out = join(folder, "out");
    await writeDataSet(folder, [{ id: "a", labelShape: [1, 1, 1] }, { id: "b", image: () => NaN }]);
    await assert.rejects(extractSlices({ data: folder, out }), (error) => {
      assert.ok(error instanceof InputError);
      assert.match(error.message, /a: image has .*; b: image has no finite value/);
      return true;
    });
    assert.equal(await exists(out), false);
    await assert.rejects(extractSlices({ data: folder, out, channel: [3] }), /no channel 3/);
    assert.equal(await exists(out), false);
  }));

Deno.test("options out of range are refused before anything is touched", () =>
  inFolder(async (folder) => {
    const out = join(folder, "out");
    await writeDataSet(folder, [{ id: "a" }]);
    const options = { data: folder, out, size: [6, 8], clip: [0, 101], labels: "" } as const;
    await assert.rejects(extractSlices(options), (error) => {
      assert.ok(error instanceof InputError);
      for (const name of ["size", "clip", "labels"]) {
        assert.match(error.message, RegExp(`${name}\\b.*: `));
      }
      return true;
    });
    assert.equal(await exists(out), false);
  }));

Deno.test("a folder with other files, or with the data, is not touched", () =>
  inFolder(async (folder) => {
    await writeDataSet(folder, [{ id: "a" }]);
    const other = join(folder, "other");
    await Deno.mkdir(join(other, "images"), { recursive: true });
    await Deno.writeTextFile(join(other, "images/precious.txt"), "mine");
    await assert.rejects(extractSlices({ data: folder, out: other }), /holds other files/);
    assert.equal(await Deno.readTextFile(join(other, "images/precious.txt")), "mine");
    await assert.rejects(extractSlices({ data: folder, out: folder }), /data is inside the folder/);
    await assert.rejects(
      extractSlices({ data: folder, out: join(folder, "imagesTr/a.nii") }),
      InputError,
    );
    const prepared = join(folder, "prepared");
    await extractSlices({ data: folder, out: prepared, format: "png" });
    await assert.rejects(
      extractSlices({ data: prepared, out: prepared }),
      /data is inside the folder/,
    );
    assert.ok(await exists(join(prepared, "images/a_slice_000.png")));
  }));

Deno.test("pictures are a data set too: normalised, padded to one size, masks above 0", () =>
  inFolder(async (folder) => {
    await Deno.mkdir(join(folder, "images"));
    await Deno.mkdir(join(folder, "masks"));
    const write = async (name: string, height: number, width: number, values: number[]) => {
      const channels = values.length / (height * width);
      const png = encode({ data: Uint8Array.from(values), height, width, channels });
      await Deno.writeFile(join(folder, `${name}.png`), png);
    };
    const grey = Array.from({ length: 20 }, (_, i) => 50 + i);
    await write("images/x", 4, 5, grey);
    await write("masks/x", 4, 5, grey.map((_, i) => Number(i === 7))); // 1 of 255 is foreground
    const rgb = Array.from({ length: 72 }, (_, i) => Math.floor(i / 3)); // grey, stored in colour
    await write("images/rgb", 6, 4, rgb);
    await write(
      "masks/rgb",
      6,
      4,
      Array.from({ length: 24 }, (_, i) => 255 * Number([0, 4, 20, 23].includes(i))),
    ); // three corners
    for (const index of [0, 1]) { // one is twice as bright as the other, normalised together
      await write(
        `images/p_slice_00${index}`,
        4,
        4,
        Array.from({ length: 16 }, (_, i) => i * (index + 1)),
      );
      await write(`masks/p_slice_00${index}`, 4, 4, Array.from({ length: 16 }, () => 255));
    }
    const out = join(folder, "out");
    const { manifest } = await extractSlices({ data: folder, out });
    assert.deepEqual(manifest.problems.map((p) => `${p.severity} ${p.case}: ${p.message}`), [
      "warning p: all corners of the label are foreground, as in masks drawn in black on white",
      "warning p: label has no background",
      "warning x: only this label holds 1",
    ]);
    assert.equal(manifest.kind, "pictures");
    assert.deepEqual([manifest.height, manifest.width], [8, 8]);
    assert.deepEqual(manifest.slices.map((s) => [s.case, s.index, s.foreground]), [
      ["p", 0, 16],
      ["p", 1, 16],
      ["rgb", 0, 4],
      ["x", 0, 1],
    ]);
    const brightest = async (i: number) =>
      Math.max(...(await (await SliceDataset.open(out)).get(i)).image);
    const found = await Promise.all([0, 1, 2, 3].map(brightest));
    for (const [i, expected] of [0.5, 1, 1, 1].entries()) {
      assert.ok(Math.abs(found[i]! - expected) < 1e-6, String(found));
    }
  }));

Deno.test("a picture that does not fit its mask, or is damaged, is named", () =>
  inFolder(async (folder) => {
    await Deno.mkdir(join(folder, "images"));
    await Deno.mkdir(join(folder, "masks"));
    const png = (size: number, most = 255) =>
      encode({
        data: new Uint8Array(size * size).map((_, i) => Math.min(i, most)),
        height: size,
        width: size,
        channels: 1,
      });
    for (const [name, image, mask] of [["ok", 4, 4], ["unlike", 4, 5], ["bad", 4, 4]] as const) {
      await Deno.writeFile(join(folder, `images/${name}.png`), png(image));
      await Deno.writeFile(join(folder, `masks/${name}.png`), png(mask, 1));
    }
    await Deno.truncate(join(folder, "images/bad.png"), 40);
    const { manifest } = await extractSlices({ data: folder, out: join(folder, "out") });
    assert.deepEqual(manifest.cases.map(({ id }) => id), ["ok"]);
    const [bad, unlike] = manifest.problems.filter(({ severity }) => severity === "error");
    assert.match(bad!.message, /^Cannot read png: .*bad\.png$/);
    assert.equal(unlike!.message, "images/unlike.png has 4×4 pixels and its label 5×5");
  }));

Deno.test("extractSlices says why no case can be used: five reasons, and how many more there are", () =>
  inFolder(async (folder) => {
    for (const [count, rest] of [[5, ""], [7, "; and 2 more"]] as const) {
      const ids = Array.from({ length: count }, (_, i) => `c${i}`);
      const data = join(folder, String(count));
      await writeDataSet(data, ids.map((id) => ({ id, image: () => 1 })));
      await assert.rejects(
        extractSlices({ data, out: join(folder, "out") }),
        ({ message }: Error) => {
          const told = ids.slice(0, 5).map((id) => `${id}: image is constant: every value is 1`);
          assert.ok(message.includes(`no case can be used: ${told.join("; ")}${rest}: `), message);
          return true;
        },
      );
    }
  }));
