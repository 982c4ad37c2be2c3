import assert from "node:assert/strict";
import { join } from "@std/path";
import { extractSlices } from "../../lib/slices/mod.ts";
import { startTask } from "../tasks/support/run_task.ts";
import { until } from "../support/until.ts";
import { writeTinyVolumes } from "../training/support/tiny_data.ts";
import { KILL_TARGETS, killTasks } from "./kill_harness.ts";

Deno.test("killed tasks leave whole files, go on, and end with the same bits", async () => {
  const count = KILL_TARGETS.length; // one of each; deno task test:kill does a hundred
  const report = await killTasks({ kills: count, most: 1, seed: 7 });
  const { kills, finished, broken, different, leftOver, wentBack } = report;
  assert.deepEqual(Object.values(kills).reduce((a, b) => a + b, 0), count);
  assert.equal(finished, count);
  assert.deepEqual({ broken, different, leftOver, wentBack }, {
    broken: [],
    different: [],
    leftOver: [],
    wentBack: [],
  });
});

Deno.test("a preparation that was killed goes on after the last whole case", async () => {
  const folder = await Deno.makeTempDir();
  try {
    await writeTinyVolumes(join(folder, "data"), { cases: 12, size: 128, slices: 20 });
    const args = ["--data", "data", "--out", "prepared"];
    const child = startTask(folder, "preprocess", args);
    const output = child.output();
    const out = join(folder, "prepared");
    let done: string[] = [];
    await until(child, async () => {
      const names = await Array.fromAsync(Deno.readDir(join(out, "unfinished")), (f) => f.name)
        .catch(() => []);
      done = names.filter((name) => name.startsWith("case_") && name.endsWith(".json"));
      return done.length >= 3;
    });
    child.kill("SIGKILL");
    assert.equal((await output).signal, "SIGKILL");

    const written = async () =>
      await Promise.all(done.map(async (name) => {
        const slice = name.replace(/^case_|\.json$/g, "") + "_slice_000.npy";
        return (await Deno.stat(join(out, "images", slice))).mtime?.getTime();
      }));
    const before = await written();
    const { manifest } = await extractSlices({ data: join(folder, "data"), out });
    assert.deepEqual(await written(), before);

    const fresh = await extractSlices({ data: join(folder, "data"), out: join(folder, "fresh") });
    assert.deepEqual(manifest, fresh.manifest);
    const names = await Array.fromAsync(Deno.readDir(out), ({ name }) => name);
    assert.deepEqual(names.sort(), [".lock", "images", "labels", "manifest.json"]);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
