/**
 * `deno task example`: the synthetic data set.
 *
 * @module
 */

import { Presets, SingleBar } from "cli-progress";
import { EXAMPLE_SEED, makeExample } from "../lib/example/mod.ts";
import { createTask, numberFlag, parseTask, runTask } from "./support/cli.ts";

const command = createTask(
  "example",
  "Make the synthetic prostate data set, byte for byte the same every time",
)
  .option("--out <folder>", "where it goes", "data.example")
  .option(
    "--seed <n>",
    "another seed makes other patients",
    numberFlag({ integer: true, min: 0, max: 2 ** 32 - 1 }),
    EXAMPLE_SEED,
  );

await runTask(async () => {
  const flags = await parseTask<{ out: string; seed: number }>(command);
  const bar = new SingleBar({
    format: "{bar} {value}/{total} cases, {eta_formatted} left",
    hideCursor: true,
  }, Presets.shades_classic);
  try {
    await makeExample({
      ...flags,
      onProgress: ({ done, total }) => {
        if (done === 1) bar.start(total, 0);
        bar.update(done);
      },
    });
  } finally {
    bar.stop();
  }
  console.log(`Wrote ${flags.out}`);
});
