import assert from "node:assert/strict";
import { join } from "@std/path";
import { exampleCase } from "../../lib/example/mod.ts";
import { readVolume } from "../../lib/volume/mod.ts";
import { inFolder } from "../support/in_folder.ts";
import { until } from "../support/until.ts";
import { startTask } from "../tasks/support/run_task.ts";

const task = join(import.meta.dirname!, "../../tasks/example.ts");

async function run(...args: string[]) {
  const permissions = ["--allow-read", "--allow-write", "--allow-env"];
  const command = new Deno.Command(Deno.execPath(), {
    args: ["run", "--quiet", ...permissions, task, ...args],
  });
  const { code, stdout, stderr } = await command.output();
  const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
  return { code, stdout: text(stdout), stderr: text(stderr) };
}

Deno.test("deno task example tells its flags, and the nearest one to a wrong one", async () => {
  const help = await run("--help");
  assert.equal(help.code, 0);
  assert.match(help.stdout, /--out <folder> .*data\.example/s);
  assert.match(help.stdout, /--seed <n>/);
  const wrong = await run("--sed", "3");
  assert.equal(wrong.code, 2);
  assert.match(wrong.stderr, /unknown option '--sed'\n\(Did you mean --seed\?\)/);
  const negative = await run("--seed", "-3");
  assert.equal(negative.code, 2);
  assert.match(negative.stderr, /Expected an integer from 0/);
});

Deno.test("deno task example draws the patients of --seed into --out", () =>
  inFolder(async (folder) => {
    const child = startTask(folder, "example", ["--out", "made", "--seed", "3"]);
    const done = child.output();
    const path = (number: number) => join(folder, `made/labelsTr/prostate_0${number}.nii.gz`);
    await until(child, () => Deno.stat(path(1)).then(() => true, () => false));
    child.kill("SIGKILL"); // the others take longer than this test should
    await done;
    const { data } = await readVolume(path(0));
    assert.deepEqual(Uint8Array.from(data), Uint8Array.from(exampleCase(3, 0).labels));
  }));
