/**
 * The flags of jobs: where they run, and what they ask for.
 *
 * @module
 */

import type { Resources } from "../../lib/cluster/sbatch.ts";
import { type JobSize, memoryFor, requireTime, timeFor } from "../../lib/cluster/size_jobs.ts";
import { InputError } from "../../lib/support/errors.ts";
import { type Command, numberFlag, Option } from "../support/cli.ts";

/** Flags of `cluster train` and `cluster predict`. */
export interface EngineFlags {
  engine: "slurm" | "local";
  submit?: boolean;
  resume?: boolean;
  partition?: string;
  account?: string;
  time?: string;
  memory?: string;
  cpus?: number;
  sbatch?: string | string[];
  deno?: string;
}

/** More cores make one training little faster, and are harder to get. */
const CPUS = 4;

/** Adds the flags of where and how jobs run. */
export function addEngineFlags(command: Command): Command {
  const group = "Jobs:";
  const add = (flags: string, description: string) =>
    command.addOption(new Option(flags, description).helpGroup(group));
  command.addOption(
    new Option("--engine <name>", "slurm: batch scripts; local: one after the other, here")
      .choices(["slurm", "local"]).default("slurm").helpGroup(group),
  );
  add("--submit", "submit the jobs to Slurm; without it the scripts are only written");
  add("--resume", "go on with the plan in --out: only what is missing");
  add("--partition <name>", "Slurm's partition");
  add("--account <name>", "Slurm's account");
  add("--time <time>", "limit of a job, as sbatch takes it (default: from the measured speed)");
  add("--memory <size>", "memory of a job, such as 8G (default: from a measurement)");
  command.addOption(
    new Option("--cpus <n>", `cores of a job (default: ${CPUS})`)
      .argParser(numberFlag({ integer: true, min: 1 })).helpGroup(group),
  );
  add("--sbatch <option...>", "any other option of sbatch, such as --sbatch=--qos=low");
  add("--deno <command>", "how the jobs start Deno (default: this one), such as in a container");
  return command;
}

const ENGINE_KEYS: readonly string[] = Object.keys(
  {
    ...{ engine: 0, submit: 0, resume: 0, partition: 0, account: 0 },
    ...{ time: 0, memory: 0, cpus: 0, sbatch: 0, deno: 0 },
  } satisfies Record<keyof EngineFlags, 0>,
);

/** The flags of the work itself. */
export function workFlags<T extends EngineFlags>(flags: T): Omit<T, keyof EngineFlags> {
  return Object.fromEntries(
    Object.entries(flags).filter(([key]) => !ENGINE_KEYS.includes(key)),
  ) as Omit<T, keyof EngineFlags>;
}

/** What stands in the scripts, or has no meaning, when a plan goes on. */
const FLAGS_OF_SLURM = ["submit", "partition", "account", "time", "memory", "cpus", "sbatch"];

/**
 * Refuses flags that would be ignored: those of the work, which the plan has, once it goes on, and
 * those of Slurm on this machine.
 *
 * @throws {InputError} If there are some; it names them all.
 */
export function refuseIgnored(command: Command, { engine, resume = false }: EngineFlags): void {
  const given = command.options.filter((option) =>
    ["cli", "config"].includes(command.getOptionValueSource(option.attributeName()) ?? "")
  );
  const used = [
    ...["engine", "resume", "out", "config", "debug"],
    ...(engine === "slurm" ? FLAGS_OF_SLURM : []),
  ];
  const ignored = given.filter((option) => {
    const name = option.attributeName();
    if (resume) return !used.includes(name);
    return engine === "local" && [...FLAGS_OF_SLURM, "deno"].includes(name);
  }).map(({ long }) => long);
  if (ignored.length === 0) return;
  const [why, hint] = resume
    ? ["the plan is made", "Omit them, or make a new plan in another folder with --out"]
    : ["the jobs run here", "Omit them, or use --engine slurm"];
  throw new InputError(`Cannot use ${ignored.join(", ")}: ${why}`, {
    ...{ code: "bad-command-line", hint },
  });
}

/** The options of sbatch that the user gave. */
function givenOptions({ partition, account, sbatch = [] }: EngineFlags): string[] {
  return [
    ...(partition === undefined ? [] : [`--partition=${partition}`]),
    ...(account === undefined ? [] : [`--account=${account}`]),
    ...[sbatch].flat(),
  ];
}

/**
 * What a job asks for, given its size.
 *
 * @throws {InputError} If the user gave it too little time.
 */
export function resourcesOf(
  flags: EngineFlags,
  { seconds, bytes, partSeconds }: JobSize,
): Resources {
  requireTimes(flags, partSeconds);
  return {
    time: flags.time ?? timeFor(seconds),
    memory: flags.memory ?? memoryFor(bytes),
    cpus: flags.cpus ?? CPUS,
    options: givenOptions(flags),
  };
}

function requireTimes({ time = "UNLIMITED", sbatch = [] }: EngineFlags, partSeconds: number): void {
  const passed = [sbatch].flat().map((option) => /^(?:--time|-t)[= ]?(.+)$/.exec(option)?.[1]);
  for (const limit of [time, ...passed]) if (limit !== undefined) requireTime(limit, partSeconds);
}

/**
 * The options that a resumed submission overrides in its scripts.
 *
 * @throws {InputError} If the user gave less time than any job needs.
 */
export function overridesOf(flags: EngineFlags): string[] {
  requireTimes(flags, 0);
  return [
    ...(flags.time === undefined ? [] : [`--time=${flags.time}`]),
    ...(flags.memory === undefined ? [] : [`--mem=${flags.memory}`]),
    ...(flags.cpus === undefined ? [] : [`--cpus-per-task=${flags.cpus}`]),
    ...givenOptions(flags),
  ];
}

/** Threads that a measurement takes: those that a job will have; 0 for one per core. */
export function measuringThreads({ engine, cpus = CPUS }: EngineFlags, threads: number): number {
  return engine === "local" ? threads : Math.min(cpus, navigator.hardwareConcurrency);
}
