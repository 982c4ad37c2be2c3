import assert from "node:assert/strict";
import { join } from "@std/path";
import { statfs } from "node:fs/promises";
import { InputError } from "../../lib/support/errors.ts";
import { lockFolder, requireUnlocked, requireWritable } from "../../lib/support/output_folder.ts";
import { inFolder } from "./in_folder.ts";

const busy = (error: unknown) => {
  assert.ok(error instanceof InputError);
  assert.match(error.message, /^Cannot train: another process is using the folder: .*run$/);
  return true;
};

Deno.test("a folder has one owner at a time, and none once the lock is disposed", () =>
  inFolder(async (folder) => {
    const run = join(folder, "run");
    await requireUnlocked(run, "train"); // not there yet, and not made
    assert.deepEqual(await Array.fromAsync(Deno.readDir(folder)), []);
    const lock = await lockFolder(run, "train");
    await assert.rejects(lockFolder(run, "train"), busy);
    await assert.rejects(requireUnlocked(run, "train"), busy);
    lock[Symbol.dispose]();
    await requireUnlocked(run, "train");
    (await lockFolder(run, "train"))[Symbol.dispose]();
  }));

Deno.test("a process that was killed holds no lock, one that lives does", () =>
  inFolder(async (folder) => {
    const run = join(folder, "run");
    const module = new URL("../../lib/support/output_folder.ts", import.meta.url);
    const child = new Deno.Command(Deno.execPath(), {
      args: [
        "eval",
        `import { lockFolder } from ${JSON.stringify(module)};
         const lock = await lockFolder(Deno.args[0], "train");
         console.log("locked");
         await new Promise((resolve) => setTimeout(resolve, 60_000, lock));`,
        run,
      ],
      stdout: "piped",
    }).spawn();
    const reader = child.stdout.getReader();
    await reader.read();
    await assert.rejects(lockFolder(run, "train"), busy);
    child.kill("SIGKILL");
    await child.status;
    await reader.cancel();
    (await lockFolder(run, "train"))[Symbol.dispose]();
  }));

Deno.test("a folder that is to be made is not made by looking", () =>
  inFolder(async (folder) => {
    await requireWritable(join(folder, "a", "b"), { bytes: 1 });
    assert.deepEqual(await Array.fromAsync(Deno.readDir(folder)), []);
    await assert.rejects(
      requireWritable(folder, { bytes: 1e18 }),
      /^InputError: Cannot write: 1000000000\.0 GB are needed, [\d.]+ [MG]B are free: /,
    );
  }));

Deno.test("requireWritable() knows how much is free, in bytes", () =>
  inFolder(async (folder) => {
    const { bavail, bsize } = await statfs(folder);
    const free = bavail * bsize; // may change by what others write meanwhile
    await requireWritable(join(folder, "new"), { bytes: free * 0.9 });
    await assert.rejects(requireWritable(join(folder, "new"), { bytes: free * 1.1 + 1e9 }), {
      name: "InputError",
      message: /^Cannot write: \d+\.\d GB are needed, [\d.]+ [MG]B are free: .*new$/,
    });
  }));
