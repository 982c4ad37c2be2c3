import { createHash } from "node:crypto";
import assert from "node:assert/strict";
import { join } from "@std/path";
import { InputError } from "../../lib/support/errors.ts";
import {
  checkSources,
  extractSlices,
  holdPrepared,
  prepareSlices,
  readManifest,
  resolveSliceSettings,
  SliceDataset,
  type SliceSettings,
  usePrepared,
} from "../../lib/slices/mod.ts";
import { inFolder, writeDataSet } from "./support/data_set.ts";

/** Prepares in a folder that the user names. */
function prepare(data: string, out: string, settings: Partial<SliceSettings> = {}) {
  return prepareSlices({
    data,
    out,
    isTrusted: true,
    settings: resolveSliceSettings(settings),
    onProgress: () => {},
  });
}

async function namesIn(folder: string): Promise<string[]> {
  return (await Array.fromAsync(Deno.readDir(folder), ({ name }) => name)).sort();
}

/** Large enough along every axis. */
const CASE = { id: "a", shape: [6, 5, 4] };

const CLIPPED = { normalize: "percentile", clip: [1, 99] } as const;

Deno.test("slices are made once, and again when options or files change", () =>
  inFolder(async (folder) => {
    const out = join(folder, "out");
    await writeDataSet(folder, [{ id: "a" }, { id: "b" }]);
    const made = await prepare(folder, out);
    assert.equal(made.reused, false);
    const again = await prepare(folder, out, { axis: 2, size: "pad" });
    assert.equal(again.reused, true);
    assert.deepEqual(again.manifest, made.manifest);

    assert.equal((await prepare(folder, out, CLIPPED)).reused, false);
    assert.equal((await prepare(folder, out, CLIPPED)).reused, true);

    await Deno.utime(join(folder, "labelsTr/a.nii"), 1e9, 1e9);
    assert.equal((await prepare(folder, out, CLIPPED)).reused, false);

    await writeDataSet(folder, [{ id: "c", image: (i) => 7 * i % 50 }]);
    const more = await prepare(folder, out, CLIPPED);
    assert.equal(more.reused, false);
    assert.deepEqual(more.manifest.cases.map(({ id }) => id), ["a", "b", "c"]);
  }));

Deno.test("usePrepared() takes only slices of the same settings and files, and writes nothing", () =>
  inFolder(async (folder) => {
    const out = join(folder, "out");
    await writeDataSet(folder, [{ id: "a" }, { id: "b" }]);
    const use = (settings: Partial<SliceSettings> = {}) =>
      usePrepared({
        ...{ data: folder, out, isTrusted: true },
        settings: resolveSliceSettings(settings),
      });
    await assert.rejects(use(), /it has no manifest/);
    const made = await prepare(folder, out);
    const names = await namesIn(out);
    const used = await use();
    assert.deepEqual([used.folder, used.reused, used.damage], [out, true, null]);
    assert.deepEqual(used.manifest, made.manifest);
    await assert.rejects(use(CLIPPED), (error) => {
      assert.ok(error instanceof InputError);
      assert.match(error.message, /settings, images or labels have changed since they were made/);
      return error.code === "bad-prepared";
    });
    assert.deepEqual(await namesIn(out), names);
    assert.deepEqual(await readManifest(out), made.manifest);
  }));

Deno.test("prepareSlices() gives each setting and each data folder a folder of its own", () =>
  inFolder(async (folder) => {
    const before = Deno.cwd();
    Deno.chdir(folder);
    try {
      for (const parent of ["x", "y"]) {
        await writeDataSet(join(folder, parent, "mine"), [CASE]);
        for (const name of ["imagesTr", "labelsTr"]) { // as an archive leaves them
          await Deno.utime(join(folder, parent, "mine", name, "a.nii"), 1e9, 1e9);
        }
      }
      const folders = [];
      for (
        const [data, settings] of [["x/mine", {}], ["x/mine", { axis: 0 }], ["y/mine", {}]] as const
      ) {
        folders.push((await prepare(data, "", settings)).folder);
      }
      assert.equal(new Set(folders).size, 3);
      for (const name of folders) assert.match(name, /^prepared.mine-[0-9a-f]{10}$/);
      assert.deepEqual((await prepare("x/mine", "")).reused, true);
    } finally {
      Deno.chdir(before);
    }
  }));

Deno.test("a folder that only a run's file names is taken if it holds these slices already", () =>
  inFolder(async (folder) => {
    const before = Deno.cwd();
    Deno.chdir(folder);
    try {
      await writeDataSet(join(folder, "mine"), [CASE]);
      const prepareAsTold = (out: string, axis: 0 | 2) =>
        prepareSlices({
          data: "mine",
          out,
          isTrusted: false,
          settings: resolveSliceSettings({ axis }),
          onProgress: () => {},
        });
      await prepare("mine", "elsewhere", { axis: 2 });
      assert.equal((await prepareAsTold("elsewhere", 2)).folder, "elsewhere");
      assert.match((await prepareAsTold("elsewhere", 0)).folder, /^prepared/);
      assert.equal((await readManifest("elsewhere")).settings.axis, 2);
      assert.match((await prepareAsTold("nowhere", 2)).folder, /^prepared/);
      await assert.rejects(Deno.stat("nowhere"), Deno.errors.NotFound);
    } finally {
      Deno.chdir(before);
    }
  }));

Deno.test("an unfinished preparation is not opened, and done again", () =>
  inFolder(async (folder) => {
    const out = join(folder, "out");
    await writeDataSet(folder, [CASE]);
    const { manifest } = await extractSlices({ data: folder, out });
    // As a process leaves it that was killed: a plan, some slices, no manifest
    await Deno.mkdir(join(out, "unfinished"));
    const plan = { identity: manifest.identity, format: "npy", cases: ["a"] };
    await Deno.writeTextFile(join(out, "unfinished/plan.json"), JSON.stringify(plan));
    await Deno.remove(join(out, "manifest.json"));
    await assert.rejects(SliceDataset.open(out), /it has no manifest/);
    assert.equal((await prepare(folder, out)).reused, false);
    assert.deepEqual((await readManifest(out)).slices, manifest.slices);
    // One of other settings: what was begun goes
    await Deno.mkdir(join(out, "unfinished"));
    await Deno.writeTextFile(
      join(out, "unfinished/plan.json"),
      JSON.stringify({ ...plan, identity: "x" }),
    );
    await Deno.writeTextFile(join(out, "images/a_slice_000.png"), "no file of this plan");
    await Deno.remove(join(out, "manifest.json"));
    await prepare(folder, out, { axis: 0 });
    const made = await namesIn(join(out, "images"));
    assert.equal(made.filter((name) => name.endsWith(".npy")).length, 6);
    assert.equal(made.filter((name) => name.endsWith(".png")).length, 1);
    assert.deepEqual(await namesIn(out), [".lock", "images", "labels", "manifest.json"]);
  }));

Deno.test("a folder with a file .lock and images of somebody else loses nothing", () =>
  inFolder(async (folder) => {
    await writeDataSet(folder, [CASE]);
    const other = join(folder, "other");
    const files = ["images/a_slice_000.npy", "labels/scan.nii", "notes.txt"];
    for (const name of ["images", "labels"]) {
      await Deno.mkdir(join(other, name), { recursive: true });
    }
    for (const name of [".lock", ...files]) await Deno.writeTextFile(join(other, name), "mine");
    await assert.rejects(prepare(folder, other), /the folder holds other files/);
    for (const name of files) assert.equal(await Deno.readTextFile(join(other, name)), "mine");
  }));

Deno.test("a folder that a killed process left without a plan is prepared, one with a file is not", () =>
  inFolder(async (folder) => {
    await writeDataSet(folder, [CASE]);
    const out = join(folder, "out");
    await Deno.mkdir(join(out, "unfinished"), { recursive: true });
    await Deno.mkdir(join(out, "images"));
    for (const name of [".lock", "unfinished/plan.json.0123456789ab.tmp"]) {
      await Deno.writeTextFile(join(out, name), "");
    }
    const mine = join(out, "unfinished/mine.txt");
    await Deno.writeTextFile(mine, "mine");
    await assert.rejects(prepare(folder, out), /the folder holds other files/);
    await Deno.remove(mine);
    await prepare(folder, out);
    assert.deepEqual(await namesIn(out), [".lock", "images", "labels", "manifest.json"]);
  }));

Deno.test("only the files that a manifest names are removed from a prepared folder", () =>
  inFolder(async (folder) => {
    const out = join(folder, "out");
    await writeDataSet(folder, [CASE]);
    await prepare(folder, out);
    const own = ["images/mine.npy", "labels/a.nii", "images/b_slice_000.npy", "notes.txt"];
    for (const name of own) await Deno.writeTextFile(join(out, name), "mine");
    await prepare(folder, out, { axis: 0, format: "png" });
    for (const name of own) assert.equal(await Deno.readTextFile(join(out, name)), "mine");
    const images = await namesIn(join(out, "images"));
    assert.equal(images.filter((name) => name.endsWith(".png")).length, 6);
    assert.deepEqual(images.filter((name) => !name.endsWith(".png")), [
      "b_slice_000.npy",
      "mine.npy",
    ]);
    // A manifest that was tampered with names nothing outside of the folder
    const path = join(out, "manifest.json");
    const text = await Deno.readTextFile(path);
    await Deno.writeTextFile(path, text.replace("images/a_slice_000.png", "images/../notes.txt"));
    await assert.rejects(prepare(folder, out), /holds other files/);
    assert.equal(await Deno.readTextFile(join(out, "notes.txt")), "mine");
  }));

Deno.test("slices that are held by a training are not replaced, and can be used by others", () =>
  inFolder(async (folder) => {
    const out = join(folder, "out");
    await writeDataSet(folder, [CASE]);
    await prepare(folder, out);
    {
      using _one = await holdPrepared(out);
      using _two = await holdPrepared(out);
      assert.equal((await prepare(folder, out)).reused, true);
      await assert.rejects(prepare(folder, out, { axis: 0 }), (error) => {
        assert.ok(error instanceof InputError);
        assert.equal(error.code, "folder-in-use");
        return true;
      });
      assert.equal((await readManifest(out)).settings.axis, 2);
    }
    assert.equal((await prepare(folder, out, { axis: 0 })).reused, false);
  }));

Deno.test("slices that are missing, short or not finite are found and made again", () =>
  inFolder(async (folder) => {
    const out = join(folder, "out");
    await writeDataSet(folder, [CASE]);
    const { manifest } = await prepare(folder, out);
    const path = join(out, manifest.slices[1]!.image);
    const good = await Deno.readFile(path);
    const broken = good.slice();
    new DataView(broken.buffer).setFloat32(broken.length - 8, NaN, true);
    const damages: [() => Promise<void>, RegExp][] = [
      [() => Deno.remove(path), /no such file/],
      [() => Deno.truncate(path, 100), /file ends|needs .* bytes/],
      [() => Deno.writeFile(path, broken), /values that are not finite/],
    ];
    for (const [damage, reason] of damages) {
      await damage();
      const mended = await prepare(folder, out);
      assert.equal(mended.reused, false);
      assert.match(mended.damage!, reason);
      assert.match(mended.damage!, /a_slice_001\.npy/);
      assert.deepEqual(await Deno.readFile(path), good);
    }
    const again = await prepare(folder, out);
    assert.deepEqual([again.reused, again.damage], [true, null]);
  }));

Deno.test("checkSources() names files that have changed or are gone", () =>
  inFolder(async (folder) => {
    await writeDataSet(folder, [{ id: "a" }, { id: "b" }, { id: "c" }]);
    const { manifest } = await prepare(folder, join(folder, "out"));
    assert.deepEqual(await checkSources(folder, manifest.files), []);
    const label = join(folder, "labelsTr/a.nii");
    const bytes = await Deno.readFile(label);
    bytes[bytes.length - 1]! ^= 1;
    await Deno.writeFile(label, bytes);
    await Deno.utime(label, 1e9, 1e9);
    await Deno.remove(join(folder, "imagesTr/b.nii"));
    const b = manifest.files.find(({ path }) => path === "labelsTr/b.nii")!;
    await Deno.truncate(join(folder, "labelsTr/b.nii"), 400);
    await Deno.utime(join(folder, "labelsTr/b.nii"), b.modified! / 1000, b.modified! / 1000);
    const c = manifest.files.find(({ path }) => path === "labelsTr/c.nii")!;
    await Deno.writeFile(join(folder, c.path), new Uint8Array(1), { append: true });
    await Deno.utime(join(folder, c.path), c.modified! / 1000, c.modified! / 1000);
    assert.deepEqual(await checkSources(folder, manifest.files), [
      "labelsTr/a.nii has changed",
      "imagesTr/b.nii is missing",
      "labelsTr/b.nii has changed",
      "labelsTr/c.nii has changed",
    ]);
  }));

Deno.test("checkSources() compares contents where a copied data set has other times", () =>
  inFolder(async (folder) => {
    await writeDataSet(folder, [{ id: "a" }, { id: "b" }]);
    const { manifest: { files } } = await prepare(folder, join(folder, "out"));
    const image = join(folder, "imagesTr/a.nii");
    const sum = createHash("sha256").update(await Deno.readFile(image)).digest("hex");
    assert.equal(files.find(({ path }) => path === "imagesTr/a.nii")!.sha256, sum);
    for (const { path } of files) await Deno.utime(join(folder, path), 1e9, 1e9);
    assert.deepEqual(await checkSources(folder, files), []);
    const older = files.map((file) => ({ ...file, sha256: null })); // of an older version
    assert.equal((await checkSources(folder, older)).length, 4);
  }));

Deno.test("checkSources() takes names that no file can have for missing ones", async () => {
  const names = ["x".repeat(300), "deno.json/x"];
  const files = names.map((path) => ({ path, size: 1, modified: null, sha256: null }));
  assert.deepEqual(await checkSources(".", files), names.map((name) => `${name} is missing`));
});

Deno.test("what was made before stays until the new options have been checked", () =>
  inFolder(async (folder) => {
    const out = join(folder, "out");
    await writeDataSet(folder, [CASE]);
    await prepare(folder, out);
    await assert.rejects(extractSlices({ data: folder, out, size: [5, 5] }), InputError);
    assert.equal((await prepare(folder, out)).reused, true);
  }));

Deno.test("two preparations at once make the slices once", () =>
  inFolder(async (folder) => {
    const out = join(folder, "out");
    await writeDataSet(folder, [{ id: "a" }, { id: "b" }]);
    const results = await Promise.all([1, 2, 3].map(() => prepare(folder, out)));
    assert.equal(results.filter(({ reused }) => !reused).length, 1);
  }));

Deno.test("a file that another process is writing does not make the folder another's", () =>
  inFolder(async (folder) => {
    const out = join(folder, "out");
    await writeDataSet(folder, [CASE]);
    await Deno.mkdir(out);
    const name = join(out, "test.0123456789ab.tmp");
    using file = await Deno.open(name, { write: true, create: true });
    await file.lock(true); // or it would be taken for one that was abandoned
    assert.equal((await prepare(folder, out)).reused, false);
    assert.ok((await Deno.stat(name)).isFile);
  }));

Deno.test("a damaged manifest is an input error", () =>
  inFolder(async (folder) => {
    const out = join(folder, "out");
    await writeDataSet(folder, [CASE]);
    const { manifest } = await extractSlices({ data: folder, out });
    const path = join(out, "manifest.json");
    const text = await Deno.readTextFile(path);
    assert.deepEqual(JSON.parse(text), manifest);
    for (
      const damaged of [
        text.slice(0, -20),
        "{}",
        text.replace('"version": 2', '"version": 9'),
        text.replace('"targets":', '"target":').replace('"labels":"foreground"', '"labels":"7;7"'),
        text.replace("images/a_slice_000.npy", "images/../../secret.npy"),
      ]
    ) {
      assert.notEqual(damaged, text);
      await Deno.writeTextFile(path, damaged);
      await assert.rejects(readManifest(out), InputError);
    }
  }));
