/**
 * `deno task plot`: redraws the figures of a run.
 *
 * @module
 */

import "./support/interrupt.ts";
import { initBackend } from "../lib/backend.ts";
import { plotRun } from "../lib/plots/plot_run.ts";
import { InputError } from "../lib/support/errors.ts";
import { readRun } from "../lib/training/mod.ts";
import { createTask, parseTask, runTask } from "./support/cli.ts";
import { backendOptions } from "./support/run.ts";

interface Flags {
  run?: string;
  backend?: string;
}

await runTask(async () => {
  const command = createTask("plot", "Redraw the figures of a run in its folder plots")
    .option("--run <folder>", "the run, for example runs/NAME")
    .option("--backend <name>", "where the model runs (default: the fastest available)");
  const { run, backend } = await parseTask<Flags>(command);
  if (run === undefined) {
    throw new InputError("Cannot draw: no run was named", {
      code: "bad-command-line",
      hint: "Add --run runs/NAME",
    });
  }
  using stack = new DisposableStack();
  const { config } = await readRun(run);
  const chosen = backendOptions(backend === undefined ? {} : { backend }, config);
  stack.adopt(await initBackend(chosen), (b) => b.dispose());
  const { files, skipped } = await plotRun(run);
  for (const file of files) console.log(file);
  for (const what of skipped) console.error(`left out: ${what}`);
});
