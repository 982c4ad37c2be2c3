import assert from "node:assert/strict";
import { join } from "@std/path";
import { inFolder, runTaskIn } from "./support/run_task.ts";

Deno.test("download names its data sets, takes a folder that is there, and tells what is wrong", () =>
  inFolder(async (folder) => {
    const help = await runTaskIn(folder, "download", "--help");
    assert.equal(help.code, 0, help.error);
    assert.match(help.out, /hippocampus .*\n {2}prostate .*/);
    assert.match(help.out, /CC BY-SA 4\.0/);

    const wrong = await runTaskIn(folder, "download", "hipocampus");
    assert.equal(wrong.code, 2);
    assert.match(wrong.error, /no such data set\nDid you mean hippocampus\?/);

    await Deno.mkdir(join(folder, "data", "Task04_Hippocampus"), { recursive: true });
    const there = await runTaskIn(folder, "download", "hippocampus");
    assert.equal(there.code, 0, there.error);
    assert.match(there.out, /Licence CC BY-SA 4\.0/);
    assert.match(
      there.out,
      /exists already.*\n.*Next:\n {2}deno task train --data data.Task04_Hippocampus --preset hippocampus/,
    );

    await Deno.mkdir(join(folder, "sets"));
    await Deno.writeTextFile(join(folder, "sets", "Task05_Prostate.tar"), "no archive");
    const damaged = await runTaskIn(folder, "download", "prostate", "--out", "sets");
    assert.equal(damaged.code, 1);
    assert.match(damaged.error, /^error: Cannot use the archive: its MD5 sum is /m);
  }));
