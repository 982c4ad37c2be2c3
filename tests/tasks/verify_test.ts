import assert from "node:assert/strict";
import { join } from "@std/path";
import { inFolder, writeDataSet } from "../slices/support/data_set.ts";
import { CASES } from "../slices/support/layouts.ts";

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
    const sound = await verify("--channel", "0");
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
      /\n2 errors:\n {2}label is missing: a\n {4}A label must have .*\n {2}no label holds 1, 2: all cases\n/,
    );
    assert.equal(wrong.error, "");

    const nowhere = await verify("--data", join(folder, "nowhere"));
    assert.equal(nowhere.code, 1);
    assert.match(nowhere.error, /^error: Cannot read folder: no such folder/);
  }));

Deno.test("the verify task says who is a patient, and what other formats there are", async () => {
  const frames = await verify("--data", join(CASES, "acdc_frames"));
  assert.equal(frames.code, 0, frames.error);
  assert.match(frames.out, /^10 cases of 5 patients can be used\n/);
  const apart = await verify("--data", join(CASES, "acdc_frames"), "--patients", "(frame)");
  assert.match(apart.out, /^10 cases of 1 patient can be used\n/);
  const pattern = await verify("--data", join(CASES, "acdc_frames"), "--patients", "(x)");
  assert.equal(pattern.code, 1);
  assert.match(
    pattern.error,
    /^error: Cannot tell the patient of 10 of 10 cases: patient000_frame01/,
  );

  const nrrd = await verify("--data", join(CASES, "nrrd_beside_nifti"));
  assert.equal(nrrd.code, 0, nrrd.error);
  assert.match(
    nrrd.out,
    /^8 cases can be used\n[^]*NRRD.*: imagesTr\/c0\.nrrd, labelsTr\/c0\.seg\.nrrd\n/,
  );
});
