/**
 * Slurm: batch scripts, submission and the queue.
 *
 * @module
 */

import { basename, join } from "@std/path";
import * as v from "valibot";
import { CLUSTER_FOLDER, jobFolders, type Plan } from "../../lib/cluster/plan.ts";
import {
  arrayRange,
  arrayScript,
  type Resources,
  type ScriptOptions,
  singleScript,
} from "../../lib/cluster/sbatch.ts";
import { InputError } from "../../lib/support/errors.ts";
import { writeFileAtomic, writeJsonAtomic } from "../../lib/support/files.ts";
import { ifThere, readJson } from "../../lib/support/read_text.ts";
import { logsOf } from "./logs.ts";

/** Writes the scripts of a plan, to be read, changed and submitted. */
export async function writeScripts(
  out: string,
  plan: Plan,
  resources: Resources,
  where: Pick<ScriptOptions, "deno" | "project">,
): Promise<void> {
  const name = basename(out).replaceAll(/[^\w.-]/g, "_");
  const options = { ...where, name, logs: logsOf(out) };
  const args = (verb: string) => ["cluster", verb, "--out", out];
  const single = (step: "prepare" | "gather") =>
    singleScript(options, resources, { step, args: args(step) });
  const work = { args: args("job"), jobs: jobFolders(out, plan).length };
  if (plan.kind === "train") await writeFileAtomic(scriptOf(out, "prepare"), single("prepare"));
  await writeFileAtomic(scriptOf(out, "work"), arrayScript(options, resources, work));
  await writeFileAtomic(scriptOf(out, "gather"), single("gather"));
}

function scriptOf(out: string, step: "prepare" | "work" | "gather"): string {
  return join(out, CLUSTER_FOLDER, `${step}.sbatch`);
}

/**
 * Submits jobs: what prepares before them, and what gathers after the last has ended, however it
 * ended, so that it can say what is missing.
 *
 * @param missing The numbers of the jobs.
 * @param overrides Options of sbatch that override those of the scripts.
 * @returns The id of the array; empty if there was none to submit.
 * @throws {InputError} If Slurm refuses.
 */
export async function submitJobs(
  out: string,
  plan: Plan,
  { missing, overrides }: { missing: readonly number[]; overrides: readonly string[] },
): Promise<string> {
  let after: string[] = [];
  let array = "";
  if (missing.length > 0) {
    if (plan.kind === "train") {
      const prepare = await sbatch(out, [...overrides, scriptOf(out, "prepare")]);
      after = [`--dependency=afterok:${prepare}`, "--kill-on-invalid-dep=yes"];
    }
    const range = `--array=${arrayRange(missing)}`;
    array = await sbatch(out, [...overrides, range, ...after, scriptOf(out, "work")]);
    await noteSubmitted(out, array);
    after = [`--dependency=afterany:${array}`];
  }
  await sbatch(out, [...overrides, ...after, scriptOf(out, "gather")]);
  return array;
}

async function sbatch(out: string, args: readonly string[]): Promise<string> {
  const { code, text, error } = await call("sbatch", ["--parsable", ...args]);
  const id = text.trim().split(";")[0]!;
  if (code === 0 && /^\d+$/.test(id)) return id;
  throw new InputError(`Cannot submit: ${error.trim().split("\n").join("; ")}`, {
    code: "missing-program",
    path: join(out, CLUSTER_FOLDER),
    hint: "Correct the options, or the scripts there, and submit again with --resume --submit",
  });
}

const submittedSchema = v.object({ arrays: v.array(v.pipe(v.string(), v.regex(/^\d+$/))) });

/** The arrays that were submitted, the latest last. */
async function readSubmitted(out: string): Promise<string[]> {
  const path = submittedPath(out);
  const content = await ifThere(readJson(path, { what: "submission", code: "bad-run" }));
  return content === undefined ? [] : v.parse(submittedSchema, content).arrays;
}

async function noteSubmitted(out: string, array: string): Promise<void> {
  await writeJsonAtomic(submittedPath(out), { arrays: [...await readSubmitted(out), array] });
}

function submittedPath(out: string): string {
  return join(out, CLUSTER_FOLDER, "submitted.json");
}

/** Jobs in Slurm's queue by their number; empty where nothing was submitted. */
export async function readQueue(out: string): Promise<Map<number, "running" | "waiting">> {
  const queue = new Map<number, "running" | "waiting">();
  for (const array of await readSubmitted(out)) {
    // It fails for a job that ended long ago
    const { code, text } = await call("squeue", [
      ...["--noheader", "--array", `--jobs=${array}`, "--format=%K %T"],
    ]);
    if (code !== 0) continue;
    for (const [, index, state] of text.matchAll(/^(\d+) (\w+)$/gm)) {
      if (WAITING.test(state!)) queue.set(Number(index), "waiting");
      else if (RUNNING.test(state!)) queue.set(Number(index), "running");
    }
  }
  return queue;
}

/** The states of jobs that are still to run, or do; all others have ended. */
const WAITING = /^(PENDING|REQUEUED|REQUEUE_FED|REQUEUE_HOLD|SUSPENDED|CONFIGURING)$/;
const RUNNING = /^(RUNNING|SIGNALING|STAGE_OUT|STOPPED)$/;

async function call(program: "sbatch" | "squeue", args: readonly string[]) {
  try {
    const { code, stdout, stderr } = await new Deno.Command(program, { args: [...args] }).output();
    const [text, error] = [stdout, stderr].map((bytes) => new TextDecoder().decode(bytes));
    return { code, text: text!, error: error! };
  } catch (cause) {
    if (!(cause instanceof Deno.errors.NotFound)) throw cause;
    throw new InputError(`Cannot use Slurm: there is no ${program} here`, {
      code: "missing-program",
      hint: "Start it where Slurm's commands are, or with --engine local",
      cause,
    });
  }
}
