import assert from "node:assert/strict";
import { join } from "@std/path";
import { listTree } from "../../../lib/slices/discovery/list_tree.ts";
import { inFolder } from "../support/data_set.ts";
import { touch } from "../support/layouts.ts";

Deno.test("listTree() goes as deep as asked, and leaves hidden files out", () =>
  inFolder(async (folder) => {
    await touch(folder, "b.nii", "a.PNG", "x/c.nii.gz", "x/y/d.nii", ".h.nii", "._m.nii", "n.txt");
    await touch(folder, ".git/e.nii", "v.nii/v.nii");
    const names = async (depth: number) => {
      const { files, others, folders } = await listTree(folder, depth);
      return [files.map(({ path }) => path), others, folders];
    };
    const others = ["._m.nii", "n.txt"];
    assert.deepEqual(await names(1), [["a.PNG", "b.nii", "v.nii"], others, ["x"]]);
    assert.deepEqual(await names(2), [
      ["a.PNG", "b.nii", "v.nii", "x/c.nii.gz"],
      others,
      ["x", "x/y"],
    ]);
    await touch(folder, "1/2/3/4/5/six.txt", "1/2/3/4/5/6/seven.txt");
    const deep = (await listTree(folder)).others.filter((path) => path.startsWith("1"));
    assert.deepEqual(deep, ["1/2/3/4/5/six.txt"]);
    assert.deepEqual((await names(6))[0], ["a.PNG", "b.nii", "v.nii", "x/c.nii.gz", "x/y/d.nii"]);
  }));

Deno.test("listTree() counts a name's bytes, as file systems do", () =>
  inFolder(async (folder) => {
    const names = ["a".repeat(196), "a".repeat(197), "\u00E4".repeat(98), "\u00E4".repeat(99)];
    await touch(folder, ...names.map((name) => `${name}.nii`));
    await Deno.symlink(join(folder, `${names[0]}.nii`), join(folder, `${"l".repeat(197)}.nii`));
    const { files } = await listTree(folder, 1);
    assert.deepEqual(
      files.map(({ name, problem }) => [name[0], problem?.message ?? null]),
      [
        ["a", null],
        ["a", "its name has 201 bytes"],
        ["l", "its name has 201 bytes"],
        ["\u00E4", null],
        ["\u00E4", "its name has 202 bytes"],
      ],
    );
  }));

Deno.test("listTree() refuses names that no file made from them could have", () =>
  inFolder(async (folder) => {
    await touch(folder, "a\\b.nii", "c\nd.nii", "e f (1).nii");
    const { files } = await listTree(folder, 1);
    const told = "its name has a backslash or a control character";
    assert.deepEqual(files.map(({ name, problem }) => [name, problem?.message ?? null]), [
      ["a\\b.nii", told],
      ["c\nd.nii", told],
      ["e f (1).nii", null],
    ]);
  }));
