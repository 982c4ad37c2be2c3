import assert from "node:assert/strict";
import { join } from "@std/path";
import { writePlan } from "../../lib/cluster/plan.ts";
import { PROGRESSED } from "../../lib/cluster/sbatch.ts";
import { variants } from "../../lib/cluster/sweep.ts";
import { resolveConfig } from "../../lib/training/config.ts";
import { inFolder, runTaskIn, startTask } from "../tasks/support/run_task.ts";
import { TINY, writeTinyVolumes } from "../training/support/tiny_data.ts";

/** Asks a job to end once it has printed something. */
async function stopAt(folder: string, sign: string) {
  const child = startTask(folder, "cluster", ["job", "--out", "cv", "--index", "1"]);
  let seen = "";
  const read = async (stream: ReadableStream<Uint8Array<ArrayBuffer>>) => {
    for await (const text of stream.pipeThrough(new TextDecoderStream())) {
      const isNew = !seen.includes(sign);
      seen += text;
      if (isNew && seen.includes(sign)) child.kill("SIGTERM");
    }
  };
  await Promise.all([read(child.stdout), read(child.stderr)]);
  return { code: (await child.status).code, seen };
}

Deno.test("cluster job tells by its status (PROGRESSED) whether it saved anything new before it was stopped", () =>
  inFolder(async (root) => {
    const folder = await Deno.realPath(root);
    await writeTinyVolumes(join(folder, "data"), { size: 12, cases: 6 });
    const config = resolveConfig({
      ...TINY,
      ...{
        backend: "ops",
        epochs: 1,
        steps: [60, 60],
        data: join(folder, "data"),
        out: join(folder, "cv"),
      },
      ...{ prepared: join(folder, "slices"), folds: 2, validation: 0 },
    });
    const plan = { kind: "train" as const, config, seeds: 1, variants: variants([]) };
    await writePlan(join(folder, "cv"), plan as never);
    assert.equal((await runTaskIn(folder, "cluster", "prepare", "--out", "cv")).code, 0);
    const early = await stopAt(folder, "Job ");
    assert.equal(early.code, 130, early.seen);
    // The scores at the end are not saved: whoever is stopped in them a second time gets no further
    const first = await stopAt(folder, "Held-out cases");
    assert.equal(first.code, PROGRESSED, first.seen);
    const second = await stopAt(folder, "Held-out cases");
    assert.equal(second.code, 130, second.seen);
  }));
