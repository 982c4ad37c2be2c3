/**
 * Starts the jobs of a plan, or writes the scripts to start them.
 *
 * @module
 */

import { join, resolve } from "@std/path";
import {
  CLUSTER_FOLDER,
  findPlan,
  jobFolders,
  type Plan,
  readPlan,
  writePlan,
} from "../../lib/cluster/plan.ts";
import { quote, type Resources } from "../../lib/cluster/sbatch.ts";
import { InputError } from "../../lib/support/errors.ts";
import { counted } from "../../lib/support/names_of.ts";
import { requireWritable } from "../../lib/support/output_folder.ts";
import { requireFlag } from "../support/run.ts";
import { type EngineFlags, overridesOf } from "./flags.ts";
import { runHere } from "./local.ts";
import { missingJobs } from "./jobs.ts";
import { logsOf } from "./logs.ts";
import { submitJobs, writeScripts } from "./slurm.ts";

/** The project's folder, in which jobs run. */
const PROJECT = resolve(import.meta.dirname!, "../..");

/** The folder of all results, as an absolute path. */
export function requireOut(out: string | undefined): string {
  const hint = "Name the folder of all results with --out runs/NAME";
  return resolve(requireFlag(out === "" ? undefined : out, "out", hint));
}

/**
 * Stores a new plan and starts its jobs.
 *
 * @throws {InputError} If the folder has a plan already.
 */
export async function launch(
  out: string,
  plan: Plan,
  { flags, resources }: { flags: EngineFlags; resources: Resources },
): Promise<number> {
  if (await findPlan(out) !== undefined) {
    throw new InputError("Cannot plan: the folder already has a plan", {
      code: "folder-in-use",
      path: out,
      hint: "Go on with it with --resume, or choose another folder with --out",
    });
  }
  await requireWritable(out);
  await writePlan(out, plan);
  await Deno.mkdir(logsOf(out), { recursive: true });
  const deno = flags.deno ?? quote(Deno.execPath());
  await writeScripts(out, plan, resources, { deno, project: PROJECT });
  return await start(out, plan, flags);
}

/** Starts what is missing of the plan in a folder. */
export async function resumePlan(out: string, flags: EngineFlags): Promise<number> {
  return await start(out, await readPlan(out), flags);
}

async function start(out: string, plan: Plan, flags: EngineFlags): Promise<number> {
  const all = jobFolders(out, plan).length;
  const missing = await missingJobs(out, plan);
  console.log(`Jobs      ${missing.length} of ${all} to do; all files are in ${out}`);
  if (flags.engine === "local") return await runHere(out, plan, { missing, project: PROJECT });
  if (flags.submit !== true) {
    console.log(
      `The scripts are in ${join(out, CLUSTER_FOLDER)}. Submit them with\n` +
        `  deno task cluster ${plan.kind} --out ${out} --resume --submit`,
    );
    return 0;
  }
  const id = await submitJobs(out, plan, { missing, overrides: overridesOf(flags) });
  console.log(
    `Submitted ${counted(missing.length, "job")} as array ${id}. See how they go with\n` +
      `  deno task cluster status --out ${out}`,
  );
  return 0;
}
