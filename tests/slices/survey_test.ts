import assert from "node:assert/strict";
import { join } from "@std/path";
import { encode } from "fast-png";
import { extractSlices, loadSlice, SliceDataset } from "../../lib/slices/mod.ts";
import { InputError } from "../../lib/support/errors.ts";
import { inFolder, writeDataSet } from "./support/data_set.ts";

Deno.test("normalize ct: foreground of all cases says how every case is scaled", () =>
  inFolder(async (folder) => {
    // Foreground is 101 to 200 over both cases; beyond it lie -1000 and 3000
    const shape = [10, 10, 1];
    const label = (i: number) => Number(i >= 50);
    await writeDataSet(folder, [
      { id: "a", shape, label, image: (i) => i < 50 ? -1000 : 101 + i - 50 },
      { id: "b", shape, label, image: (i) => i < 50 ? 3000 : 151 + i - 50 },
    ]);
    const out = join(folder, "out");
    const { manifest } = await extractSlices({ data: folder, out, normalize: "ct" });
    const [measured] = manifest.settings.foreground!;
    // numpy: percentile(arange(101, 201), [0.5, 99.5]), mean and std
    assert.ok(
      Math.abs(measured!.low - 101.495) < 1e-4 && Math.abs(measured!.high - 199.505) < 1e-4,
    );
    assert.deepEqual(measured!.mean, 150.5);
    assert.ok(Math.abs(measured!.deviation - 28.866070) < 1e-6);
    const { data } = await loadSlice(join(out, manifest.slices[0]!.image));
    assert.ok(Math.abs(Math.min(...data) - (101.495 - 150.5) / 28.86607) < 1e-5);
    const other = await loadSlice(join(out, manifest.slices[1]!.image));
    assert.ok(Math.abs(Math.max(...other.data) - (199.505 - 150.5) / 28.86607) < 1e-5);
  }));

Deno.test("normalize ct measures each channel by itself", () =>
  inFolder(async (folder) => {
    await writeDataSet(folder, [{
      id: "a",
      shape: [10, 10, 1, 2],
      image: (i) => i < 100 ? i : 1000 + (i - 100) ** 2,
      label: (i) => Number(i >= 50),
    }]);
    const out = join(folder, "out");
    const { manifest } = await extractSlices({ data: folder, out, normalize: "ct" });
    const means = manifest.settings.foreground!.map(({ mean }) => mean);
    // The means of 50…99 and of their squares, and 1000
    assert.deepEqual(means, [74.5, 1000 + 5758.5]);
    const { data, channels } = await loadSlice(join(out, manifest.slices[0]!.image));
    assert.equal(channels, 2);
    const most = (c: number) => Math.max(...data.subarray(c * 144, (c + 1) * 144));
    for (const c of [0, 1]) {
      const { high, mean, deviation } = manifest.settings.foreground![c]!;
      assert.ok(Math.abs(most(c) - (high - mean) / deviation) < 1e-5);
    }
  }));

Deno.test("normalize ct samples every third voxel of 20,001, by itself for each case", () =>
  inFolder(async (folder) => {
    const shape = [150, 150, 1];
    // Slices have x as rows: the order of the voxels is that of the labels' columns
    const place = (i: number) => (i % 150) * 150 + Math.floor(i / 150);
    await writeDataSet(folder, [{
      ...{ id: "a", shape, label: (i: number) => Number(place(i) < 20_001) },
      image: (i) => place(i) % 3 === 0 ? 100 + place(i) % 7 : 5000,
    }]);
    const { manifest } = await extractSlices({
      data: folder,
      out: join(folder, "o"),
      normalize: "ct",
    });
    const { low, high, mean } = manifest.settings.foreground![0]!;
    assert.deepEqual([low, high], [100, 106]);
    const sampled = Array.from({ length: 6667 }, (_, i) => 100 + (3 * i) % 7);
    assert.ok(Math.abs(mean - sampled.reduce((a, b) => a + b) / 6667) < 1e-9, String(mean));
  }));

Deno.test("spacing median: all slices come to the median pixel, and sizes follow", () =>
  inFolder(async (folder) => {
    const cases = [["a", 1, 10], ["b", 2, 10], ["c", 2, 12]] as const;
    await writeDataSet(
      folder,
      cases.map(([id, size, n], k) => ({
        id,
        shape: [n, n, 1],
        spacing: [size, 2 * size, 3] as const,
        image: (i: number) => (i * (k + 3)) % 17,
      })),
    );
    const { manifest } = await extractSlices({
      data: folder,
      out: join(folder, "out"),
      spacing: "median",
    });
    assert.deepEqual(manifest.settings.spacing, [2, 4]);
    assert.deepEqual(manifest.slices.map(({ geometry }) => geometry.scaled), [
      [5, 5],
      [10, 10],
      [12, 12],
    ]);
    assert.deepEqual([manifest.height, manifest.width], [12, 12]);
  }));

Deno.test("size pad and crop nonzero: slices are as large as what is not empty", () =>
  inFolder(async (folder) => {
    const inside = (i: number) => i % 20 >= 5 && i % 20 < 12 && Math.floor(i / 20) >= 8;
    await writeDataSet(folder, [{
      id: "a",
      shape: [20, 20, 1],
      image: (i) => inside(i) ? 50 + i % 7 : 0,
      label: (i) => Number(inside(i) && i % 2 === 0),
    }]);
    const { manifest } = await extractSlices({
      data: folder,
      out: join(folder, "out"),
      crop: "nonzero",
    });
    assert.deepEqual([manifest.height, manifest.width], [8, 12]);
    assert.deepEqual(manifest.slices[0]!.geometry.crop, { top: 5, left: 8, height: 7, width: 12 });
  }));

Deno.test("a case with other channels than most is an error that names both numbers", () =>
  inFolder(async (folder) => {
    await writeDataSet(folder, [
      { id: "a", image: (i) => i % 13 },
      { id: "b", image: (i) => i % 17 },
      { id: "c", shape: [6, 5, 3, 2], image: (i) => i % 19 },
    ]);
    const { manifest } = await extractSlices({ data: folder, out: join(folder, "out") });
    assert.deepEqual(manifest.cases.map(({ id }) => id), ["a", "b"]);
    const [error] = manifest.problems.filter(({ severity }) => severity === "error");
    assert.equal(
      `${error!.case}: ${error!.message}`,
      "c: image has 2 channels, 1 is needed",
    );
  }));

Deno.test("labels all: what the labels hold becomes classes; absent values are named", () =>
  inFolder(async (folder) => {
    await writeDataSet(folder, [{ id: "a", label: (i) => [0, 4, 9][i % 3]! }]);
    const out = join(folder, "out");
    const { manifest } = await extractSlices({ data: folder, out, labels: "all", format: "png" });
    assert.deepEqual(manifest.settings.targets.classes, [
      { name: "4", values: [4] },
      { name: "9", values: [9] },
    ]);
    assert.deepEqual(manifest.slices[0]!.classes, [10, 10]);
    const dataset = await SliceDataset.open(out);
    const { label } = await dataset.get(0);
    assert.deepEqual([1, 2].map((code) => label.filter((c) => c === code).length), [10, 10]);

    const some = await extractSlices({ data: folder, out: join(folder, "some"), labels: "4,999" });
    assert.ok(some.manifest.problems.some(({ message }) => /999/.test(message)));
    await assert.rejects(
      extractSlices({ data: folder, out: join(folder, "none"), labels: "999" }),
      (error) => error instanceof InputError && /no label holds 999/.test(error.message),
    );
  }));

Deno.test("surveyCases reads colours before it counts channels: one colour picture and one grey make three", () =>
  inFolder(async (folder) => {
    for (const [id, channels] of [["a", 3], ["b", 1]] as const) {
      const of = (count: number, value: (i: number) => number) =>
        Uint8Array.from(encode({
          data: Uint8Array.from({ length: 96 * count }, (_, i) => value(i)),
          ...{ height: 8, width: 12, channels: count },
        }));
      for (const kind of ["images", "masks"]) {
        await Deno.mkdir(join(folder, kind), { recursive: true });
      }
      await Deno.writeFile(join(folder, "images", `${id}.png`), of(channels, (i) => i * 37 & 255));
      await Deno.writeFile(
        join(folder, "masks", `${id}.png`),
        of(1, (i) => Number(i > 30 && i < 40)),
      );
    }
    const { manifest } = await extractSlices({ data: folder, out: join(folder, "out") });
    assert.equal(manifest.settings.channels, 3);
    assert.deepEqual([manifest.height, manifest.width], [8, 12]);
    assert.deepEqual(manifest.cases.map(({ id }) => id), ["a"]);
  }));
