/**
 * `deno task cluster prepare`: makes the slices that all trainings of a plan read.
 *
 * @module
 */

import { readPlan, trainJobs } from "../../lib/cluster/plan.ts";
import { formatReport, SLICE_KEYS } from "../../lib/slices/mod.ts";
import { StatusLine } from "../../lib/support/status_line.ts";
import { type Config, prepareData } from "../../lib/training/mod.ts";
import { requireSound } from "../support/run.ts";
import { planCommand, planFlags } from "./plan_flags.ts";

const command = planCommand(
  "prepare",
  "Prepare the slices of a plan, once for all its jobs, and check that all can be split.",
);

/** Prepares the slices for each choice of their settings. */
export async function run(args: string[]): Promise<number> {
  const { out } = await planFlags(command, args);
  const plan = await readPlan(out);
  if (plan.kind !== "train") return 0;
  const seen = new Set<string>();
  for (const { config } of trainJobs(out, plan)) {
    using line = new StatusLine();
    using data = await prepareData(config, {
      isReadOnly: seen.has(slicesOf(config)), // the same slices, split another way
      onProgress: ({ done, total }) => line.count(done, total, "cases prepared"),
    });
    requireSound(data.prepared, config.leaveOut);
    if (!seen.has(slicesOf(config))) console.log(formatReport(data.prepared));
    seen.add(slicesOf(config));
  }
  console.log(`The slices are ready for all jobs`);
  return 0;
}

/** What slices depend on, as text. */
function slicesOf(config: Config): string {
  const keys = Object.keys(SLICE_KEYS) as (keyof typeof SLICE_KEYS)[];
  return JSON.stringify(keys.map((key) => config[key]));
}
