import assert from "node:assert/strict";
import { join } from "@std/path";
import { readVersions, writeVersions } from "../../lib/training/run_versions.ts";
import { InputError } from "../../lib/support/errors.ts";
import manifest from "../../deno.json" with { type: "json" };
import { inFolder } from "../support/in_folder.ts";

const now = {
  program: manifest.version,
  deno: Deno.version.deno,
  platform: `${Deno.build.os} ${Deno.build.arch}`,
};
const older = { program: "0.0.9", deno: "2.8.0", platform: "darwin aarch64" };

Deno.test("writeVersions adds a line when a run goes on with other versions, and only then", () =>
  inFolder(async (folder) => {
    assert.deepEqual(await readVersions(folder), []); // an older run does not say
    await Deno.writeTextFile(join(folder, "versions.json"), JSON.stringify([older]));
    await writeVersions(folder, true);
    assert.deepEqual(await readVersions(folder), [older, now]);
    await writeVersions(folder, true);
    assert.deepEqual(await readVersions(folder), [older, now]);
    await writeVersions(folder, false); // another run takes the place of one that never began
    assert.deepEqual(await readVersions(folder), [now]);
  }));

Deno.test("readVersions: a damaged list is an error that names the file", () =>
  inFolder(async (folder) => {
    const path = join(folder, "versions.json");
    await Deno.writeTextFile(path, '[{ "program": 3 }]');
    await assert.rejects(
      readVersions(folder),
      (error) => error instanceof InputError && error.path === path && error.code === "bad-run",
    );
  }));
