/**
 * Batch scripts for Slurm.
 *
 * @module
 */

/** What a job asks for; options of `sbatch` beyond these are passed through. */
export interface Resources {
  /** As `--time` takes it, such as `90` (minutes) or `2-00:00:00`. */
  readonly time: string;
  /** As `--mem` takes it, such as `8G`. */
  readonly memory: string;
  readonly cpus: number;
  /** More options of `sbatch`, such as `--partition=long`. */
  readonly options: readonly string[];
}

/** What all scripts of a plan share. */
export interface ScriptOptions {
  /** The name of the jobs. */
  readonly name: string;
  /** The command that starts Deno, such as `deno` or `apptainer exec med-nca.sif deno`. */
  readonly deno: string;
  /** The project's folder. */
  readonly project: string;
  /** The folder of the logs. */
  readonly logs: string;
}

/** Time before the limit at which a job is asked to save, in seconds: enough for a step and a checkpoint. */
export const WARNING_SECONDS = 120;

/** The exit status of a job that was stopped after it had saved something new: it can be started again. */
export const PROGRESSED = 75;

/**
 * The script of a single job.
 *
 * @param step Its part of the work, for its name and its log: prepare or gather.
 * @param args The arguments of `deno task`.
 */
export function singleScript(
  options: ScriptOptions,
  resources: Resources,
  { step, args }: { step: string; args: readonly string[] },
): string {
  return [
    ...header(options, { ...resources, step, log: `${step}.log` }),
    "",
    `cd ${quote(options.project)} || exit 1`,
    `exec ${options.deno} task --quiet ${args.map(quote).join(" ")}`,
    "",
  ].join("\n");
}

/**
 * The script of an array of jobs. Each gets a signal before its time ends, saves, and queues itself again,
 * unless it saved nothing new: then it would never end.
 *
 * @param work.args The arguments of `deno task`; the number of the job and its cores are added.
 * @param work.jobs How many there are.
 */
export function arrayScript(
  options: ScriptOptions,
  resources: Resources,
  { args, jobs }: { args: readonly string[]; jobs: number },
): string {
  return [
    ...header(options, { ...resources, step: "work", log: "job_%a.log" }),
    `#SBATCH --array=1-${jobs}`,
    `#SBATCH --requeue`,
    `#SBATCH --signal=B:USR1@${WARNING_SECONDS}`,
    "",
    `cd ${quote(options.project)} || exit 1`,
    `told=no again=no child=`,
    `stop() { told=yes; [ -z "$child" ] || kill -TERM "$child"; }`,
    `trap 'again=yes; stop' USR1 # the time limit is near: save`,
    `trap stop TERM # cancelled or preempted: save too`,
    `${options.deno} task --quiet ${args.map(quote).join(" ")} \\`,
    `  --index "$SLURM_ARRAY_TASK_ID" --threads "\${SLURM_CPUS_PER_TASK:-0}" &`,
    `child=$!`,
    `[ "$told" = no ] || stop # the signal came before the job had begun`,
    `while wait "$child"; status=$?; [ "$told" = yes ]; do told=no; done # a signal ends wait`,
    `if [ "$again" = yes ] && [ "$status" -eq ${PROGRESSED} ]; then`,
    `  echo "Saved before the time limit; queued again"`,
    `  scontrol requeue "$SLURM_JOB_ID"`,
    `elif [ "$again" = yes ] && [ "$status" -eq 130 ]; then`,
    `  echo "Its time limit came before it had saved anything new: give it more with --time"`,
    `fi`,
    `exit "$status"`,
    "",
  ].join("\n");
}

function header(
  { name, logs }: ScriptOptions,
  { step, log, time, memory, cpus, options }: Resources & { step: string; log: string },
): string[] {
  const values = [
    `--job-name=${name}-${step}`,
    `--output=${logs.replaceAll("%", "%%")}/${log}`, // Slurm replaces what follows a %
    "--open-mode=append",
    `--time=${time}`,
    `--mem=${memory}`,
    `--cpus-per-task=${cpus}`,
    ...options, // last: they override the others
  ];
  return ["#!/bin/bash", ...values.map((value) => `#SBATCH ${quote(value)}`)];
}

/** A word for bash. */
export function quote(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}

/**
 * Numbers as `--array` takes them.
 *
 * @param numbers In order, without duplicates.
 *
 * @example
 * ```ts
 * import { arrayRange } from "./sbatch.ts";
 * import assert from "node:assert/strict";
 *
 * assert.equal(arrayRange([1, 2, 3, 7, 9, 10]), "1-3,7,9-10");
 * ```
 */
export function arrayRange(numbers: readonly number[]): string {
  const runs: [first: number, last: number][] = [];
  for (const number of numbers) {
    const run = runs.at(-1);
    if (run !== undefined && number === run[1] + 1) run[1] = number;
    else runs.push([number, number]);
  }
  return runs.map(([first, last]) => first === last ? `${first}` : `${first}-${last}`).join(",");
}
