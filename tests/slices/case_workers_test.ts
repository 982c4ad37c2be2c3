import assert from "node:assert/strict";
import { join } from "@std/path";
import { CaseWorkers } from "../../lib/slices/case_workers.ts";
import { extractSlices } from "../../lib/slices/extract_slices.ts";
import { resolveSliceSettings } from "../../lib/slices/slice_settings.ts";
import { parseTargets } from "../../lib/slices/targets.ts";
import type { CaseSource } from "../../lib/slices/discovery/case_source.ts";
import type { CaseJob } from "../../lib/slices/extract_case.ts";
import type { CaseRecords } from "../../lib/slices/unfinished.ts";
import { InputError } from "../../lib/support/errors.ts";
import { writeTinyVolumes } from "../training/support/tiny_data.ts";

async function withVolumes(cases: number, use: (folder: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir();
  try {
    await writeTinyVolumes(join(folder, "data"), { cases });
    await use(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

Deno.test("threads process a case as this one does, and tell what is wrong with one", async () => {
  await withVolumes(2, async (folder) => {
    const data = join(folder, "data");
    await Deno.writeTextFile(join(data, "images", "case_1.nii.gz"), "broken");
    const source = (id: string): CaseSource => ({
      id,
      kind: "volume",
      folder: data,
      files: [{ index: 0, images: [`images/${id}.nii.gz`], label: `labels/${id}.nii.gz` }],
    });
    const job = (out: string): CaseJob => ({
      out: join(folder, out),
      settings: {
        ...resolveSliceSettings({}),
        targets: parseTargets("foreground", { labels: null, ignore: [] }, []),
        spacing: "stored",
        channels: 1,
        foreground: null,
      },
      size: [16, 16],
    });
    await Deno.writeTextFile(join(folder, "taken"), "a file where a folder should be");
    const results: CaseRecords[][] = [];
    for (const [out, threads] of [["here", 0], ["there", 2]] as const) {
      for (const kind of ["images", "labels"]) {
        await Deno.mkdir(join(folder, out, kind), { recursive: true });
      }
      const workers = CaseWorkers.start(threads);
      try {
        const run = (id: string, out: string) => workers.run(source(id), job(out));
        results.push(await Promise.all(["case_0", "case_1"].map((id) => run(id, out))));
        const { slices } = results.at(-1)![0]!;
        assert.equal(slices.length, 3);
        // Between threads too an error stays what it is.
        await assert.rejects(run("case_0", "taken"), (error) => {
          assert.ok(error instanceof InputError);
          assert.ok(error.path?.includes("taken"), error.message);
          return true;
        });
        await Promise.all(slices.map(({ image }) => Deno.stat(join(folder, out, image))));
      } finally {
        workers.close();
      }
    }
    assert.deepEqual(results[1], results[0]);
    assert.match(
      results[0]![1]!.problems.map(({ message }) => message).join(),
      /does not start with a NIfTI header|it ends/,
    );
  });
});

Deno.test("many cases are processed by threads, with the same manifest every time", async () => {
  await withVolumes(20, async (folder) => {
    const made = [];
    for (const out of ["a", "b"]) {
      const told: number[] = [];
      const { manifest } = await extractSlices({
        data: join(folder, "data"),
        out: join(folder, out),
        onProgress: ({ done }) => told.push(done),
      });
      assert.deepEqual(told, Array.from({ length: 20 }, (_, i) => i + 1));
      assert.equal(manifest.slices.length, 60);
      made.push(manifest);
    }
    assert.deepEqual(made[1], made[0]);
  });
});
