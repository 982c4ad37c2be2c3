/**
 * The state of a plan's jobs, from their folders, their logs and Slurm's queue.
 *
 * @module
 */

import { join } from "@std/path";
import { readJobRecord } from "../../lib/cluster/job_record.ts";
import { CLUSTER_FOLDER, jobFolders, type Plan } from "../../lib/cluster/plan.ts";
import { exists } from "../../lib/support/files.ts";
import { counted } from "../../lib/support/names_of.ts";
import { LOCK_NAME, requireUnlocked } from "../../lib/support/output_folder.ts";
import { jobLog, lastLine } from "./logs.ts";
import { readQueue } from "./slurm.ts";

/** What a job is doing. */
export type JobState = "done" | "running" | "waiting" | "failed" | "not started";

/** A job of a plan, and how it goes. */
export interface JobStatus {
  /** Counted from 1. */
  readonly index: number;
  readonly folder: string;
  readonly state: JobState;
  /** The last line of its log, if it failed, or a remark. */
  readonly why: string;
}

/** The numbers of the jobs that are neither done nor in the queue; those with failed images too. */
export async function missingJobs(out: string, plan: Plan): Promise<number[]> {
  const all = await jobStates(out, plan);
  return all.filter(({ state }) => state === "failed" || state === "not started")
    .map(({ index }) => index);
}

/** The state of every job. */
export async function jobStates(out: string, plan: Plan): Promise<JobStatus[]> {
  const queue = await readQueue(out);
  const isLocal = await isRunningHere(out);
  const all: JobStatus[] = [];
  for (const [i, folder] of jobFolders(out, plan).entries()) {
    const index = i + 1;
    const record = await readJobRecord(folder);
    const queued = queue.get(index);
    const tell = (state: JobState, why: string) => all.push({ index, folder, state, why });
    if (record !== undefined && (record.failed ?? 0) === 0) tell("done", "");
    else if (queued !== undefined) tell(queued, "");
    else if (record !== undefined) tell("failed", `no mask of ${counted(record.failed!, "image")}`);
    else if (!await exists(jobLog(out, index))) tell("not started", "");
    else if (isLocal) tell("running", "");
    else tell("failed", await lastLine(jobLog(out, index)));
  }
  return all;
}

/** Whether `--engine local` is at work. */
async function isRunningHere(out: string): Promise<boolean> {
  const folder = join(out, CLUSTER_FOLDER);
  if (!await exists(join(folder, LOCK_NAME))) return false;
  return await requireUnlocked(folder, "run jobs").then(() => false, () => true);
}
