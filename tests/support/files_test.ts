import { join } from "@std/path";
import assert from "node:assert/strict";
import { InputError } from "../../lib/support/errors.ts";
import {
  exists,
  writeFileAtomic,
  writeFilesAtomic,
  writeJsonAtomic,
} from "../../lib/support/files.ts";
import { inFolder } from "./in_folder.ts";

const names = async (folder: string) =>
  (await Array.fromAsync(Deno.readDir(folder))).map(({ name }) => name);

Deno.test("writeFileAtomic() makes folders, writes bytes and text, replaces, leaves nothing", () =>
  inFolder(async (folder) => {
    const path = join(folder, "a", "b", "file.bin");
    const bytes = Uint8Array.from({ length: 100_000 }, (_, i) => i % 251);
    await writeFileAtomic(path, bytes);
    assert.deepEqual(await Deno.readFile(path), bytes);
    await writeFileAtomic(path, "Grüße");
    assert.equal(await Deno.readTextFile(path), "Grüße");
    await writeFileAtomic(path, new Uint8Array(0));
    assert.equal((await Deno.readFile(path)).length, 0);
    assert.deepEqual(await names(join(folder, "a", "b")), ["file.bin"]);
  }));

Deno.test("a write that fails leaves the old file and no other", () =>
  inFolder(async (folder) => {
    const path = join(folder, "file.txt");
    await writeFileAtomic(path, "old");
    const { write } = Deno.FsFile.prototype;
    // A disk that fills up after the first few bytes.
    Deno.FsFile.prototype.write = async function (data: Uint8Array) {
      await write.call(this, data.subarray(0, 2));
      throw new Error("No space left on device");
    };
    try {
      await assert.rejects(writeFileAtomic(path, "new and longer"), /No space left/);
    } finally {
      Deno.FsFile.prototype.write = write;
    }
    assert.equal(await Deno.readTextFile(path), "old");
    assert.deepEqual(await names(folder), ["file.txt"]);
  }));

Deno.test("a file cannot take the place of a folder, and nothing is left of it", () =>
  inFolder(async (folder) => {
    await Deno.mkdir(join(folder, "taken", "inside"), { recursive: true });
    await assert.rejects(writeFileAtomic(join(folder, "taken"), "x"));
    assert.deepEqual(await names(folder), ["taken"]);
    assert.deepEqual(await names(join(folder, "taken")), ["inside"]);
  }));

Deno.test("writers of one file do not mix", () =>
  inFolder(async (folder) => {
    const path = join(folder, "file.txt");
    const texts = ["a", "b", "c", "d"].map((letter) => letter.repeat(50_000));
    await Promise.all(texts.map((text) => writeFileAtomic(path, text)));
    assert(texts.includes(await Deno.readTextFile(path)));
    assert.deepEqual(await names(folder), ["file.txt"]);
  }));

Deno.test("writeJsonAtomic() writes indented JSON with a line end", () =>
  inFolder(async (folder) => {
    const path = join(folder, "x.json");
    await writeJsonAtomic(path, { a: [1] });
    assert.equal(await Deno.readTextFile(path), '{\n  "a": [\n    1\n  ]\n}\n');
  }));

Deno.test("what a killed process left is removed, what a living one writes is not", () =>
  inFolder(async (folder) => {
    const [dead, alive] = ["x.0123456789ab.tmp", "y.0123456789ab.tmp"];
    await Deno.writeTextFile(join(folder, dead), "half");
    await Deno.writeTextFile(join(folder, "notes.tmp"), "the user's");
    using file = await Deno.open(join(folder, alive), { create: true, write: true });
    await file.lock(true);
    await writeFileAtomic(join(folder, "z"), "");
    assert.deepEqual((await names(folder)).sort(), ["notes.tmp", alive, "z"]);
  }));

Deno.test("files that belong together are all written before one takes its name", () =>
  inFolder(async (folder) => {
    const [a, b] = [join(folder, "a"), join(folder, "taken")];
    await writeFilesAtomic([[a, "old"], [join(folder, "b"), "old"]]);
    await Deno.mkdir(join(b, "inside"), { recursive: true });
    await assert.rejects(writeFilesAtomic([[b, "new"], [a, "new"]]), /a folder has its name/);
    assert.equal(await Deno.readTextFile(a), "old");
    assert.deepEqual((await names(folder)).sort(), ["a", "b", "taken"]);
  }));

Deno.test({
  name: "a missing permission is reported as one",
  permissions: { read: true, write: false },
  fn: () =>
    assert.rejects(writeFileAtomic("/x/y", ""), (error) => {
      assert.ok(error instanceof InputError);
      assert.equal(error.message, "Cannot write: Deno has no permission to: /x/y");
      assert.match(error.hint, /--allow-write/);
      return true;
    }),
});

Deno.test({
  name: "exists() says no of whatever cannot be there (not on Windows)",
  ignore: Deno.build.os === "windows",
  fn: () =>
    inFolder(async (folder) => {
      const at = (name: string) => join(folder, name);
      await Deno.writeTextFile(at("file"), "x");
      await Deno.symlink("loop", at("loop"));
      for (const name of ["none", "file/x", "loop", "x".repeat(300)]) {
        assert.equal(await exists(at(name)), false, name);
      }
      assert.deepEqual([await exists(at("file")), await exists(folder)], [true, true]);
    }),
});
