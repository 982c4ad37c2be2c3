/**
 * The whole training loop in a process of its own: how much of a step is not the rollout.
 *
 * @module
 */

import { join } from "@std/path";
import { initBackend } from "../../lib/backend.ts";
import { Job } from "../../lib/rollout/wasm/job.ts";
import { extractSlices } from "../../lib/slices/extract_slices.ts";
import { SliceDataset } from "../../lib/slices/slice_dataset.ts";
import { silentProgress, trainMedNca } from "../../lib/training/mod.ts";
import { writeTinyVolumes } from "../training/support/tiny_data.ts";

/** Steps that warm up. */
const WARM = 3;
/** Steps that count. */
const STEPS = 8;

const { size, batch, threads } = JSON.parse(Deno.args[0]!) as {
  size: number;
  batch: number;
  threads: number;
};
const folder = await Deno.makeTempDir();
try {
  const data = join(folder, "data");
  const slices = Math.ceil((WARM + STEPS + 1) * batch / 2);
  await writeTinyVolumes(data, { cases: 2, size, slices });
  await extractSlices({ data, out: join(folder, "prepared") });
  const train = await SliceDataset.open(join(folder, "prepared"));
  const backend = await initBackend({ backend: "wasm", threads });

  let rollout = 0;
  for (const name of ["forward", "backward"] as const) {
    const plain = Job.prototype[name] as (this: Job, values: Float32Array) => unknown;
    Job.prototype[name] = function (this: Job, values: Float32Array) {
      const start = performance.now();
      const result = plain.call(this, values);
      rollout += performance.now() - start;
      return result;
    } as never;
  }
  const marks: { time: number; rollout: number }[] = [];
  const { model } = await trainMedNca({
    train,
    config: { batchSize: batch, epochs: 1 },
    out: join(folder, "run"),
    progress: {
      ...silentProgress,
      step: () => marks.push({ time: performance.now(), rollout }),
    },
  });
  model.dispose();
  backend.dispose();
  const [first, last] = [marks[WARM - 1]!, marks[WARM + STEPS - 1]!];
  const step = (last.time - first.time) / STEPS;
  const inside = (last.rollout - first.rollout) / STEPS;
  console.log(JSON.stringify({ step_s: step / 1000, outside: 1 - inside / step }));
} finally {
  await Deno.remove(folder, { recursive: true });
}
