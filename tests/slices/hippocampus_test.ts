import assert from "node:assert/strict";
import { extractSlices, SliceDataset, splitCases } from "../../lib/slices/mod.ts";
import { inFolder } from "./support/data_set.ts";
import { hasNumpy, withNumpy } from "./support/python.ts";

const data = new URL("../../../shared/data/Task04_Hippocampus", import.meta.url).pathname;
const available = await Deno.stat(data).then(() => true, () => false);

Deno.test({
  name: "208 hippocampus volumes become slices (needs ../shared/data/Task04_Hippocampus)",
  ignore: !available,
  fn: () =>
    inFolder(async (out) => {
      const { manifest } = await extractSlices({ data, out });
      assert.equal(manifest.cases.length, 208);
      assert.equal(manifest.slices.length, 7424);
      assert.deepEqual([manifest.height, manifest.width], [44, 60]);
      assert.deepEqual(manifest.labelValues, [0, 1, 2]);
      assert.deepEqual(manifest.problems, []);
      if (hasNumpy) assert.equal(Number(await withNumpy("check", data, out)), 2 * 7424);

      const split = splitCases(manifest.cases.map(({ id }) => id), { seed: 1 });
      assert.deepEqual([split.test.length, split.validation.length], [52, 42]);
      const test = await SliceDataset.open(out, { cases: split.test });
      let slices = 0;
      for await (const batch of test.batches({ batchSize: 64, seed: 1 })) slices += batch.size;
      assert.equal(slices, test.length);
    }),
});
