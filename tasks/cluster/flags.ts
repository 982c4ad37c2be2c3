/**
 * The flags of jobs: where they run, and what they ask for.
 *
 * @module
 */

import type { Resources } from "../../lib/cluster/sbatch.ts";
import { memoryFor, timeFor } from "../../lib/cluster/size_jobs.ts";
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
  cpus: number;
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
    new Option("--cpus <n>", "cores of a job").argParser(numberFlag({ integer: true, min: 1 }))
      .default(CPUS).helpGroup(group),
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

/** The options of sbatch that the user gave. */
function givenOptions({ partition, account, sbatch = [] }: EngineFlags): string[] {
  return [
    ...(partition === undefined ? [] : [`--partition=${partition}`]),
    ...(account === undefined ? [] : [`--account=${account}`]),
    ...[sbatch].flat(),
  ];
}

/** What a job asks for, given how long it takes and how much memory. */
export function resourcesOf(
  flags: EngineFlags,
  { seconds, bytes }: { seconds: number; bytes: number },
): Resources {
  return {
    time: flags.time ?? timeFor(seconds),
    memory: flags.memory ?? memoryFor(bytes),
    cpus: flags.cpus,
    options: givenOptions(flags),
  };
}

/** The options that a resumed submission overrides in its scripts. */
export function overridesOf(flags: EngineFlags): string[] {
  return [
    ...(flags.time === undefined ? [] : [`--time=${flags.time}`]),
    ...(flags.memory === undefined ? [] : [`--mem=${flags.memory}`]),
    ...givenOptions(flags),
  ];
}

/** Threads that a measurement takes: what a job will have, or what this machine has. */
export function measuringThreads({ cpus }: EngineFlags): number {
  return Math.min(cpus, navigator.hardwareConcurrency);
}
