import assert from "node:assert/strict";
import { join } from "@std/path";
import { gunzipSync, unzipSync } from "fflate";
import { initBackend } from "../../lib/backend.ts";
import { writeTinyVolumes } from "../training/support/tiny_data.ts";
import { makeRun } from "./support/make_run.ts";
import { inFolder, runTaskIn } from "./support/run_task.ts";

await initBackend({ backend: "ops" });

const FIXTURES = new URL("../fixtures/dicom/", import.meta.url).pathname;

/** What the fixtures' headers say of the patient. */
const PRIVATE = /Secret|PID-4711|19500101|ACC99|Dr\^Who|Hospital42|20200102/;

/** The text of every file below a folder, and their names. */
async function everything(folder: string): Promise<string> {
  let text = "";
  for await (const { name, isDirectory } of Deno.readDir(folder)) {
    const path = join(folder, name);
    if (isDirectory) text += name + await everything(path);
    else {
      const bytes = await Deno.readFile(path);
      const content = name.endsWith(".gz") ? gunzipSync(bytes) : bytes;
      text += name + new TextDecoder("latin1").decode(content);
    }
  }
  return text;
}

Deno.test("predict and verify take DICOM, and leave nothing of the patient anywhere", () =>
  inFolder(async (folder) => {
    await writeTinyVolumes(join(folder, "data"));
    const split = { train: ["case_0", "case_1"], validation: [], test: [] };
    await makeRun(join(folder, "run"), join(folder, "data"), { split });
    const task = (name: "predict" | "verify", ...flags: string[]) =>
      runTaskIn(folder, name, ...flags);
    const predict = (fixture: string, ...flags: string[]) => {
      const image = join(FIXTURES, `${fixture}.zip`);
      return task("predict", "--run", "run", "--image", image, "--out", "out/masks", ...flags);
    };
    const told: string[] = [];
    const run = async (done: ReturnType<typeof task>, code: number, pattern: RegExp) => {
      const { code: found, out, error } = await done;
      assert.equal(found, code, error);
      assert.match(out + error, pattern);
      told.push(out, error);
    };
    await run(predict("oblique"), 0, /1\/1 {2}series_3_[0-9a-f]{8}\.nii\.gz {2}/);
    await run(
      predict("two_series"),
      1,
      /several series: .*\n.*\n {2}3: 5 slices, MR T2\n {2}4: 3 slices, MR DWI\n/,
    );
    await run(predict("two_series", "--series", "4"), 0, /1\/1 {2}series_4_[0-9a-f]{8}\.nii\.gz/);
    await run(predict("two_series", "--series", "9"), 1, /there is no series 9/);
    await run(predict("missing"), 1, /Cannot read series 3: 1 slice seems to be missing/);
    const verify = (fixture: string) => task("verify", "--data", join(FIXTURES, `${fixture}.zip`));
    await run(verify("axial"), 0, /^DICOM series, .*:\n {2}3: 5 slices, MR T2\n$/);
    await run(verify("tilt"), 1, /3: 5 slices, CT T2 \(cannot be used: .*gantry tilt/);

    await run(predict("oblique", "--dicom-seg"), 0, /Skipped 1/);
    const names = (await Array.fromAsync(Deno.readDir(join(folder, "out/masks")))).map((e) =>
      e.name
    );
    const seg = join(folder, "out/masks", names.find((name) => name.endsWith(".dcm"))!);
    assert.match(new TextDecoder("latin1").decode(await Deno.readFile(seg)), PRIVATE);
    await Deno.remove(seg); // the only file that is the patient's
    const images = ["--image", "data/images", "--out", "out/others", "--dicom-seg"];
    await run(task("predict", "--run", "run", ...images), 2, /the image is not a DICOM series/);

    assert.equal(PRIVATE.exec(told.join("\n")), null);
    const left = await everything(join(folder, "out"));
    assert.ok(left.includes("series_4_"));
    assert.equal(PRIVATE.exec(left)?.[0], undefined);
    const files = unzipSync(await Deno.readFile(join(FIXTURES, "oblique.zip")));
    const [first] = Object.values(files);
    assert.match(new TextDecoder("latin1").decode(first), PRIVATE);
  }));
