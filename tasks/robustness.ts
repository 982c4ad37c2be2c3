/**
 * `deno task robustness`: the scores of a run under perturbations.
 *
 * @module
 */

import { INTERRUPTED, saveAtSignals } from "./support/interrupt.ts";
import { join } from "@std/path";
import { initBackend } from "../lib/backend.ts";
import {
  choosePerturbations,
  evaluateRobustness,
  meanRobustness,
  PERTURBATIONS,
  type RobustnessProgress,
  writeRobustness,
} from "../lib/evaluation/robustness/mod.ts";
import { MedNca } from "../lib/nca/med_nca.ts";
import { readWeights } from "../lib/nca/weights.ts";
import { viewOfCase } from "../lib/plots/case_view.ts";
import { plotRobustness, plotRobustnessExamples } from "../lib/plots/robustness.ts";
import { voxelOf } from "../lib/plots/scored_slice.ts";
import { discoverCases } from "../lib/slices/mod.ts";
import { requireCases } from "../lib/slices/split/require_cases.ts";
import { InputError } from "../lib/support/errors.ts";
import { formatDuration } from "../lib/support/format_duration.ts";
import { counted } from "../lib/support/names_of.ts";
import { StatusLine } from "../lib/support/status_line.ts";
import { readRun, runPaths } from "../lib/training/run_folder.ts";
import { createTask, numberFlag, Option, parseTask, runTask } from "./support/cli.ts";
import { configFlag } from "./support/flags.ts";
import { backendOptions, formatDice, requireFlag } from "./support/run.ts";

interface Flags {
  run?: string;
  only?: string;
  quick?: boolean;
  cases?: number;
  split: "test" | "validation" | "train";
  data?: string;
  out?: string;
  seed?: number;
  backend?: string;
  threads?: number;
}

const command = createTask(
  "robustness",
  "Score a trained run on its held-out patients under noise, bias field, translation, scale, " +
    "erased cells and other numbers of steps: robustness.csv and figures in plots/",
)
  .option("--run <folder>", "the run, for example runs/NAME")
  .option(
    "--only <names>",
    `some of ${PERTURBATIONS.map(({ name }) => name).join(", ")}; ` +
      "erased means both kinds (default: all)",
  )
  .option("--quick", "only three strengths of each")
  .option("--cases <n>", "only the first n cases", numberFlag({ integer: true, min: 1 }))
  .addOption(
    new Option("--split <part>", "which of the run's patients").choices([
      "test",
      "validation",
      "train",
    ])
      .default("test"),
  )
  .option("--data <folder>", "the data set (default: the run's)")
  .option(
    "--out <folder>",
    "output folder (default: the run for test, else run/robustness-…)",
  )
  .option(
    "--seed <n>",
    "seed of the noise, fields and directions, and of the cells that fire (default: the run's)",
    numberFlag({ integer: true, min: 0, max: 2 ** 32 - 1 }),
  )
  .addOption(configFlag("backend"))
  .addOption(configFlag("threads"));

await runTask(async () => {
  const flags = await parseTask<Flags>(command);
  const folder = requireFlag(flags.run, "run", "Give the folder of a training, such as runs/NAME");
  const perturbations = flags.only === undefined
    ? PERTURBATIONS
    : choosePerturbations(flags.only.split(",").map((name) => name.trim()));
  const { config, split, slices } = await readRun(folder);
  const cases = split[flags.split].slice(0, flags.cases);
  if (cases.length === 0) {
    throw new InputError(`Cannot score: the run has no ${flags.split} patients`, {
      code: "bad-run",
      path: folder,
    });
  }
  const out = flags.out ??
    (flags.split === "test" ? folder : join(folder, `robustness-${flags.split}`));
  const data = flags.data ?? config.data;
  const found = (await discoverCases(data)).cases;
  requireCases(cases, found.map(({ id }) => id), data);
  const sources = cases.map((id) => found.find((source) => source.id === id)!);
  // Check the weights before the backend compiles kernels.
  const weights = await readWeights(runPaths(folder).best);
  const backend = await initBackend(backendOptions(flags, weights.config));
  using stopping = saveAtSignals("Stopping, the cases done are kept …");
  const { signal } = stopping;
  console.log(`Backend  ${backend.describe()}`);
  const model = new MedNca(weights.config, weights);
  using line = new StatusLine();
  const started = performance.now();
  try {
    const { scores, examples, shown, aborted, problems } = await evaluateRobustness({
      model: { model, inputs: slices },
      sources,
      perturbations,
      quick: flags.quick ?? false,
      batchSize: config.batchSize,
      seed: flags.seed ?? config.seed,
      signal,
      onProgress: (progress) => showProgress(line, progress, started),
    });
    for (const problem of problems) console.error(`warning: ${problem}`);
    if (scores.length === 0) return INTERRUPTED;

    const done = new Set(scores.map((row) => row.case)).size;
    console.log(`Mean volume Dice of ${counted(done, "case")}`);
    for (const { name, title, unit, format } of perturbations) {
      console.log(`  ${title} (${unit})`);
      const means = meanRobustness(scores).filter(({ perturbation }) => perturbation === name);
      for (const { strength, dice, unhealed } of means) {
        const wound = Number.isFinite(unhealed)
          ? `  if nothing healed ${formatDice(unhealed)}`
          : "";
        console.log(`    ${format(strength).padStart(6)}  ${formatDice(dice)}${wound}`);
      }
    }
    const csv = join(out, "robustness.csv");
    await writeRobustness(csv, scores);
    console.log(`Every case is in ${csv}`);
    if (scores.some(({ dice }) => Number.isFinite(dice))) {
      const figure = join(out, "plots", "robustness");
      await plotRobustness(scores).saveBoth(figure);
      const pictures = plotRobustnessExamples(examples, {
        ...{ view: viewOfCase(shown!, slices), voxel: voxelOf(shown!) },
        title: `Under perturbations: ${shown!.id}`,
      });
      await pictures.save(`${figure}_examples.png`);
      console.log(`The figures are ${figure}.png and ${figure}_examples.png`);
    }
    return aborted ? INTERRUPTED : 0;
  } finally {
    model.dispose();
    backend.dispose();
  }
});

function showProgress(
  line: StatusLine,
  { case: id, perturbation, strength, dice, done, total }: RobustnessProgress,
  started: number,
): void {
  if (done === total) return line.clear();
  const left = (performance.now() - started) / 1000 / done * (total - done);
  const what = perturbation === "" ? "nothing changed" : `${perturbation} ${strength}`;
  line.show(
    `${done}/${total}  ${id}  ${what}  Dice ${formatDice(dice)}  ${formatDuration(left)} left`,
  );
}
