/**
 * `deno task cluster train`: plans folds, seeds and a sweep, and starts them.
 *
 * @module
 */

import { join, resolve } from "@std/path";
import { initBackend } from "../../lib/backend.ts";
import { measureTraining } from "../../lib/cluster/measure.ts";
import { jobFolders, type TrainJob, trainJobs, type TrainPlan } from "../../lib/cluster/plan.ts";
import { type JobSize, type MeasuredTraining, trainingSize } from "../../lib/cluster/size_jobs.ts";
import { type Variant, variants } from "../../lib/cluster/sweep.ts";
import { SLICE_KEYS } from "../../lib/slices/mod.ts";
import { InputError } from "../../lib/support/errors.ts";
import { largestOf } from "../../lib/support/extremes.ts";
import { formatDuration } from "../../lib/support/format_duration.ts";
import { counted } from "../../lib/support/names_of.ts";
import {
  type Config,
  type ConfigKey,
  type ConfigOverrides,
  modelKeys,
  readModelSettings,
  requireNoRun,
  resolveConfig,
  upgradeConfig,
} from "../../lib/training/mod.ts";
import { createTask, numberFlag, parseTask } from "../support/cli.ts";
import { addConfigFlags } from "../support/flags.ts";
import { backendOptions } from "../support/run.ts";
import {
  addEngineFlags,
  type EngineFlags,
  measuringThreads,
  refuseIgnored,
  resourcesOf,
  workFlags,
} from "./flags.ts";
import { launch, requireOut, resumePlan } from "./launch.ts";

type Flags = EngineFlags & ConfigOverrides & { seeds: number; vary?: string | string[] };

const command = addConfigFlags(addEngineFlags(
  createTask("cluster train", "Train folds, seeds and other settings as independent jobs.")
    .option(
      "--seeds <n>",
      "number of seeds, counted on from --seed; each is a repetition with its own split, weights " +
        "and order",
      numberFlag({ integer: true, min: 1 }),
      1,
    )
    .option("--vary <key=values...>", "a sweep: settings and their values, as hidden=64,128"),
));

/** Plans, and starts or resumes, what the command line asks for. */
export async function run(args: string[]): Promise<number> {
  const flags = await parseTask<Flags>(command, args, upgradeConfig);
  const out = requireOut(flags.out);
  refuseIgnored(command, flags);
  if (flags.resume === true) return await resumePlan(out, flags);
  const { seeds, vary = [], ...overrides } = workFlags(flags);
  const { init } = overrides;
  const shape = init ? modelKeys((await readModelSettings(init)).config) : {};
  const config = absolute(resolveConfig({ ...shape, ...overrides, out }));
  const sweep = variants([vary].flat());
  requireOwnSlices(config, sweep);
  const plan: TrainPlan = { kind: "train", config, seeds, variants: [...sweep] as never };
  const jobs = trainJobs(out, plan);
  for (const folder of jobFolders(out, plan)) await requireNoRun(folder);
  const backend = await initBackend(
    backendOptions({ ...config, threads: measuringThreads(flags, config.threads) }, config),
  );
  const size = await largestSize(jobs).finally(() => backend.dispose());
  console.log(
    `Plan      ${counted(jobs.length, "training")}: ` +
      `${sweep.length > 1 ? `${sweep.length} settings × ` : ""}${counted(seeds, "seed")}` +
      `${config.folds > 0 ? ` × ${config.folds} folds` : ""}, each about ` +
      `${formatDuration(size.seconds)} at the speed of this machine, beside its start and figures`,
  );
  return await launch(out, plan, { flags, resources: resourcesOf(flags, size) });
}

/** The size of the largest training; those whose steps cost the same are measured once. */
async function largestSize(jobs: readonly TrainJob[]): Promise<JobSize> {
  const measured = new Map<string, MeasuredTraining>();
  const sizes: JobSize[] = [];
  for (const { config } of jobs) {
    const costs = JSON.stringify({ ...config, ...FREE });
    if (!measured.has(costs)) measured.set(costs, await measureTraining(config));
    sizes.push(trainingSize(measured.get(costs)!, config.epochs));
  }
  const largest = (key: keyof JobSize) => largestOf(sizes.map((size) => size[key]));
  return {
    seconds: largest("seconds"),
    partSeconds: largest("partSeconds"),
    bytes: largest("bytes"),
  };
}

/** Settings that the cost of a step does not depend on. */
const FREE = {
  ...{ out: 0, seed: 0, fold: 0, epochs: 0, learningRate: 0, betas: 0, eps: 0, schedule: 0 },
  ...{ warmup: 0, lrStep: 0, lrGamma: 0, clipNorm: 0, ema: 0, postprocess: 0 },
} satisfies Partial<Record<ConfigKey, 0>>;

/** Jobs run in the project's folder, wherever the user stands. */
function absolute(config: Config): Config {
  const { data, out, init, prepared, splits } = config;
  const path = (value: string) => value === "" ? "" : resolve(value);
  return {
    ...config,
    ...{ data: resolve(data), out: resolve(out), init: path(init) },
    ...{ prepared: path(prepared), splits: path(splits) },
    patients: /\.[ct]sv$/i.test(config.patients) ? resolve(config.patients) : config.patients,
  };
}

/** Settings of slices that differ need folders of slices that differ. */
function requireOwnSlices({ prepared, out }: Config, sweep: readonly Variant[]): void {
  const keys = Object.keys(sweep[0]!.settings).filter((key) => Object.hasOwn(SLICE_KEYS, key));
  if (prepared === "" || keys.length === 0) return;
  throw new InputError(`Cannot vary ${keys.join(", ")} with one folder of prepared slices`, {
    code: "bad-command-line",
    path: join(out),
    hint: "Omit --prepared: each setting of the slices then gets a folder of its own",
  });
}
