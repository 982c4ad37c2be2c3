/**
 * The plan of work that is divided into independent jobs.
 *
 * @module
 */

import { join, relative } from "@std/path";
import * as v from "valibot";
import { InputError } from "../support/errors.ts";
import { writeFileAtomic, writeJsonAtomic } from "../support/files.ts";
import { ifThere, readJson } from "../support/read_text.ts";
import { type Config, type ConfigOverrides, foldConfig, resolveConfig } from "../training/mod.ts";

/** The folder of a plan, in the folder of all results. */
export const CLUSTER_FOLDER = "cluster";

const count = v.pipe(v.number(), v.safeInteger(), v.minValue(1));
const variantSchema = v.object({
  name: v.pipe(v.string(), v.regex(/^[\w.+,=-]*$/)),
  settings: v.record(v.string(), v.unknown()),
});
const trainSchema = v.object({
  kind: v.literal("train"),
  /** The settings that all jobs share; `seed` is that of the first. */
  config: v.record(v.string(), v.unknown()),
  /** How many seeds, counted on from that of `config`. */
  seeds: count,
  /** The settings in which jobs differ. */
  variants: v.pipe(v.array(variantSchema), v.minLength(1)),
});
const predictSchema = v.object({
  kind: v.literal("predict"),
  /** The flags of `deno task predict`. */
  flags: v.looseObject({ run: v.string(), image: v.string(), samples: v.number() }),
  shards: count,
  /** How many images there were. */
  images: count,
});
const planSchema = v.variant("kind", [trainSchema, predictSchema]);

/** Trainings: folds, seeds and settings. */
export type TrainPlan = Omit<v.InferOutput<typeof trainSchema>, "config"> & { config: Config };
/** Predictions of the images of one folder, in shards. */
export type PredictPlan = v.InferOutput<typeof predictSchema>;
/** What is to be done; its jobs are numbered from 1. */
export type Plan = TrainPlan | PredictPlan;

/** A training of a plan. */
export interface TrainJob {
  readonly variant: string;
  readonly seed: number;
  /** Null without cross-validation. */
  readonly fold: number | null;
  /** The configuration of the training, or of its cross-validation. */
  readonly whole: Config;
  /** The configuration of the job. */
  readonly config: Config;
}

/**
 * Stores a plan in the folder of its results, and a list of its jobs for other programs: a line with
 * number and folder for each.
 */
export async function writePlan(folder: string, plan: Plan): Promise<void> {
  const jobs = jobFolders(folder, plan).map((job, i) => `${i + 1}\t${relative(folder, job)}\n`);
  await writeFileAtomic(join(folder, CLUSTER_FOLDER, "jobs.txt"), jobs.join(""));
  await writeJsonAtomic(planPath(folder), plan);
}

/**
 * Reads the plan of a folder.
 *
 * @returns Undefined if there is none.
 * @throws {InputError} If it is damaged.
 */
export async function findPlan(folder: string): Promise<Plan | undefined> {
  const path = planPath(folder);
  const content = await ifThere(readJson(path, { what: "plan", code: "bad-run" }));
  if (content === undefined) return undefined;
  const { success, output, issues = [] } = v.safeParse(planSchema, content);
  if (!success) {
    const why = issues.map(({ message }) => message).join("; ");
    throw new InputError(`Cannot read plan: ${why}`, { code: "bad-run", path });
  }
  return output.kind === "predict"
    ? output
    : { ...output, config: resolveConfig(output.config as ConfigOverrides, path) };
}

/**
 * Reads the plan of a folder.
 *
 * @throws {InputError} If there is none, or it is damaged.
 */
export async function readPlan(folder: string): Promise<Plan> {
  const plan = await findPlan(folder);
  if (plan !== undefined) return plan;
  throw new InputError("Cannot find a plan", {
    code: "bad-run",
    path: folder,
    hint: "Give the folder that deno task cluster train or predict was given with --out",
  });
}

function planPath(folder: string): string {
  return join(folder, CLUSTER_FOLDER, "plan.json");
}

/**
 * The trainings of a plan, in the order of their numbers: by settings, then seed, then fold.
 *
 * @param folder The folder of all results; each seed has one in it, with one for each fold.
 * @throws {InputError} If settings contradict each other.
 */
export function trainJobs(folder: string, plan: TrainPlan): TrainJob[] {
  const { config, seeds, variants } = plan;
  return variants.flatMap(({ name, settings }) =>
    Array.from({ length: seeds }, (_, i) => config.seed + i).flatMap((seed): TrainJob[] => {
      const whole = resolveConfig({
        ...config,
        ...settings as ConfigOverrides,
        seed,
        out: join(folder, name, `seed_${seed}`),
      });
      const { folds } = whole;
      if (folds === 0) return [{ variant: name, seed, fold: null, whole, config: whole }];
      return Array.from({ length: folds }, (_, fold) => ({
        ...{ variant: name, seed, fold, whole },
        config: foldConfig(whole, fold),
      }));
    })
  );
}

/** The folders of a plan's jobs, in the order of their numbers; no two jobs share one. */
export function jobFolders(folder: string, plan: Plan): string[] {
  return plan.kind === "train"
    ? trainJobs(folder, plan).map(({ config }) => config.out)
    : Array.from({ length: plan.shards }, (_, i) => shardFolder(folder, i + 1));
}

/** The folder of a shard, counted from 1. */
export function shardFolder(folder: string, index: number): string {
  return join(folder, `shard_${String(index).padStart(4, "0")}`);
}
