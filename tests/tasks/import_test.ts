import assert from "node:assert/strict";
import { join } from "@std/path";
import { writeTinyVolumes } from "../training/support/tiny_data.ts";
import { inFolder, runTaskIn } from "./support/run_task.ts";

const FIXTURES = new URL("../fixtures/state_dicts/", import.meta.url).pathname;
const [coarse, fine] = ["model1.pth", "model2.pth"].map((name) => join(FIXTURES, name));

Deno.test("import makes a run that predict takes, and names what it lacks", () =>
  inFolder(async (folder) => {
    const from = ["--from", coarse!, "--from", fine!, "--out", "run"];
    const asked = await runTaskIn(folder, "import", ...from, "--axis", "2");
    assert.equal(asked.code, 2);
    assert.match(asked.error, /do not contain steps, fireRate, orientation, normalize, size\n/);
    assert.match(asked.error, /steps 40,20, fireRate 0\.5, orientation stored, axis 2/);
    const one = await runTaskIn(folder, "import", "--from", coarse!, "--out", "run");
    assert.match(one.error, /two files are needed, got 1/);

    const settings = ["--steps", "4,3", "--fire-rate", "1", "--orientation", "stored"];
    const slices = ["--axis", "2", "--normalize", "minmax", "--size", "pad"];
    const done = await runTaskIn(folder, "import", ...from, ...settings, ...slices);
    assert.equal(done.code, 0, done.error);
    assert.match(done.out, /^run {2}6 channels, 8 hidden units, kernels 7 and 3, steps 4 and 3/);
    assert.equal(done.error, "");

    await writeTinyVolumes(join(folder, "data"), { cases: 1 });
    const predict = ["--run", "run", "--image", "data/images", "--out", "masks"];
    const { code, error } = await runTaskIn(folder, "predict", ...predict, "--backend", "ops");
    assert.equal(code, 0, error);
    assert.ok((await Deno.stat(join(folder, "masks", "case_0.nii.gz"))).isFile);
  }));
