/**
 * The whole training loop in its own process, to measure the part of a step outside the rollout.
 *
 * @module
 */

import { join } from "@std/path";
import { initBackend } from "../../lib/backend.ts";
import { Job } from "../../lib/rollout/wasm/job.ts";
import { extractSlices } from "../../lib/slices/extract_slices.ts";
import { SliceDataset } from "../../lib/slices/slice_dataset.ts";
import { silentProgress, trainMedNca } from "../../lib/training/mod.ts";
import { Random } from "../../lib/support/random.ts";
import { createVolume, writeVolume } from "../../lib/volume/mod.ts";

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
  const random = new Random(0);
  for (const id of ["a", "b"]) {
    const image = Float32Array.from({ length: size * size * slices }, () => random.uniform());
    const like = createVolume({ data: image, shape: [size, size, slices], spacing: [1, 1, 3] });
    await writeVolume(join(data, "images", `${id}.nii.gz`), { data: image, like });
    const label = Uint8Array.from(image, Math.round);
    await writeVolume(join(data, "labels", `${id}.nii.gz`), { data: label, like });
  }
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
