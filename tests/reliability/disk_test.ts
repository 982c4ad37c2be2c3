import assert from "node:assert/strict";
import { join } from "@std/path";
import { initBackend } from "../../lib/backend.ts";
import { loadWeights } from "../../lib/nca/weights.ts";
import { extractSlices } from "../../lib/slices/mod.ts";
import { InputError } from "../../lib/support/errors.ts";
import { writeFileAtomic, writeFilesAtomic } from "../../lib/support/files.ts";
import { requireWritable } from "../../lib/support/output_folder.ts";
import { silentProgress } from "../../lib/training/progress.ts";
import { requireRunnable } from "../../lib/training/run_folder.ts";
import { trainMedNca } from "../../lib/training/train_med_nca.ts";
import { runTaskIn } from "../tasks/support/run_task.ts";
import { TINY, withTinyData, writeTinyVolumes } from "../training/support/tiny_data.ts";
import { canMount, makeReadOnly, mountDisk } from "./support.ts";
import { brokenFiles, contentsOf, listFiles } from "./whole_files.ts";

await initBackend({ backend: "ops" });
const ignore = !await canMount();
const diskTest = (name: string, test: (disk: string) => Promise<void>, kilobytes: number) =>
  Deno.test({
    name: `${name} (needs root, to mount a disk)`,
    ignore,
    async fn() {
      const disk = await Deno.makeTempDir();
      try {
        await using _disk = await mountDisk(disk, kilobytes);
        await test(disk);
      } finally {
        await Deno.remove(disk);
      }
    },
  });

const says = (message: RegExp, hint?: RegExp) => (error: unknown) => {
  assert.ok(error instanceof InputError, `${error}`);
  assert.match(error.message, message);
  if (hint !== undefined) assert.match(error.hint, hint);
  return true;
};

/** Fills a disk to the last page. */
function fill(disk: string): void {
  using file = Deno.openSync(join(disk, "filler"), { create: true, append: true });
  try {
    for (;;) file.writeSync(new Uint8Array(1024));
  } catch {
    // full
  }
}

diskTest("a full disk leaves old files, and files that belong together together", async (disk) => {
  const [a, b] = [join(disk, "a"), join(disk, "b")];
  await writeFilesAtomic([[a, "old a"], [b, "old b"]]);
  await assert.rejects(
    writeFilesAtomic([[a, "new a"], [b, new Uint8Array(100_000)]]),
    says(/^Cannot write: the disk is full: .*b$/, /Free some space/),
  );
  assert.equal(await Deno.readTextFile(a), "old a");
  assert.deepEqual(await listFiles(disk), ["a", "b"]);
}, 64);

diskTest("a disk that fills up stops a training, whose checkpoint goes on", async (disk) => {
  await withTinyData(async ({ train, validation }) => {
    const options = { train, validation, config: { ...TINY, checkpointMinutes: 1e-6 } };
    const whole = join(disk, "whole"); // in memory, as the other: quick
    (await trainMedNca({ ...options, out: whole })).model.dispose();

    const out = join(disk, "run");
    let steps = 0;
    const progress = { ...silentProgress, step: () => ++steps === 7 ? fill(disk) : undefined };
    await assert.rejects(
      trainMedNca({ ...options, out, progress }),
      says(
        /^Cannot write: the disk is full: .*run/,
        /Free some space, .* --resume\. All up to step 6 is safe in .*checkpoint\.safetensors/,
      ),
    );
    assert.deepEqual(await brokenFiles(out), []);
    await loadWeights(out); // those of the first epoch, both of them

    await Deno.remove(join(disk, "filler"));
    (await trainMedNca({ ...options, out, resume: true })).model.dispose();
    assert.deepEqual(await contentsOf(out), await contentsOf(whole));
  });
}, 800);

diskTest("what does not fit is reported before work starts", async (disk) => {
  await assert.rejects(
    requireWritable(join(disk, "a", "b"), { bytes: 1e9 }),
    says(/^Cannot write: 1\.0 GB are needed, 1 MB are free: .*b$/),
  );
  await requireWritable(join(disk, "a", "b"), { bytes: 1e5 });
  assert.deepEqual(await listFiles(disk), []);
  await assert.rejects(requireRunnable(join(disk, "run")), says(/32 MB are needed/));

  const data = await Deno.makeTempDir();
  try {
    await writeTinyVolumes(data, { size: 128 }); // 4 × 3 slices of 128 × 128, 5 bytes a pixel
    await assert.rejects(
      extractSlices({ data, out: join(disk, "prepared") }),
      says(/^Cannot write: 1 MB are needed, 1 MB are free: /),
    );
    assert.deepEqual(await listFiles(disk), []);
  } finally {
    await Deno.remove(data, { recursive: true });
  }
}, 900);

diskTest("a read-only folder is reported at the start, in one paragraph", async (disk) => {
  const folder = await Deno.makeTempDir();
  try {
    await writeTinyVolumes(join(folder, "data"));
    await makeReadOnly(disk);
    const data = ["--data", "data"];
    for (
      const [task, args] of [
        ["preprocess", [...data, "--out", join(disk, "prepared")]],
        ["train", [...data, "--out", join(disk, "run")]],
        ["train", [...data, "--out", "run", "--prepared", join(disk, "prepared")]],
      ] as const
    ) {
      const { code, error, out } = await runTaskIn(folder, task, ...args);
      assert.equal(code, 1);
      assert.match(error, /^error: Cannot write: the disk is read-only: .*\nChoose a folder on/);
      assert.doesNotMatch(out, /Patients/);
    }
    assert.deepEqual((await Array.fromAsync(Deno.readDir(folder))).map(({ name }) => name), [
      "data",
    ]);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}, 64);

Deno.test("a file in the way of a folder is reported at the start", async () => {
  const folder = await Deno.makeTempDir();
  try {
    await writeFileAtomic(join(folder, "taken"), "");
    const path = join(folder, "taken", "run");
    await assert.rejects(requireWritable(path), says(/a file has the name of one of its folders/));
    await assert.rejects(
      writeFileAtomic(join(path, "x"), ""),
      says(/a file has the name of one of its folders/),
    );
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
