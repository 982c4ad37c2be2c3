import assert from "node:assert/strict";
import { join } from "@std/path";
import { readManifest } from "../../lib/slices/mod.ts";
import { inFolder, writeDataSet } from "../slices/support/data_set.ts";

/** Runs the task as its user does, with the permissions that deno.json gives it. */
async function preprocess(...args: string[]) {
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["task", "--quiet", "preprocess", ...args],
    cwd: new URL("../../", import.meta.url),
  }).output();
  const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
  return { code, out: text(stdout), error: text(stderr) };
}

Deno.test("the preprocess task makes slices by flags and config, and reports", () =>
  inFolder(async (folder) => {
    await writeDataSet(folder, [{ id: "a" }, { id: "b", label: null }]);
    const config = join(folder, "config.json");
    await Deno.writeTextFile(config, JSON.stringify({ size: [8, 12], labels: "2", format: "npy" }));
    const out = join(folder, "out");
    const run = await preprocess(
      "--data",
      folder,
      "--out",
      out,
      "--config",
      config,
      "--format",
      "png",
      "--leave-out",
    );
    assert.equal(run.code, 0, run.error);
    assert.match(run.out, /^1 case, 3 slices of 8×12, 3 with foreground: /);
    assert.match(run.out, /left out \(1 case\):\n {2}label is missing: b\n/);
    const strict = await preprocess("--data", folder, "--out", join(folder, "strict"));
    assert.equal(strict.code, 1);
    assert.match(strict.error, /^error: Cannot use the data set: b: label is missing\nFix or /);
    const { settings } = await readManifest(out);
    assert.deepEqual([settings.size, settings.labels, settings.format], [[8, 12], "2", "png"]);
  }));

Deno.test("the preprocess task ends with status 1 or 2 and one paragraph on wrong input", async () => {
  const runs: [string[], RegExp, number?][] = [
    [
      ["--data", "no/such/folder"],
      /^error: Cannot read folder: no such folder: no\/such\/folder\n/,
    ],
    [
      ["--axis", "3"],
      /^error: option '--axis <n>' argument '3' is invalid. Expected \(0 \|/,
      2,
    ],
    [["--labls", "1"], /^error: unknown option '--labls'\n\(Did you mean --labels\?\)/, 2],
    [["--size", "10,10"], /argument '10,10' is invalid. Expected pad, or .*: multiples of 4/, 2],
    [["--size", "65536,65536"], /argument '65536,65536' is invalid. Expected pad, or .* pixels/, 2],
    [["--clip", "1,99"], /^error: Cannot use config: clip: it has an effect only with normalize/],
  ];
  for (const [args, message, status = 1] of runs) {
    const { code, error, out } = await preprocess(...args);
    assert.equal(code, status, out);
    assert.match(error, message);
    assert.doesNotMatch(error, /\n\s+at /);
  }
});
