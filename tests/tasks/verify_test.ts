import assert from "node:assert/strict";
import { join } from "@std/path";
import { inFolder, writeDataSet } from "../slices/support/data_set.ts";

/** Runs the task as its user does, with the permissions that deno.json gives it. */
async function verify(...args: string[]) {
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["task", "--quiet", "verify", ...args],
    cwd: new URL("../../", import.meta.url),
  }).output();
  const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
  return { code, out: text(stdout), error: text(stderr) };
}

Deno.test("the verify task tells errors and warnings apart, and fails for errors only", () =>
  inFolder(async (folder) => {
    const sound = await verify();
    assert.equal(sound.code, 0, sound.error);
    assert.match(sound.out, /^12 cases can be used\n[^]*no errors, no warnings\n$/);

    await writeDataSet(folder, [{ id: "a" }, { id: "b", label: () => 0 }]);
    const odd = await verify("--data", folder);
    assert.equal(odd.code, 0, odd.error);
    assert.match(odd.out, /\n1 warning:\n {2}label is empty: b\n$/);

    await Deno.remove(join(folder, "labelsTr", "a.nii"));
    const wrong = await verify("--data", folder, "--labels", "1,2");
    assert.equal(wrong.code, 1);
    assert.match(
      wrong.out,
      /\n2 errors:\n {2}label is missing: a\n {2}no label is 1, 2: all cases\n1 warning:\n/,
    );
    assert.equal(wrong.error, "");

    const nowhere = await verify("--data", join(folder, "nowhere"));
    assert.equal(nowhere.code, 1);
    assert.match(nowhere.error, /^error: Cannot find data: no such folder/);
  }));
