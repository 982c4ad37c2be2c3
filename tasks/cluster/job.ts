/**
 * `deno task cluster job`: one job of a plan, which writes only its own folder.
 *
 * @module
 */

import { initBackend } from "../../lib/backend.ts";
import { readJobRecord, writeJobRecord } from "../../lib/cluster/job_record.ts";
import {
  jobFolders,
  type Plan,
  type PredictPlan,
  readPlan,
  trainJobs,
  type TrainPlan,
} from "../../lib/cluster/plan.ts";
import { PROGRESSED } from "../../lib/cluster/sbatch.ts";
import { readRecords } from "../../lib/evaluation/prediction_record.ts";
import { InputError } from "../../lib/support/errors.ts";
import { exists } from "../../lib/support/files.ts";
import { counted } from "../../lib/support/names_of.ts";
import { readCheckpoint, requireRunnable, runPaths } from "../../lib/training/mod.ts";
import { numberFlag } from "../support/cli.ts";
import { INTERRUPTED } from "../support/interrupt.ts";
import type { PredictFlags } from "../support/predict_flags.ts";
import { predictImages } from "../support/predict_images.ts";
import { backendOptions } from "../support/run.ts";
import { trainRun } from "../support/train_run.ts";
import { planCommand, planFlags } from "./plan_flags.ts";

const count = numberFlag({ integer: true, min: 1 });
const command = planCommand("job", "Do one job of a plan, or go on with it; a done one is skipped.")
  .option("--index <n>", "the number of the job, from 1", count)
  .option("--threads <n>", "threads (default: those of the plan)", numberFlag({ integer: true }));

/** Does the job. */
export async function run(args: string[]): Promise<number> {
  const flags = await planFlags<{ index?: number; threads?: number }>(command, args);
  const { out, index = 0, threads = 0 } = flags;
  const plan = await readPlan(out);
  const folders = jobFolders(out, plan);
  const folder = folders[index - 1];
  if (folder === undefined) {
    throw new InputError(`Cannot run: --index is to be from 1 to ${folders.length}`, {
      code: "bad-command-line",
    });
  }
  console.log(`Job       ${index} of ${folders.length}, in ${folder}`);
  const before = await readJobRecord(folder);
  if (before !== undefined && (before.failed ?? 0) === 0) {
    console.log("It was done before");
    return 0;
  }
  const started = performance.now();
  const saved = await savedIn(folder, plan.kind);
  const others = threads === 0 ? {} : { threads };
  const result = await work(plan, { out, folder, index, others });
  if (result === INTERRUPTED) {
    return await savedIn(folder, plan.kind) > saved ? PROGRESSED : INTERRUPTED;
  }
  const seconds = (performance.now() - started) / 1000;
  await writeJobRecord(folder, { seconds, ...result });
  console.log(result.failed ? `Done but for ${counted(result.failed, "image")}` : "Done");
  return 0;
}

/** How much of a job is saved: steps and epochs of a training, or predicted images. */
async function savedIn(folder: string, kind: Plan["kind"]): Promise<number> {
  if (kind === "predict") return (await readRecords(folder)).size;
  const { checkpoint } = runPaths(folder);
  if (!await exists(checkpoint)) return 0;
  const { counters: { step, epoch } } = await readCheckpoint(checkpoint);
  return step + epoch;
}

interface JobOptions {
  readonly out: string;
  readonly folder: string;
  readonly index: number;
  readonly others: { readonly threads?: number };
}

type JobResult = { failed?: number } | typeof INTERRUPTED;

function work(plan: Plan, options: JobOptions): Promise<JobResult> {
  return plan.kind === "train" ? train(plan, options) : predict(plan, options);
}

async function train(plan: TrainPlan, { out, index, others }: JobOptions): Promise<JobResult> {
  const config = { ...trainJobs(out, plan)[index - 1]!.config, ...others };
  await requireRunnable(config.out);
  const backend = await initBackend(backendOptions(config, config));
  console.log(`Backend   ${backend.describe()}`);
  try {
    const { status } = await trainRun(config, {
      resume: await exists(runPaths(config.out).checkpoint),
      ...{ acceptChanges: false, isPreparedNamed: true, isReadOnly: true },
    });
    return status === "done" ? {} : INTERRUPTED;
  } finally {
    backend.dispose();
  }
}

async function predict(plan: PredictPlan, options: JobOptions): Promise<JobResult> {
  const { folder, index, others } = options;
  const results = await predictImages({
    ...plan.flags as PredictFlags & PredictPlan["flags"],
    ...{ ...others, out: folder, shard: { index, count: plan.shards } },
  });
  if (results === null) return INTERRUPTED;
  return { failed: results.filter(({ status }) => status === "failed").length };
}
