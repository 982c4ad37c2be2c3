/**
 * `deno task cluster`: trainings and predictions as independent jobs, on Slurm or on this machine.
 *
 * @module
 */

import "./support/interrupt.ts";
import { InputError } from "../lib/support/errors.ts";
import { createTask, parseTask, runTask } from "./support/cli.ts";

/** The first word of the command line, and what follows it. */
const [verb = "", ...args] = Deno.args;

/** What it does, loaded when it is asked for. */
const VERBS: Record<string, () => Promise<{ run: (args: string[]) => Promise<number> }>> = {
  train: () => import("./cluster/train.ts"),
  predict: () => import("./cluster/predict.ts"),
  status: () => import("./cluster/status.ts"),
  prepare: () => import("./cluster/prepare.ts"),
  job: () => import("./cluster/job.ts"),
  gather: () => import("./cluster/gather.ts"),
};

const HELP = `
  train     train folds, seeds and other settings
  predict   segment the images of a folder in shards
  status    tell what is done, running or failed

The jobs call these, and so can another program such as Snakemake:
  prepare   make the slices that all trainings read
  job       do one of the jobs, given by --index
  gather    put the results together, and name what is missing

Examples:
  deno task cluster train --data mine --folds 5 --seeds 3 --out runs/cv --submit
  deno task cluster train --data mine --vary learningRate=0.002,0.004 --engine local --out runs/lr
  deno task cluster predict --run runs/cv/seed_0 --image scans --out masks --submit
  deno task cluster status --out runs/cv
  deno task cluster train --out runs/cv --resume --submit    only what is missing`;

await runTask(async () => {
  if (Object.hasOwn(VERBS, verb)) return await (await VERBS[verb]!()).run(args);
  const help = createTask(
    "cluster",
    "Divide trainings (folds, seeds, a sweep of settings) or predictions into independent jobs, " +
      "for Slurm or for this machine.",
  ).usage("train|predict|status [options]").addHelpText("after", HELP);
  if (verb !== "" && !verb.startsWith("-")) {
    throw new InputError(`Cannot run: there is no deno task cluster ${verb}`, {
      code: "bad-command-line",
      hint: `There are ${Object.keys(VERBS).join(", ")}`,
    });
  }
  await parseTask(help);
  help.outputHelp();
});
