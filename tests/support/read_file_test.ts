import assert from "node:assert/strict";
import { join } from "@std/path";
import { InputError } from "../../lib/support/errors.ts";
import { hashFile } from "../../lib/support/hash.ts";
import { openRegularFile, readRegularFile } from "../../lib/support/read_file.ts";
import { inFolder } from "./in_folder.ts";

const PURPOSE = { what: "list", code: "bad-data-set", most: 100 } as const;

async function refused(work: Promise<unknown>, message: string, hint: RegExp): Promise<void> {
  await assert.rejects(work, (error) => {
    assert.ok(error instanceof InputError, String(error));
    assert.equal(error.message, message);
    assert.match(error.hint, hint);
    assert.equal(error.code, "bad-data-set");
    return true;
  });
}

Deno.test("readRegularFile() reads a file whole, up to the most bytes that it may have", async () => {
  await inFolder(async (folder) => {
    const path = join(folder, "a");
    const content = Uint8Array.from({ length: 100 }, (_, i) => i);
    await Deno.writeFile(path, content);
    assert.deepEqual(await readRegularFile(path, PURPOSE), content);
    await Deno.writeFile(path, new Uint8Array(101));
    await refused(
      readRegularFile(path, PURPOSE),
      `Cannot read list: its 101 bytes are more than 100: ${path}`,
      /^$/,
    );
  });
});

Deno.test("readRegularFile() names what stands in a file's place", async () => {
  await inFolder(async (folder) => {
    const path = join(folder, "a");
    await Deno.writeTextFile(path, "/annex/objects/MD5E-s1--a");
    await refused(
      readRegularFile(path, PURPOSE),
      `Cannot read list: it is a git-annex pointer, not the file itself: ${path}`,
      /git annex get/,
    );
  });
});

Deno.test({
  name: "openRegularFile() and hashFile() open no pipes, devices and folders (not on Windows)",
  ignore: Deno.build.os === "windows",
  fn: async () => {
    await inFolder(async (folder) => {
      const pipe = join(folder, "pipe");
      const made = await new Deno.Command("mkfifo", { args: [pipe] }).output();
      assert.ok(made.success);
      for (const path of [pipe, "/dev/zero"]) {
        await refused(
          openRegularFile(path, PURPOSE),
          `Cannot read list: it is a pipe or a device, not a file: ${path}`,
          /^$/,
        );
        await assert.rejects(hashFile(path, "sha256"), /it is a pipe or a device, not a file/);
      }
      await refused(
        readRegularFile(folder, PURPOSE),
        `Cannot read list: it is a folder, not a file: ${folder}`,
        /^$/,
      );
    });
  },
});

Deno.test({
  name: "openRegularFile() says where a link leads, and what is wrong with a name (not on Windows)",
  ignore: Deno.build.os === "windows",
  fn: async () => {
    await inFolder(async (folder) => {
      const at = (name: string) => join(folder, name);
      await Deno.symlink("gone", at("dangling"));
      await Deno.symlink("loop", at("loop"));
      await Deno.symlink("../.git/annex/objects/Xx/MD5E-s1--a", at("annexed"));
      await Deno.writeTextFile(at("file"), "x");
      await Deno.symlink("file", at("good"));
      const long = "x".repeat(300);
      const cases: [name: string, why: string, hint: RegExp][] = [
        ["none", "no such file", /^$/],
        ["dangling", "it is a link to a missing file", /remove the link/],
        ["loop", "it is a link to itself", /remove the link/],
        ["annexed", "it is a git-annex link without its content", /datalad get/],
        [long, "its name is too long", /Rename/],
        ["file/x", "a file has the name of one of its folders", /^$/],
      ];
      for (const [name, why, hint] of cases) {
        await refused(
          openRegularFile(at(name), PURPOSE),
          `Cannot read list: ${why}: ${at(name)}`,
          hint,
        );
      }
      using opened = await openRegularFile(at("good"), PURPOSE);
      assert.equal(opened.size, 1);
    });
  },
});
