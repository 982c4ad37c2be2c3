import assert from "node:assert/strict";
import { join } from "@std/path";
import { extractSlices } from "../../lib/slices/extract_slices.ts";
import type { ModelInputs } from "../../lib/slices/model_inputs.ts";
import { modelSlice, neighbourPlaces, slicesSeen } from "../../lib/slices/neighbours.ts";
import { SliceDataset } from "../../lib/slices/slice_dataset.ts";
import type { ImageSlice } from "../../lib/slices/types.ts";
import { inFolder, writeDataSet } from "./support/data_set.ts";

Deno.test("neighbourPlaces() goes outwards from the slice, and repeats the ends", () => {
  assert.deepEqual(neighbourPlaces(3, 7, 0), [3]);
  assert.deepEqual(neighbourPlaces(3, 7, 2), [3, 2, 4, 1, 5]);
  assert.deepEqual(neighbourPlaces(0, 7, 2), [0, 0, 1, 0, 2]);
  assert.deepEqual(neighbourPlaces(6, 7, 1), [6, 5, 6]);
  assert.deepEqual(neighbourPlaces(1, 2, 3), [1, 0, 1, 0, 1, 0, 1]);
  assert.deepEqual(neighbourPlaces(0, 1, 1), [0, 0, 0]);
  assert.deepEqual([0, 1, 3].map(slicesSeen), [1, 3, 7]);
});

Deno.test("SliceDataset.batches() puts neighbours of the same case beside each slice", () =>
  inFolder(async (folder) => {
    // Slices of one value each, which normalisation makes the tenths that are listed below
    const raw = { a: [5, 0, 10], b: [20, 80, 0, 100, 30], c: [7, 9] };
    for (const format of ["npy", "png"] as const) {
      const data = join(folder, format);
      await writeDataSet(
        data,
        Object.entries(raw).map(([id, values]) => ({
          ...{ id, shape: [8, 4, values.length] },
          image: (i: number) => values[Math.floor(i / 32)]!,
          label: (i: number) => Number(i % 32 <= i / 32), // a pixel more in each slice
        })),
      );
      const out = join(folder, `${format}_slices`);
      await extractSlices({ data, out, format });
      const dataset = await SliceDataset.open(out);
      const read = async (neighbours: number, cases = dataset) => {
        const found: string[] = [];
        for await (const batch of cases.batches({ batchSize: 4, shuffle: false, neighbours })) {
          const { images, channels, codes, records } = batch;
          assert.equal(channels, 2 * neighbours + 1);
          for (const [i, { case: id, index }] of records.entries()) {
            const own = images.subarray(i * 32 * channels, (i + 1) * 32 * channels);
            const first = [...own.subarray(0, channels)];
            assert.ok(own.every((value, at) => value === first[at % channels]), "not interleaved");
            found.push(`${id} ${first.map((value) => Math.round(10 * value)).join(" ")}`);
            const marked = codes.subarray(i * 32, (i + 1) * 32).filter((code) => code === 1);
            assert.equal(marked.length, index + 1);
          }
        }
        return found;
      };
      const expected = [
        ...["a 5 5 0", "a 0 5 10", "a 10 0 10"],
        ...["b 2 2 8", "b 8 2 0", "b 0 8 10", "b 10 0 3", "b 3 10 3"],
        ...["c 0 0 10", "c 10 0 10"],
      ];
      assert.deepEqual(await read(1), expected);
      assert.deepEqual(await read(0), expected.map((line) => line.split(" ", 2).join(" ")));
      assert.deepEqual((await read(2))[4], "b 8 2 0 2 10");
      const some = await SliceDataset.open(out, { cases: ["b"] });
      assert.deepEqual(await read(1, some), expected.slice(3, 8));
    }
  }));

/** A case of slices of two channels: the values of channel 1 are ten times those of channel 0. */
function caseOf(planes: readonly { height?: number; width?: number; value: number }[]) {
  const slice = (index: number): ImageSlice => {
    const { height = 8, width = 4, value } = planes[index - 4]!;
    const pixels = height * width;
    const data = new Float32Array(2 * pixels).fill(value).fill(10 * value, pixels);
    return { data, height, width, channels: 2 };
  };
  const extent = (index: number) => {
    const { height, width } = slice(index);
    return { height, width, crop: { top: 0, left: 0, height, width }, spacing: null };
  };
  return { indices: planes.map((_, i) => i + 4), slice, extent };
}

const INPUTS = {
  ...{ size: "pad", fit: "resize", spacing: "stored", smallest: [4, 4] },
} as unknown as ModelInputs;

Deno.test("modelSlice() stacks all channels of the slice, then those of its neighbours", () => {
  const opened = caseOf([1, 2, 3, 4].map((value) => ({ value })));
  const values = (place: number, neighbours: number) => {
    const { slice: { data, height, width, channels }, geometry } = modelSlice(
      ...[opened, place, INPUTS, neighbours] as const,
    );
    assert.deepEqual([height, width, data.length], [8, 4, 32 * channels]);
    assert.deepEqual(geometry.size, [8, 4]);
    return Array.from({ length: channels }, (_, c) => {
      const plane = data.subarray(32 * c, 32 * (c + 1));
      assert.ok(plane.every((value) => value === plane[0]));
      return plane[0];
    });
  };
  assert.deepEqual(values(1, 0), [2, 20]);
  assert.deepEqual(values(1, 1), [2, 20, 1, 10, 3, 30]);
  assert.deepEqual(values(3, 1), [4, 40, 3, 30, 4, 40]);
  assert.deepEqual(values(0, 2), [1, 10, 1, 10, 2, 20, 1, 10, 3, 30]);
});

Deno.test("modelSlice() refuses neighbours on grids of another size", () => {
  const last = { value: 3, height: 4 };
  const opened = caseOf([{ value: 1 }, { value: 2, height: 5 }, last, { ...last, width: 5 }]);
  assert.equal(modelSlice(opened, 0, INPUTS, 1).slice.channels, 6); // five rows are padded to eight
  assert.equal(modelSlice(opened, 2, INPUTS, 0).slice.height, 4);
  const refused = (place: number, message: RegExp) =>
    assert.throws(() => modelSlice(opened, place, INPUTS, 1), {
      ...{ name: "InputError", code: "bad-image", message },
    });
  refused(2, /slice 6 needs a grid of 4×4, a neighbour one of 8×4/);
  refused(3, /slice 7 needs a grid of 4×8, a neighbour one of 4×4/);
});
