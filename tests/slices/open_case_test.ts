import { encode } from "fast-png";
import assert from "node:assert/strict";
import { join } from "@std/path";
import type { Case } from "../../lib/slices/case.ts";
import type { CaseSettings } from "../../lib/slices/case_settings.ts";
import type { CaseSource } from "../../lib/slices/discovery/case_source.ts";
import { openCase, type OpenedCase, requireCase } from "../../lib/slices/open_case.ts";
import { saveSlice } from "../../lib/slices/save_slice.ts";
import { resolveSliceSettings, type SliceSettings } from "../../lib/slices/slice_settings.ts";
import { parseTargets } from "../../lib/slices/targets.ts";
import { Random } from "../../lib/support/random.ts";
import { createVolume, readVolume, type Volume, writeVolume } from "../../lib/volume/mod.ts";
import { inFolder } from "./support/data_set.ts";
import { findingsOf } from "./support/open.ts";

/** Settings for one case, as a model gives them. */
function settingsFor(given: Partial<SliceSettings> = {}): CaseSettings {
  const settings = resolveSliceSettings(given);
  return {
    ...settings,
    spacing: settings.spacing === "median" ? "stored" : settings.spacing,
    targets: parseTargets(settings.labels, { labels: null, ignore: [] }, [0, 1, 2]),
    channels: null,
    foreground: null,
  };
}

function sourceOf(folder: string, images: string[], label: string | null = null): CaseSource {
  return { id: "x", kind: "volume", folder, files: [{ index: 0, images, label }] };
}

async function open(source: CaseSource, given: Partial<SliceSettings> = {}): Promise<OpenedCase> {
  const labels = source.files[0]!.label !== null;
  return await openCase(source, settingsFor(given), { labels, normalized: true });
}

async function opened(source: CaseSource, given: Partial<SliceSettings> = {}): Promise<Case> {
  return requireCase(await open(source, given), source);
}

/** A volume of random values in RAS, 7×6×5, voxels of 1×2×3 mm. */
function randomVolume(): Volume {
  const random = new Random(5);
  const data = Float32Array.from({ length: 7 * 6 * 5 }, () => random.integer(1000));
  return createVolume({ data, shape: [7, 6, 5], spacing: [1, 2, 3] });
}

/** The same volume stored with permuted and flipped axes, written without the code under test. */
function stored(
  { data, shape, spacing }: Volume,
  order: readonly number[],
  flips: readonly boolean[],
): { volume: Volume; at: (x: number, y: number, z: number) => number } {
  const sizes = order.map((axis) => shape[axis]!);
  const strides = [1, sizes[0]!, sizes[0]! * sizes[1]!];
  const at = (...place: number[]) =>
    order.reduce((sum, axis, i) => {
      const value = place[axis]!;
      return sum + strides[i]! * (flips[i] ? shape[axis]! - 1 - value : value);
    }, 0);
  const turned = new Float32Array(data.length);
  let i = 0;
  for (let z = 0; z < shape[2]!; z++) {
    for (let y = 0; y < shape[1]!; y++) {
      for (let x = 0; x < shape[0]!; x++) turned[at(x, y, z)] = data[i++]!;
    }
  }
  const affine = [0, 1, 2].map((row) => {
    const columns = order.map((axis, i) => axis === row ? spacing[axis]! * (flips[i] ? -1 : 1) : 0);
    const place = order.indexOf(row);
    return [...columns, flips[place] ? (shape[row]! - 1) * spacing[row]! : 0];
  });
  const volume = createVolume({
    data: turned,
    shape: sizes,
    spacing: order.map((axis) => spacing[axis]!) as [number, number, number],
    affine: [...affine, [0, 0, 0, 1]],
  });
  return { volume, at };
}

const ORDERS = [[0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]];

Deno.test("one patient stored in all 48 orientations gives the same slices, and masks come back", () =>
  inFolder(async (folder) => {
    const volume = randomVolume();
    const label = { ...volume, data: volume.data.map((value) => Number(value > 700)) };
    const slices = new Set<string>();
    const letters = new Set<string | null>();
    for (const order of ORDERS) {
      for (let flip = 0; flip < 8; flip++) {
        const flips = [0, 1, 2].map((axis) => (flip >> axis & 1) === 1);
        const image = stored(volume, order, flips);
        await writeVolume(join(folder, "x.nii"), { data: image.volume.data, like: image.volume });
        const mask = stored(label, order, flips).volume;
        await writeVolume(join(folder, "label.nii"), {
          data: Uint8Array.from(mask.data),
          like: mask,
        });
        const one = await opened(sourceOf(folder, ["x.nii"], "label.nii"), { axis: "coronal" });
        letters.add(one.orientation);
        const planes = one.indices.map((index) => one.label(index).data);
        const parts = one.indices.flatMap((index, i) => [...one.slice(index).data, ...planes[i]!]);
        slices.add(JSON.stringify([one.grid, parts]));
        // The label, written as a mask, is the label's file again: its grid, header and values
        const [path] = await one.save(folder, planes, { suffix: "_mask" });
        assert.deepEqual(
          await Deno.readFile(path!),
          await Deno.readFile(join(folder, "label.nii")),
        );
      }
    }
    assert.equal(letters.size, 48);
    assert.equal(slices.size, 1);
    const [only] = slices;
    const [grid, parts] = JSON.parse(only!) as [Case["grid"], number[]];
    // Coronal planes are y; rows x, columns z: 6 planes of 7×5
    assert.deepEqual(grid, { shape: [5, 7, 6], spacing: [3, 1, 2] });
    const [low, high] = [Math.min(...volume.data), Math.max(...volume.data)];
    const expected = (volume.data[3 + 7 * (2 + 6 * 4)]! - low) / (high - low + 1e-8);
    assert.ok(Math.abs(parts[2 * 70 + 3 * 5 + 4]! - expected) < 1e-6); // x 3, y 2, z 4
  }));

Deno.test("with orientation stored, planes are those of the file", () =>
  inFolder(async (folder) => {
    const { volume } = stored(randomVolume(), [0, 1, 2], [true, true, false]);
    await writeVolume(join(folder, "x.nii"), { data: volume.data, like: volume });
    const one = await opened(sourceOf(folder, ["x.nii"]), { orientation: "stored", axis: 2 });
    assert.equal(one.orientation, "LPS");
    const [low, high] = [Math.min(...volume.data), Math.max(...volume.data)];
    const { data, height, width } = one.slice(3);
    assert.deepEqual([height, width], [7, 6]);
    for (const [x, y] of [[0, 0], [6, 5], [2, 4]] as const) {
      const value = (volume.data[x + 7 * (y + 6 * 3)]! - low) / (high - low + 1e-8);
      assert.ok(Math.abs(data[x * 6 + y]! - value) < 1e-6);
    }
    const coronal = await opened(sourceOf(folder, ["x.nii"]), {
      orientation: "stored",
      axis: "coronal",
    });
    assert.equal(coronal.indices.length, 6);
  }));

Deno.test("save() and readMask() keep the data set's values, and probabilities", () =>
  inFolder(async (folder) => {
    const { volume } = stored(randomVolume(), [2, 0, 1], [true, false, true]);
    await writeVolume(join(folder, "x_0000.nii.gz"), { data: volume.data, like: volume });
    for (const labels of ["foreground", "7;300", "526157192", "2147483653", "whole=1+2,core=2"]) {
      const one = await opened(sourceOf(folder, ["x_0000.nii.gz"]), { labels });
      const random = new Random(1);
      const most = labels.includes(";") ? 3 : labels.includes("core") ? 2 : 2;
      const planes = one.indices.map(() =>
        Uint8Array.from({ length: one.grid!.shape[0] * one.grid!.shape[1] }, () => {
          const code = random.integer(most);
          return labels.includes("core") ? [0, 1, 3][random.integer(3)]! : code;
        })
      );
      const [path] = await one.save(folder, planes, { suffix: "" });
      assert.equal(path, join(folder, "x.nii.gz"));
      const back = await one.readMask(folder);
      assert.deepEqual(back.map(({ data }) => data), planes, labels);
      const file = await readVolume(path!);
      assert.deepEqual(file.affine, volume.affine);
      assert.deepEqual(file.shape, volume.shape);
      if (labels === "7;300") {
        assert.deepEqual([...new Set(file.data)].sort((a, b) => a - b), [0, 7, 300]);
      }
    }
    const one = await opened(sourceOf(folder, ["x_0000.nii.gz"]));
    const values = one.indices.map((index) =>
      Float32Array.from({ length: one.slice(index).data.length }, (_, i) => i + 100 * index)
    );
    const [path] = await one.save(folder, values, { suffix: "_probability" });
    const again = await opened(sourceOf(folder, ["x_probability.nii.gz"]));
    assert.equal(path, join(folder, "x_probability.nii.gz"));
    const { low, high } = again.intensities[0]!;
    assert.deepEqual([low, high], [0, 100 * (one.indices.length - 1) + values[0]!.length - 1]);
    for (const index of one.indices) {
      const { data } = again.slice(index);
      for (const [i, value] of data.entries()) {
        assert.ok(Math.abs(value * (high - low) - values[index]![i]!) < 1e-3);
      }
    }
  }));

Deno.test("channels are chosen from one file or several, each normalised by itself", () =>
  inFolder(async (folder) => {
    const first = randomVolume();
    const second = { ...first, data: first.data.map((value) => 5000 - 3 * value) };
    for (const [i, volume] of [first, second].entries()) {
      await writeVolume(join(folder, `x_000${i}.nii`), { data: volume.data, like: volume });
    }
    const data = new Float32Array([...first.data, ...second.data]);
    const both = createVolume({ data, shape: [7, 6, 5, 2], spacing: [1, 2, 3] });
    await writeVolume(join(folder, "both.nii"), { data, like: both });
    const files = sourceOf(folder, ["x_0000.nii", "x_0001.nii"]);
    const [apart, together] = [await opened(files), await opened(sourceOf(folder, ["both.nii"]))];
    assert.deepEqual([apart.channels, together.channels], [2, 2]);
    assert.deepEqual(apart.slice(2), together.slice(2));
    const { data: planes, channels } = apart.slice(2);
    assert.equal(channels, 2);
    for (let i = 0; i < 42; i++) assert.ok(Math.abs(planes[i]! - (1 - planes[42 + i]!)) < 1e-6);

    const one = await opened(files, { channel: [1] });
    assert.deepEqual(one.slice(2).data, planes.slice(42));
    assert.deepEqual(findingsOf(await open(files, { channel: [1, 2] })), [
      "error: image has no channel 2: it has 2",
    ]);
    // Stored in another order, but in the same place
    const turned = stored(second, [2, 0, 1], [true, false, true]).volume;
    await writeVolume(join(folder, "turned.nii"), { data: turned.data, like: turned });
    const aligned = await opened(sourceOf(folder, ["x_0000.nii", "turned.nii"]));
    for (const index of aligned.indices) {
      assert.deepEqual(aligned.slice(index).data, apart.slice(index).data);
    }
    const affine = first.affine.map((row, i) => i === 1 ? [...row.slice(0, 3), row[3]! + 2] : row);
    const moved = createVolume({ ...second, affine });
    await writeVolume(join(folder, "away.nii"), { data: moved.data, like: moved });
    const wide = { shape: [8, 6, 5], spacing: first.spacing, affine };
    const larger = createVolume({ data: new Float32Array(8 * 6 * 5), ...wide });
    await writeVolume(join(folder, "large.nii"), { data: larger.data, like: larger });
    for (
      const [name, why] of [
        ["away.nii", "away.nii covers a different space than x_0000.nii"],
        ["large.nii", "large.nii has 8×6×5 voxels, x_0000.nii 7×6×5"],
      ]
    ) {
      const apartInSpace = await open(sourceOf(folder, ["x_0000.nii", name!]));
      assert.deepEqual(findingsOf(apartInSpace), [`error: ${why}`]);
      assert.equal(apartInSpace.case, null);
    }
    const model = { ...settingsFor(), channels: 1 };
    const refused = await openCase(files, model, { labels: false, normalized: true });
    assert.deepEqual(findingsOf(refused), ["error: image has 2 channels, 1 is needed"]);
  }));

Deno.test("crop nonzero: zeros around a patient change nothing", () =>
  inFolder(async (folder) => {
    const volume = randomVolume();
    const data = volume.data.map((value) => value + 50);
    const framed = new Float32Array(20 * 18 * 5);
    let i = 0;
    for (let z = 0; z < 5; z++) {
      for (let y = 0; y < 6; y++) {
        for (let x = 0; x < 7; x++) framed[x + 9 + 20 * (y + 3 + 18 * z)] = data[i++]!;
      }
    }
    await writeVolume(join(folder, "plain.nii"), { data, like: volume });
    const like = createVolume({ data: framed, shape: [20, 18, 5], spacing: [1, 2, 3] });
    await writeVolume(join(folder, "framed.nii"), { data: framed, like });
    for (const normalize of ["minmax", "percentile", "zscore"] as const) {
      const crop = { crop: "nonzero", normalize } as const;
      const plain = await opened(sourceOf(folder, ["plain.nii"]), crop);
      const around = await opened(sourceOf(folder, ["framed.nii"]), crop);
      const box = { top: 9, left: 3, height: 7, width: 6 };
      assert.deepEqual(around.extent(1).crop, box);
      assert.deepEqual(plain.extent(1).crop, { top: 0, left: 0, height: 7, width: 6 });
      const [a, b] = [plain.slice(1).data, around.slice(1).data];
      for (let row = 0; row < 7; row++) {
        const start = (row + 9) * 18 + 3;
        assert.deepEqual(b.slice(start, start + 6), a.slice(row * 6, row * 6 + 6), normalize);
      }
      assert.equal(b[0], 0);
    }
    // Stored the other way round, the box lies elsewhere in the file and at the same place here
    const { volume: turned } = stored({ ...like, data: framed }, [1, 0, 2], [true, true, false]);
    await writeVolume(join(folder, "turned.nii"), { data: turned.data, like: turned });
    const one = await opened(sourceOf(folder, ["turned.nii"]), { crop: "nonzero" });
    assert.deepEqual(one.extent(1).crop, { top: 9, left: 3, height: 7, width: 6 });
    // Rows are x, 1 mm apart, columns y, 2 mm
    assert.deepEqual(one.extent(1).spacing, [1, 2]);
  }));

Deno.test("a label that is its image, or that is missing, is an error", () =>
  inFolder(async (folder) => {
    const volume = randomVolume();
    await writeVolume(join(folder, "x.nii"), { data: volume.data, like: volume });
    const found = findingsOf(await open(sourceOf(folder, ["x.nii"], "x.nii")));
    assert.ok(found.includes("error: label is a copy of its image"), found.join("\n"));
    const wants = { labels: true, normalized: true };
    const none = await openCase(sourceOf(folder, ["x.nii"]), settingsFor(), wants);
    assert.deepEqual(findingsOf(none), ["error: label is missing"]);
    const opened = requireCase(await open(sourceOf(folder, ["x.nii"])), sourceOf(folder, []));
    assert.throws(() => opened.label(0), /opened without labels/);
    assert.throws(() => opened.slice(5), RangeError);
  }));

Deno.test("a volume with thin slices names the axis that has larger ones", () =>
  inFolder(async (folder) => {
    const { data } = randomVolume();
    const like = createVolume({ data, shape: [1, 14, 15], spacing: [1, 1, 1] });
    await writeVolume(join(folder, "x.nii"), { data, like });
    const { case: none, findings } = await open(sourceOf(folder, ["x.nii"]));
    assert.equal(none, null);
    assert.equal(findings[0]!.message, "slices of 1×14 are smaller than 4×4");
    assert.match(findings[0]!.hint, /--axis 0$/);
    assert.equal((await opened(sourceOf(folder, ["x.nii"]), { axis: 0 })).indices.length, 1);
  }));

Deno.test("one hot voxel, or a background at the lowest number, is a warning that helps", () =>
  inFolder(async (folder) => {
    const volume = randomVolume();
    const hot = volume.data.map((value, i) => i === 100 ? 1e8 : value);
    const low = volume.data.map((value, i) =>
      i % 2 === 0 ? i % 4 === 0 ? -3.4028235e38 : -3.4e38 : value
    );
    for (const [name, data] of [["hot", hot], ["low", low], ["fine", volume.data]] as const) {
      await writeVolume(join(folder, `${name}.nii`), { data, like: volume });
    }
    const found = async (name: string, given: Partial<SliceSettings> = {}) =>
      (await open(sourceOf(folder, [`${name}.nii`]), given)).findings;
    assert.deepEqual(await found("fine"), []);
    const [hotOne] = await found("hot");
    assert.match(
      hotOne!.message,
      /^most values lie within a thousandth of the range .* to 1e\+?8|100000000$/,
    );
    assert.match(hotOne!.hint, /--normalize percentile/);
    assert.deepEqual(await found("hot", { normalize: "percentile", clip: [1, 99] }), []);
    const [lowOne] = await found("low");
    assert.match(lowOne!.hint, /--fill lowest/);
    assert.deepEqual(await found("low", { fill: "lowest" }), []);
    const filled = await opened(sourceOf(folder, ["low.nii"]), { fill: 0 });
    assert.equal(filled.intensities[0]!.low, 0);
    // Only what has no value is filled
    const signed = volume.data.map((value, i) => i === 3 ? NaN : i === 8 ? Infinity : value - 500);
    await writeVolume(join(folder, "signed.nii"), { data: signed, like: volume });
    const one = await opened(sourceOf(folder, ["signed.nii"]), { fill: "lowest" });
    const finite = signed.filter(Number.isFinite);
    const [least, most] = [Math.min(...finite), Math.max(...finite)];
    assert.deepEqual(one.intensities, [{ low: least, high: most }]);
    const [x3, x8] = [one.slice(0).data[3 * 6], one.slice(0).data[1 * 6 + 1]]; // 3,0,0 and 1,1,0
    assert.deepEqual([x3, x8], [0, 0]);
  }));

Deno.test("pictures: colours are channels, and masks come back in their values", () =>
  inFolder(async (folder) => {
    const rgb = Uint8Array.from({ length: 5 * 6 * 3 }, (_, i) => (i * 37) % 256);
    await Deno.writeFile(
      join(folder, "p.png"),
      encode({ data: rgb, height: 5, width: 6, channels: 3 }),
    );
    const grey = Uint8Array.from({ length: 5 * 6 * 2 }, (_, i) => i % 2 === 0 ? i : 9);
    await Deno.writeFile(
      join(folder, "g.png"),
      encode({ data: grey, height: 5, width: 6, channels: 2 }),
    );
    const source = (name: string): CaseSource => ({
      id: "p",
      kind: "pictures",
      folder,
      files: [{ index: 4, images: [name], label: null }],
    });
    const colour = await opened(source("p.png"));
    assert.deepEqual([colour.channels, [...colour.indices]], [3, [4]]);
    const { data } = colour.slice(4);
    const reds = rgb.filter((_, i) => i % 3 === 0);
    const [low, high] = [Math.min(...reds), Math.max(...reds)];
    for (const [i, red] of reds.entries()) {
      assert.ok(Math.abs(data[i]! - (red - low) / (high - low)) < 1e-6);
    }
    assert.equal((await opened(source("g.png"))).channels, 1);
    // Grey stored in colour is one channel, or three to a model of three
    const stored = Uint8Array.from({ length: 5 * 6 * 3 }, (_, i) => 8 * Math.floor(i / 3));
    const asColour = encode({ data: stored, height: 5, width: 6, channels: 3 });
    await Deno.writeFile(join(folder, "s.png"), asColour);
    assert.equal((await opened(source("s.png"))).channels, 1);
    const settings = { ...settingsFor(), channels: 3 };
    const wants = { labels: false, normalized: true };
    const three = requireCase(await openCase(source("s.png"), settings, wants), source("s.png"));
    assert.equal(three.channels, 3);
    const [red, blue] = [three.slice(4).data.slice(0, 30), three.slice(4).data.slice(60)];
    assert.deepEqual(red, blue);
    const copied = { ...source("s.png"), files: [{ index: 0, images: ["s.png"], label: "s.png" }] };
    const found = findingsOf(await open(copied));
    assert.ok(found.includes("error: label is a copy of its image"), found.join());

    for (const labels of ["foreground", "2;7", "red=#ff0000"]) {
      const one = await opened(source("p.png"), { labels });
      const codes = Uint8Array.from({ length: 30 }, (_, i) => i % (labels === "2;7" ? 3 : 2));
      const [path] = await one.save(join(folder, labels), [codes], { suffix: "" });
      assert.equal(path, join(folder, labels, "p.png"));
      assert.deepEqual((await one.readMask(join(folder, labels)))[0]!.data, codes, labels);
    }
  }));

Deno.test("a picture of one grey value is a warning, and black in its slice", () =>
  inFolder(async (folder) => {
    const png = encode({ data: new Uint8Array(48).fill(130), height: 8, width: 6, channels: 1 });
    await Deno.writeFile(join(folder, "x.png"), Uint8Array.from(png));
    const source: CaseSource = { ...sourceOf(folder, ["x.png"]), kind: "pictures" };
    const found = await open(source);
    assert.deepEqual(findingsOf(found), ["warning: image is constant: every value is 0.5098"]);
    assert.deepEqual(requireCase(found, source).slice(0).data, new Float32Array(48));
  }));

Deno.test("openCase cuts off the empty border of each picture, rows and columns", () =>
  inFolder(async (folder) => {
    const [height, width] = [9, 12];
    const data = Float32Array.from({ length: height * width }, (_, i) => {
      const [y, x] = [Math.floor(i / width), i % width];
      return y >= 2 && y < 7 && x >= 4 && x < 10 ? (i % 5 + 1) / 8 : 0;
    });
    await saveSlice(join(folder, "x.png"), { data, height, width });
    const files = [{ index: 0, images: ["x.png"], label: null }];
    const source = { id: "x", kind: "pictures", folder, files } as const;
    const wants = { labels: false, normalized: true };
    const opened = await openCase(source, settingsFor({ crop: "nonzero" }), wants);
    assert.deepEqual(opened.case!.extent(0).crop, { top: 2, left: 4, height: 5, width: 6 });
  }));
