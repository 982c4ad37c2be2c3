import assert from "node:assert/strict";
import { join } from "@std/path";
import { CaseWorkers } from "../../lib/slices/case_workers.ts";
import { extractSettings, extractSlices } from "../../lib/slices/extract_slices.ts";
import type { CaseResult, CaseWork } from "../../lib/slices/process_case.ts";
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
    const work = (id: string, out: string): CaseWork => ({
      data,
      out: join(folder, out),
      kind: "volumes",
      entries: [{ id, image: `images/${id}.nii.gz`, label: `labels/${id}.nii.gz`, index: 0 }],
      settings: extractSettings({ data, out: folder }),
      size: [16, 16],
    });
    const results: CaseResult[][] = [];
    for (const [out, threads] of [["here", 0], ["there", 2]] as const) {
      for (const kind of ["images", "labels"]) {
        await Deno.mkdir(join(folder, out, kind), { recursive: true });
      }
      const workers = CaseWorkers.start(threads);
      try {
        results.push(
          await Promise.all(["case_0", "case_1"].map((id) => workers.run(work(id, out)))),
        );
        const { slices } = results.at(-1)![0]!;
        assert.equal(slices.length, 3);
        await assert.rejects(workers.run(work("case_0", "nowhere")), /No such file|cannot find/i);
        await Promise.all(slices.map(({ image }) => Deno.stat(join(folder, out, image))));
      } finally {
        workers.close();
      }
    }
    assert.deepEqual(results[1], results[0]);
    assert.match(results[0]![1]!.errors.join(), /does not start with a NIfTI header|it ends/);
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
