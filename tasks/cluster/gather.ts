/**
 * `deno task cluster gather`: puts the results of a plan's jobs together, and names what is missing.
 *
 * @module
 */

import { relative } from "@std/path";
import { gatherPredictions } from "../../lib/cluster/gather_predictions.ts";
import { readPlan } from "../../lib/cluster/plan.ts";
import { InputError } from "../../lib/support/errors.ts";
import { counted } from "../../lib/support/names_of.ts";
import { gatherTrainings } from "./gather_trainings.ts";
import { jobStates, type JobStatus } from "./jobs.ts";
import { planCommand, planFlags } from "./plan_flags.ts";

const command = planCommand(
  "gather",
  "Put the results of all jobs together: scores in one table, the figures of cross-validations, " +
    "the records of predictions. Says what is missing instead of averaging over less.",
);

/** Gathers what is there. */
export async function run(args: string[]): Promise<number> {
  const { out } = await planFlags(command, args);
  const plan = await readPlan(out);
  const all = await jobStates(out, plan);
  const missing = all.filter(({ state }) => state !== "done");
  if (plan.kind === "train") await gatherTrainings(out, plan, missing);
  else {
    const { masks, failed, told } = await gatherPredictions(out, plan);
    console.log(`The masks of ${counted(masks, "image")} are in ${out}/shard_*; volumes.csv there`);
    for (const { name, why } of failed) console.log(`  no mask: ${name}: ${why}`);
    if (missing.length === 0 && told !== plan.images) {
      throw new InputError(
        `Cannot gather: the plan was made for ${counted(plan.images, "image")}, but its shards ` +
          `tell of ${told}: the images have changed since`,
        { code: "bad-run", path: out, hint: "Make a new plan in another folder with --out" },
      );
    }
  }
  if (missing.length === 0) return 0;
  throw notComplete(missing, { out, total: all.length, kind: plan.kind });
}

function notComplete(
  missing: readonly JobStatus[],
  { out, total, kind }: { out: string; total: number; kind: string },
): InputError {
  const lines = missing.map(({ index, folder, state, why }) =>
    `  job ${index}, ${relative(out, folder)}: ${state}${why === "" ? "" : `: ${why}`}`
  );
  return new InputError(
    `Cannot gather ${missing.length} of ${counted(total, "job")}:\n${lines.join("\n")}`,
    {
      code: "bad-run",
      hint: `Start them again with deno task cluster ${kind} --out ${out} --resume, and --submit ` +
        "or --engine local",
    },
  );
}
