import assert from "node:assert/strict";
import { join } from "@std/path";
import { InputError } from "../../lib/support/errors.ts";
import { extractSlices, prepareSlices, readManifest, SliceDataset } from "../../lib/slices/mod.ts";
import { inFolder, writeDataSet } from "./support/data_set.ts";

Deno.test("slices are made once, and again when options or files change", () =>
  inFolder(async (folder) => {
    const options = { data: folder, out: join(folder, "out") };
    await writeDataSet(folder, [{ id: "a" }, { id: "b" }]);
    const made = await prepareSlices(options);
    assert.equal(made.reused, false);
    const again = await prepareSlices({ ...options, axis: 2, size: "pad" });
    assert.equal(again.reused, true);
    assert.deepEqual(again.manifest, made.manifest);

    assert.equal((await prepareSlices({ ...options, clip: [1, 99] })).reused, false);
    assert.equal((await prepareSlices({ ...options, clip: [1, 99] })).reused, true);

    await Deno.utime(join(folder, "labelsTr/a.nii"), 1e9, 1e9);
    assert.equal((await prepareSlices({ ...options, clip: [1, 99] })).reused, false);

    await writeDataSet(folder, [{ id: "c" }]);
    const more = await prepareSlices({ ...options, clip: [1, 99] });
    assert.equal(more.reused, false);
    assert.deepEqual(more.manifest.cases.map(({ id }) => id), ["a", "b", "c"]);
  }));

Deno.test("an unfinished preparation is not opened, and done again", () =>
  inFolder(async (folder) => {
    const options = { data: folder, out: join(folder, "out") };
    await writeDataSet(folder, [{ id: "a" }]);
    await extractSlices(options);
    await Deno.remove(join(options.out, "manifest.json"));
    await Deno.writeTextFile(join(options.out, "images/old_slice_000.npy"), "half a");
    await assert.rejects(SliceDataset.open(options.out), /it has no manifest/);
    assert.equal((await prepareSlices(options)).reused, false);
    const names = await Array.fromAsync(Deno.readDir(join(options.out, "images")), (f) => f.name);
    assert.equal(names.includes("old_slice_000.npy"), false);
  }));

Deno.test("what was made before stays until the new options have been checked", () =>
  inFolder(async (folder) => {
    const options = { data: folder, out: join(folder, "out") };
    await writeDataSet(folder, [{ id: "a" }]);
    await prepareSlices(options);
    await assert.rejects(prepareSlices({ ...options, size: [5, 5] }), InputError);
    assert.equal((await prepareSlices(options)).reused, true);
  }));

Deno.test("two preparations at once make the slices once", () =>
  inFolder(async (folder) => {
    const options = { data: folder, out: join(folder, "out") };
    await writeDataSet(folder, [{ id: "a" }, { id: "b" }]);
    const results = await Promise.all([1, 2, 3].map(() => prepareSlices(options)));
    assert.equal(results.filter(({ reused }) => !reused).length, 1);
  }));

Deno.test("a damaged manifest is an input error", () =>
  inFolder(async (folder) => {
    const options = { data: folder, out: join(folder, "out") };
    await writeDataSet(folder, [{ id: "a" }]);
    const { manifest } = await extractSlices(options);
    const path = join(options.out, "manifest.json");
    const text = await Deno.readTextFile(path);
    assert.deepEqual(JSON.parse(text), manifest);
    for (
      const damaged of [
        text.slice(0, -20),
        "{}",
        text.replace('"version": 1', '"version": 9'),
        text.replace("images/a_slice_000.npy", "images/../../secret.npy"),
      ]
    ) {
      await Deno.writeTextFile(path, damaged);
      await assert.rejects(readManifest(options.out), InputError);
    }
  }));
