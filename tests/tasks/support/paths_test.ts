import assert from "node:assert/strict";
import { join, relative } from "@std/path";
import { writeTinyVolumes } from "../../training/support/tiny_data.ts";
import { inFolder } from "./run_task.ts";

const ROOT = new URL("../../../", import.meta.url).pathname;
const BELOW = join(ROOT, "docs");

/** Runs `deno task` in a sub-folder of the project, as a user would who stands there. */
async function taskBelow(...args: string[]) {
  const { INIT_CWD: _, ...env } = Deno.env.toObject(); // Deno keeps one that it was given
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["task", "--quiet", ...args],
    cwd: BELOW,
    clearEnv: true,
    env,
  }).output();
  const [out, error] = [stdout, stderr].map((bytes) => new TextDecoder().decode(bytes));
  return { code, out: out!, error: error! };
}

Deno.test("userPath(): relative paths lead on from where deno task was called", async () => {
  await inFolder(async (folder) => {
    await writeTinyVolumes(join(folder, "data"), { cases: 2 });
    const way = relative(BELOW, folder);
    const at = (name: string) => join(way, name);
    const labels = ["--prediction", at("data/labels"), "--label", at("data/labels")];
    const score = await taskBelow("score", ...labels, "--out", at("scores"));
    assert.equal(score.code, 0, score.error);
    assert.match(score.out, /case_0 {2}Dice 1\.0000|case_0 {2}1\.0000/);
    assert.ok((await Deno.stat(join(folder, "scores", "summary.csv"))).isFile);
    // What is printed leads there from anywhere
    assert.ok(score.out.includes(join(folder, "scores", "summary.csv")), score.out);

    const config = { data: at("data"), patients: at("patients.csv") };
    await Deno.writeTextFile(join(folder, "flags.json"), JSON.stringify(config));
    await Deno.writeTextFile(join(folder, "patients.csv"), "case_0,p\ncase_1,p\n");
    const verify = await taskBelow("verify", "--config", at("flags.json"));
    assert.equal(verify.code, 0, verify.error);
    assert.match(verify.out, /2 cases/);

    const compare = await taskBelow("compare", at("scores"), at("scores"));
    assert.equal(compare.code, 0, compare.error);

    const none = await taskBelow("verify", "--data", "none");
    assert.equal(none.code, 1);
    assert.match(none.error, /^error: Cannot read folder: no such folder: \/.*\/docs\/none\n/);
  });
});

Deno.test("projectPath(): defaults lead into the project's folder", async () => {
  const { code, out, error } = await taskBelow("verify");
  assert.equal(code, 0, error);
  assert.match(out, /no errors/);
});
