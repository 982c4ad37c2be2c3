/**
 * `deno task example`: makes the synthetic data set.
 *
 * @module
 */

import "./support/interrupt.ts";
import { EXAMPLE_SEED, makeExample } from "../lib/example/mod.ts";
import { StatusLine } from "../lib/support/status_line.ts";
import { createTask, numberFlag, parseTask, runTask } from "./support/cli.ts";

const command = createTask(
  "example",
  "Make the synthetic prostate data set, byte for byte the same every time",
)
  .option("--out <folder>", "the folder for it", "data.example")
  .option(
    "--seed <n>",
    "seed of the patients",
    numberFlag({ integer: true, min: 0, max: 2 ** 32 - 1 }),
    EXAMPLE_SEED,
  );

await runTask(async () => {
  const flags = await parseTask<{ out: string; seed: number }>(command);
  using line = new StatusLine();
  await makeExample({
    ...flags,
    onProgress: ({ done, total }) => line.count(done, total, "cases"),
  });
  console.log(`Wrote ${flags.out}`);
});
