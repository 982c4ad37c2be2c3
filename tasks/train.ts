/**
 * `deno task train`: data in; weights, scores and pictures out.
 *
 * @module
 */

import { join } from "@std/path";
import { type Backend, initBackend } from "../lib/backend.ts";
import { evaluateCases } from "../lib/evaluation/evaluate_cases.ts";
import { formatScores } from "../lib/evaluation/format_scores.ts";
import { discoverCases, formatReport } from "../lib/slices/mod.ts";
import { requireCases } from "../lib/slices/split/require_cases.ts";
import { InputError } from "../lib/support/errors.ts";
import { formatDuration } from "../lib/support/format_duration.ts";
import { StatusLine } from "../lib/support/status_line.ts";
import {
  type Config,
  type ConfigOverrides,
  prepareData,
  PRESETS,
  readRun,
  requireNoRun,
  requireRunnable,
  requireSameSources,
  resolveConfig,
  terminalProgress,
  trainMedNca,
} from "../lib/training/mod.ts";
import { createTask, parseTask, runTask } from "./support/cli.ts";
import { addConfigFlags } from "./support/flags.ts";
import { INTERRUPTED, interruptSignal } from "./support/interrupt.ts";
import { backendOptions, requireSound, showScore } from "./support/run.ts";
import { readTrainedRun } from "./support/trained_models.ts";

const command = addConfigFlags(
  createTask(
    "train",
    "Train a Med-NCA: prepare the data, split it by patient, train, score held-out patients, " +
      "draw the figures. Without flags it runs on data.example.",
  ).option("--resume", "go on with the run in --out")
    .option("--accept-changes", "resume although images or labels were changed since the start"),
).addHelpText("after", presetHelp());

await runTask(async () => {
  const { resume = false, acceptChanges = false, ...overrides } = await parseTask<
    ConfigOverrides & { resume?: boolean; acceptChanges?: boolean }
  >(command);
  const config = resume ? await resumedConfig(overrides) : newConfig(overrides);
  if (!resume) await requireNoRun(config.out);
  await requireRunnable(config.out);
  if (resume && !acceptChanges) await requireSameSources(config.out, config.data);
  const isTrusted = !resume || overrides.prepared !== undefined;
  const backend = await initBackend(backendOptions(config, config));
  try {
    return await run(config, backend, { resume, isTrusted });
  } finally {
    backend.dispose();
  }
});

function newConfig(overrides: ConfigOverrides): Config {
  const config = resolveConfig(overrides);
  const time = new Date().toLocaleString("sv").slice(0, 16).replace(" ", "-").replace(":", "");
  const out = config.out || join("runs", `${config.preset}-${time}`);
  return { ...config, out };
}

async function resumedConfig(overrides: ConfigOverrides): Promise<Config> {
  if (!overrides.out) {
    throw new InputError("Cannot resume: no run was named", {
      code: "bad-command-line",
      hint: "Name its folder with --out runs/NAME",
    });
  }
  const { config } = await readRun(overrides.out);
  return resolveConfig({ ...config, ...overrides });
}

async function run(
  config: Config,
  backend: Backend,
  { resume, isTrusted }: { resume: boolean; isTrusted: boolean },
): Promise<number> {
  const started = performance.now();
  const { out } = config;
  console.log(`Backend   ${backend.describe()}`);
  const stored = resume ? { split: (await readRun(out)).split } : {};
  using line = new StatusLine();
  using data = await prepareData(config, {
    ...stored,
    isTrusted,
    onProgress: ({ done, total }) => line.count(done, total, "cases prepared"),
  });
  const { prepared, split, train, validation, problems } = data;
  console.log(`Data      ${formatReport(prepared).replaceAll("\n", "\n          ")}`);
  requireSound(prepared, config.leaveOut);
  for (const { case: name, message } of problems.slice(prepared.manifest.problems.length)) {
    console.log(`          ${name}: ${message}`);
  }
  console.log(
    `Patients  ${split.train.length} to train on, ${split.validation.length} to choose the ` +
      `best weights by, ${split.test.length} held out`,
  );
  console.log(`Run       ${out}, preset ${config.preset}, ${config.epochs} epochs`);

  const signal = interruptSignal(() => console.error("\nStopping after this step, saving …"));
  const result = await trainMedNca({
    train,
    ...(validation === undefined ? {} : { validation }),
    config,
    split,
    out,
    resume,
    signal,
    progress: terminalProgress(),
  });
  result.model.dispose();
  if (result.aborted) {
    console.log(
      `Stopped in epoch ${result.history.length + 1} of ${config.epochs}; nothing is lost. ` +
        `Go on with\n  deno task train --out ${out} --resume`,
    );
    return INTERRUPTED;
  }
  try {
    if (split.test.length > 0) await score(config, split.test, signal);
    await draw(out);
  } catch (error) {
    if (!signal.aborted) throw error;
    console.log(`The training is done. Score it with\n  deno task evaluate --run ${out}`);
    return INTERRUPTED;
  }
  console.log(closing(config, result.best, (performance.now() - started) / 1000));
  return 0;
}

async function score(config: Config, ids: readonly string[], signal: AbortSignal) {
  const { out, data, batchSize, seed } = config;
  console.log(`\nHeld-out patients, with the best weights`);
  const { cases } = await discoverCases(data);
  requireCases(ids, cases.map(({ id }) => id), data);
  const run = await (await readTrainedRun(out)).load("best");
  try {
    const summary = await evaluateCases({
      models: run.models,
      sources: cases.filter(({ id }) => ids.includes(id)),
      out,
      predictions: join(out, "predictions"),
      variances: null,
      postprocess: run.postprocess,
      ...{ batchSize, seed, samples: 1, signal },
      onProgress: showScore,
    });
    for (const line of formatScores(summary)) console.log(`  ${line}`);
  } finally {
    run.dispose();
  }
}

async function draw(out: string): Promise<void> {
  const { plotRun } = await import("../lib/plots/plot_run.ts"); // slow to load, needed only here
  const { skipped } = await plotRun(out);
  for (const reason of skipped) console.error(`Not drawn: ${reason}`);
}

function closing(
  { out }: Config,
  best: { epoch: number } | null,
  seconds: number,
): string {
  return `
Done in ${formatDuration(seconds)}. In ${out}:
  model1.safetensors, model2.safetensors  the best weights${
    best === null ? "" : `, of epoch ${best.epoch}`
  }; PyTorch loads them too
  summary.json, summary.csv               scores of the held-out patients
  predictions/                            their masks, in the space of their images
  plots/                                  curves, scores, predictions, the mask as it settles
  metrics.csv, events/                    every epoch; tensorboard --logdir ${out}

Next:
  deno task predict --run ${out} --image FILE_OR_FOLDER --out masks
  deno task train --data FOLDER           your own volumes, or folders of PNGs
  deno task train --help                  every setting`;
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
  deno task train --out runs/mine --resume            after Ctrl-C, or to add --epochs`;
}
