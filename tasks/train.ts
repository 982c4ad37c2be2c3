/**
 * `deno task train`: data in; weights, scores and pictures out.
 *
 * @module
 */

import { INTERRUPTED } from "./support/interrupt.ts";
import { join } from "@std/path";
import { initBackend } from "../lib/backend.ts";
import { InputError } from "../lib/support/errors.ts";
import { formatDuration } from "../lib/support/format_duration.ts";
import {
  type Config,
  type ConfigOverrides,
  modelKeys,
  PRESETS,
  readFolds,
  readModelSettings,
  readRun,
  requireNoRun,
  requireRunnable,
  requireSameConfig,
  resolveConfig,
  upgradeConfig,
} from "../lib/training/mod.ts";
import { createTask, parseTask, runTask } from "./support/cli.ts";
import { addConfigFlags } from "./support/flags.ts";
import { projectPath } from "./support/paths.ts";
import { backendOptions } from "./support/run.ts";
import { trainFolds } from "./support/train_folds.ts";
import { trainRun, type TrainRunOptions, type TrainRunResult } from "./support/train_run.ts";

interface Flags extends ConfigOverrides {
  resume?: boolean;
  acceptChanges?: boolean;
}

const command = addConfigFlags(
  createTask(
    "train",
    "Train a Med-NCA: prepare the data, split it by patient, train, score held-out patients, " +
      "draw the figures. Without flags it runs on data.example.",
  )
    .option("--resume", "continue the run in --out")
    .option(
      "--accept-changes",
      "with --resume: continue although images or labels have changed since the run started",
    ),
).addHelpText("after", presetHelp());

await runTask(async () => {
  const { resume = false, acceptChanges = false, ...overrides } = await parseTask<Flags>(
    command,
    Deno.args,
    upgradeConfig,
  );
  const started = performance.now();
  const { config, isFolds } = resume ? await resumedConfig(overrides) : await newConfig(overrides);
  if (!resume) await requireNoRun(config.out);
  await requireApart(config);
  await requireRunnable(config.out);
  const backend = await initBackend(backendOptions(config, config));
  console.log(`Backend   ${backend.describe()}`);
  const options: TrainRunOptions = {
    ...{ resume, acceptChanges },
    isPreparedNamed: (overrides.prepared ?? "") !== "",
    isReadOnly: false,
  };
  try {
    const result = isFolds ? await trainFolds(config, options) : await trainRun(config, options);
    const seconds = (performance.now() - started) / 1000;
    console.log(closing(config, result, { isFolds, seconds }));
    return result.status === "done" ? 0 : INTERRUPTED;
  } finally {
    backend.dispose();
  }
});

/** A configuration, and whether it is a cross-validation's. */
interface Chosen {
  config: Config;
  isFolds: boolean;
}

async function newConfig(overrides: ConfigOverrides): Promise<Chosen> {
  const shape = overrides.init ? modelKeys((await readModelSettings(overrides.init)).config) : {};
  const config = resolveConfig({ ...shape, ...overrides });
  const time = new Date().toLocaleString("sv").slice(0, 16).replace(" ", "-").replace(":", "");
  const out = config.out || projectPath(join("runs", `${config.preset}-${time}`));
  return {
    config: { ...config, out },
    isFolds: config.folds > 0 && overrides.fold === undefined,
  };
}

/** A run's files would be taken for those of the data set, and its masks for labels. */
async function requireApart({ data, out }: Config): Promise<void> {
  const [folder, run] = await Promise.all(
    [data, out].map((path) => Deno.realPath(path).catch(() => null)),
  );
  if (run === null || run !== folder) return;
  throw new InputError("Cannot train: the run would lie in its data set", {
    code: "bad-folder",
    path: out,
    hint: "Give another folder with --out",
  });
}

async function resumedConfig(overrides: ConfigOverrides): Promise<Chosen> {
  const { out } = overrides;
  if (!out) {
    throw new InputError("Cannot resume: no run was named", {
      code: "bad-command-line",
      hint: "Name its folder with --out runs/NAME",
    });
  }
  const folds = await readFolds(out);
  const { config: stored } = folds ?? await readRun(out);
  const config = resolveConfig({ ...stored, ...overrides });
  requireSameConfig(stored, config, out); // before any preparation
  return { config, isFolds: folds !== null };
}

function closing(
  { out, epochs }: Config,
  result: TrainRunResult,
  { isFolds, seconds }: { isFolds: boolean; seconds: number },
): string {
  const goOn = `deno task train --out ${out} --resume`;
  if (result.status === "stopped") {
    return `Stopped in epoch ${result.epoch} of ${epochs}; nothing is lost. Continue with\n  ` +
      `${goOn}`;
  }
  if (result.status === "trained") {
    return `The training is done. Score it with\n  ${
      isFolds ? goOn : `deno task evaluate --run ${out}`
    }`;
  }
  return `
Done in ${formatDuration(seconds)}. In ${out}:
${isFolds ? foldFiles() : runFiles(out, result.best)}

Next:
  deno task predict --run ${out} --image FILE_OR_FOLDER --out masks
  deno task train --data FOLDER           your own volumes, or folders of PNGs
  deno task train --help                  every setting`;
}

function runFiles(out: string, best: number | null): string {
  const epoch = best === null ? "" : `, of epoch ${best}`;
  return `  model1.safetensors, model2.safetensors  the best weights${epoch}; PyTorch loads them too
  summary.json, summary.csv               scores of the held-out patients
  predictions/                            their masks, in the space of their images
  plots/                                  curves, scores, predictions, the mask as it settles
  metrics.csv, events/                    every epoch; tensorboard --logdir ${out}`;
}

function foldFiles(): string {
  return `  fold_0/, fold_1/, …                     one run per fold, with its masks and figures
  summary.json, summary.csv               every patient, scored by the fold that held it out
  plots/                                  the scores of all patients`;
}

function presetHelp(): string {
  const lines = Object.entries(PRESETS).map(([name, overrides]) => {
    const changes = Object.entries(overrides).map(([key, value]) => `${key} ${value}`).join(", ");
    return `  ${name.padEnd(12)}${changes || "the defaults above"}`;
  });
  return `
Presets, and what they change:
${lines.join("\n")}

Examples:
  deno task train                                     everything, on data.example
  deno task train --data data/Task05_Prostate --preset tutorial
  deno task train --data mine --size 256,256 --epochs 50 --out runs/mine
  deno task train --out runs/mine --resume            after Ctrl-C, or to add --epochs
  deno task train --data mine --folds 5 --out runs/cv cross-validation, all folds
  deno task train --data mine --init models/hippocampus`;
}
