import assert from "node:assert/strict";
import { join } from "@std/path";
import { InputError } from "../../lib/support/errors.ts";
import {
  type Batch,
  type BatchOptions,
  extractSlices,
  saveSlice,
  SliceDataset,
} from "../../lib/slices/mod.ts";
import { inFolder, writeDataSet } from "./support/data_set.ts";

/** A data set of 3 cases with 3, 4 and 4 slices. */
async function withDataset(use: (dataset: SliceDataset, folder: string) => Promise<void>) {
  await inFolder(async (folder) => {
    await writeDataSet(folder, [
      { id: "a" },
      { id: "b", shape: [6, 5, 4] },
      { id: "c", shape: [5, 5, 4] },
    ]);
    const out = join(folder, "out");
    await extractSlices({ data: folder, out });
    await use(await SliceDataset.open(out), out);
  });
}

async function names(dataset: SliceDataset, options: BatchOptions): Promise<string[]> {
  const result: string[] = [];
  for await (const batch of dataset.batches(options)) {
    result.push(...batch.records.map((record) => record.image));
  }
  return result;
}

Deno.test("batches hold every slice once, in order, with the last one smaller", () =>
  withDataset(async (dataset) => {
    assert.equal(dataset.length, 11);
    const batches: Batch[] = await Array.fromAsync(dataset.batches({ batchSize: 4 }));
    assert.deepEqual(batches.map(({ size }) => size), [4, 4, 3]);
    assert.deepEqual(batches.flatMap(({ records }) => records), dataset.slices);
    const pixels = 8 * 8;
    for (const [b, { images, labels, size, height, width }] of batches.entries()) {
      assert.deepEqual([height, width, images.length, labels.length], [
        8,
        8,
        size * pixels,
        size * pixels,
      ]);
      for (let i = 0; i < size; i++) {
        const { image, label } = await dataset.get(b * 4 + i);
        assert.deepEqual(images.slice(i * pixels, (i + 1) * pixels), image);
        assert.deepEqual([...labels.slice(i * pixels, (i + 1) * pixels)], [...label]);
      }
    }
  }));

Deno.test("of the slices without object a share is read, others in every epoch", () =>
  inFolder(async (folder) => {
    // One of five slices holds the object.
    const label = (i: number) => Number(Math.floor(i / 36) === 2);
    await writeDataSet(folder, [{ id: "a", shape: [6, 6, 5], label }]);
    const out = join(folder, "out");
    await extractSlices({ data: folder, out });
    const dataset = await SliceDataset.open(out);
    // The nearest number of the four others: 0, 0.4, 1.6, 2, 2.4 and 4
    const lengths = [0, 0.1, 0.4, 0.5, 0.6, 1].map((share) => dataset.lengthWith(share));
    assert.deepEqual(lengths, [1, 1, 3, 3, 3, 5]);
    const read = (epoch: number) => names(dataset, { batchSize: 2, seed: 1, epoch, empty: 0.5 });
    const epochs = await Promise.all(Array.from({ length: 20 }, (_, epoch) => read(epoch)));
    const object = dataset.slices[2]!.image;
    for (const epoch of epochs) {
      assert.equal(new Set(epoch).size, 3);
      assert.ok(epoch.includes(object));
    }
    assert.equal(new Set(epochs.flat()).size, 5);
    assert.deepEqual(await read(3), epochs[3]);
  }));

Deno.test("the order is a function of seed and epoch alone, also on resume", () =>
  withDataset(async (dataset) => {
    const order = await names(dataset, { batchSize: 2, seed: 4, epoch: 1 });
    assert.deepEqual([...order].sort(), dataset.slices.map(({ image }) => image).sort());
    assert.deepEqual(await names(dataset, { batchSize: 5, seed: 4, epoch: 1, prefetch: 0 }), order);
    assert.notDeepEqual(await names(dataset, { batchSize: 2, seed: 4, epoch: 2 }), order);
    assert.notDeepEqual(await names(dataset, { batchSize: 2, seed: 5, epoch: 1 }), order);
    const rest = await names(dataset, { batchSize: 2, seed: 4, epoch: 1, start: 3 });
    assert.deepEqual(rest, order.slice(6));
    assert.deepEqual(await names(dataset, { batchSize: 2, start: 6 }), []);
    const plain = await names(dataset, { batchSize: 2, seed: 4, epoch: 1, shuffle: false });
    assert.deepEqual(plain, dataset.slices.map(({ image }) => image));
  }));

Deno.test("some cases can be opened, and an unknown one is named", () =>
  withDataset(async (_, folder) => {
    const some = await SliceDataset.open(folder, { cases: ["c", "a"] });
    assert.deepEqual([...new Set(some.slices.map((slice) => slice.case))], ["a", "c"]);
    assert.equal((await SliceDataset.open(folder, { cases: [] })).length, 0);
    await assert.rejects(SliceDataset.open(folder, { cases: ["a", "d"] }), (error) => {
      assert.ok(error instanceof InputError);
      assert.match(error.message, /no case d: /);
      return true;
    });
  }));

Deno.test("the next batches are read while one is used", () =>
  withDataset(async (dataset) => {
    const read: number[] = [];
    const get = dataset.get.bind(dataset);
    dataset.get = (i) => (read.push(i), get(i));
    const batches = dataset.batches({ batchSize: 2, prefetch: 2 });
    await batches.next();
    assert.deepEqual(read, [0, 1, 2, 3, 4, 5]);
    await batches.return();
  }));

Deno.test("a damaged slice is reported when its turn comes, and read again once mended", () =>
  withDataset(async (dataset, folder) => {
    const path = join(folder, dataset.slices[5]!.image);
    const good = await Deno.readFile(path);
    await Deno.writeFile(path, good.subarray(0, 90));
    let seen = 0;
    await assert.rejects(async () => {
      for await (const batch of dataset.batches({ batchSize: 2, prefetch: 4 })) seen += batch.size;
    }, InputError);
    assert.equal(seen, 4);
    await saveSlice(path, { data: new Float32Array(16), height: 4, width: 4 });
    await assert.rejects(dataset.get(5), /4×4 pixels, not 8×8/);
    await Deno.writeFile(path, good);
    assert.equal((await dataset.get(5)).image.length, 64);
  }));

Deno.test("leaving a loop early drops what was read ahead, errors too", () =>
  withDataset(async (dataset, folder) => {
    await Deno.remove(join(folder, dataset.slices[2]!.label));
    for await (const batch of dataset.batches({ batchSize: 1, prefetch: 3 })) {
      assert.equal(batch.size, 1);
      break;
    }
    await assert.rejects(dataset.get(2), InputError);
  }));

Deno.test("numbers out of range are wrong calls", () =>
  withDataset(async (dataset) => {
    for (const options of [{ batchSize: 0 }, { batchSize: 1.5 }, { batchSize: 1, start: -1 }]) {
      await assert.rejects(dataset.batches(options).next(), RangeError);
    }
    await assert.rejects(dataset.get(11), RangeError);
    await assert.rejects(dataset.get(-1), RangeError);
  }));

Deno.test("SliceDataset hands out the image as image and the label as label", () =>
  inFolder(async (folder) => {
    // Values and labels that cannot be taken for each other, 6×5 in a frame of 8×8
    const image = (i: number) => 10 + (i * 7) % 30;
    const label = (i: number) => Number(i % 4 === 1);
    await writeDataSet(folder, [{ id: "a", shape: [6, 5, 1], image, label }]);
    for (const format of ["npy", "png"] as const) {
      const out = join(folder, format);
      await extractSlices({ data: folder, out, format });
      const dataset = await SliceDataset.open(out);
      const sample = await dataset.get(0);
      const [batch] = await Array.fromAsync(dataset.batches({ batchSize: 1 }));
      for (let y = 0; y < 8; y++) {
        for (let x = 0; x < 8; x++) {
          const inside = y >= 1 && y < 7 && x >= 1 && x < 6;
          const i = (y - 1) + 6 * (x - 1); // NIfTI's order: the row index runs fastest
          const value = inside ? (image(i) - 10) / 29 : 0;
          assert.ok(Math.abs(sample.image[y * 8 + x]! - value) < 1e-4, `${format} ${y},${x}`);
          assert.equal(sample.label[y * 8 + x], inside ? label(i) : 0);
        }
      }
      assert.deepEqual(batch!.images, sample.image);
      assert.deepEqual(batch!.codes, sample.label);
      assert.deepEqual(batch!.labels, Float32Array.from(sample.label));
      assert.deepEqual([batch!.keep, batch!.channels, batch!.classes], [null, 1, 1]);
    }
  }));

Deno.test("ignored pixels keep their code in pictures of one class and of several", () =>
  inFolder(async (folder) => {
    await writeDataSet(folder, [{ id: "a", label: (i) => i % 4 }]);
    await Deno.writeTextFile(
      join(folder, "dataset.json"),
      JSON.stringify({ labels: { background: 0, one: 1, two: 2, ignore: 3 } }),
    );
    for (const labels of ["foreground", "all", "2"]) {
      const samples = await Promise.all((["npy", "png"] as const).map(async (format) => {
        const out = join(folder, `${labels}-${format}`);
        await extractSlices({ data: folder, out, format, labels });
        return (await (await SliceDataset.open(out)).get(0)).label;
      }));
      assert.deepEqual(samples[0], samples[1], labels);
      const count = (code: number) => samples[0]!.filter((c) => c === code).length;
      // 30 pixels: 0 and 1 eight times, 2 and 3 seven times, in a frame of 8×8
      const expected = { foreground: [15, 0], all: [8, 7], "2": [7, 0] }[labels];
      assert.deepEqual([count(1), count(2), count(255)], [...expected!, 7]);
    }
  }));
