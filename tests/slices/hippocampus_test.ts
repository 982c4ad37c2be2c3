import assert from "node:assert/strict";
import { join } from "@std/path";
import { extractSlices, SliceDataset, splitCases } from "../../lib/slices/mod.ts";
import { readVolumeHeader } from "../../lib/volume/mod.ts";
import { HIPPOCAMPUS, NEEDS_HIPPOCAMPUS } from "../support/data_sets.ts";
import { inFolder } from "./support/data_set.ts";
import { hasNumpy, withNumpy } from "./support/python.ts";

Deno.test({
  name: `every hippocampus volume becomes slices ${NEEDS_HIPPOCAMPUS}`,
  ignore: HIPPOCAMPUS === undefined,
  fn: () =>
    inFolder(async (out) => {
      const data = HIPPOCAMPUS!;
      const images = Array.from(Deno.readDirSync(join(data, "imagesTr")), ({ name }) => name)
        .filter((name) => /^hippocampus_\d+\.nii\.gz$/.test(name));
      const shapes = await Promise.all(
        images.map(async (name) => (await readVolumeHeader(join(data, "imagesTr", name))).shape),
      );
      const { manifest } = await extractSlices({ data, out });
      assert.equal(manifest.cases.length, images.length);
      assert.equal(manifest.slices.length, shapes.reduce((sum, shape) => sum + shape[2]!, 0));
      const sides = [0, 1].map((axis) => Math.max(...shapes.map((s) => s[axis]!)));
      assert.deepEqual(
        [manifest.height, manifest.width],
        sides.map((side) => 4 * Math.ceil(side / 4)),
      );
      assert.deepEqual(manifest.labelValues, [0, 1, 2]);
      assert.deepEqual(manifest.problems, []);
      if (hasNumpy) {
        assert.equal(Number(await withNumpy("check", data, out)), 2 * manifest.slices.length);
      }

      const split = splitCases(
        manifest.cases.map(({ id }) => id),
        { seed: 1 },
      );
      const parts = [0.25, 0.2].map((fraction) => Math.round(fraction * images.length));
      assert.deepEqual([split.test.length, split.validation.length], parts);
      const test = await SliceDataset.open(out, { cases: split.test });
      let slices = 0;
      for await (const batch of test.batches({ batchSize: 64, seed: 1 })) slices += batch.size;
      assert.equal(slices, test.length);
    }),
});
