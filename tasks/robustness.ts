/**
 * `deno task robustness`: how far the scores of a run hold where things go wrong.
 *
 * @module
 */

import { join } from "@std/path";
import { initBackend } from "../lib/backend.ts";
import {
  choosePerturbations,
  evaluateRobustness,
  PERTURBATIONS,
  type RobustnessProgress,
  writeRobustness,
} from "../lib/evaluation/robustness/mod.ts";
import { MedNca } from "../lib/nca/med_nca.ts";
import { readWeights } from "../lib/nca/weights.ts";
import { meanRobustness, plotRobustness, plotRobustnessExamples } from "../lib/plots/robustness.ts";
import { discoverCases } from "../lib/slices/mod.ts";
import { InputError } from "../lib/support/errors.ts";
import { formatDuration } from "../lib/training/progress.ts";
import { readRun, runPaths } from "../lib/training/run_folder.ts";
import { createTask, numberFlag, Option, parseTask, runTask } from "./support/cli.ts";
import { configFlag } from "./support/flags.ts";
import { INTERRUPTED, interruptSignal } from "./support/interrupt.ts";
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

/** Seconds between two lines where there is no terminal. */
const SECONDS = 10;

const command = createTask(
  "robustness",
  "Score a trained run on its held-out patients under noise, bias field, translation, scale, " +
    "erased cells and other numbers of steps: robustness.csv and figures in plots/",
)
  .option("--run <folder>", "the run, as runs/NAME")
  .option(
    "--only <names>",
    `some of ${PERTURBATIONS.map(({ name }) => name).join(", ")}; ` +
      "erased is both of its kind (default: all)",
  )
  .option("--quick", "three strengths of each only")
  .option("--cases <n>", "the first n patients only", numberFlag({ integer: true, min: 1 }))
  .addOption(
    new Option("--split <part>", "which patients").choices(["test", "validation", "train"])
      .default("test"),
  )
  .option("--data <folder>", "the data set (default: the run's)")
  .option(
    "--out <folder>",
    "where everything goes (default: the run for test, else run/robustness-…)",
  )
  .option(
    "--seed <n>",
    "other noise, fields and directions, and other cells that fire (default: the run's)",
    numberFlag({ integer: true, min: 0, max: 2 ** 32 - 1 }),
  )
  .addOption(configFlag("backend"))
  .addOption(configFlag("threads"));

await runTask(async () => {
  const flags = await parseTask<Flags>(command);
  const folder = requireFlag(flags.run, "run", "Give the folder of a training, as runs/NAME");
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
  // Checked before the backend compiles anything for them.
  const weights = await readWeights(runPaths(folder).best);
  const backend = await initBackend(backendOptions(flags, weights.config));
  const signal = interruptSignal(() => console.error("\nStopping, the cases done are kept …"));
  console.log(`Backend  ${backend.describe()}`);
  const model = new MedNca(weights.config, weights);
  try {
    const { scores, examples, aborted, problems } = await evaluateRobustness({
      model,
      data,
      cases,
      settings: slices,
      perturbations,
      quick: flags.quick ?? false,
      batchSize: config.batchSize,
      seed: flags.seed ?? config.seed,
      signal,
      onProgress: progressLine(),
    });
    for (const problem of problems) console.error(`warning: ${problem}`);
    if (scores.length === 0) return INTERRUPTED;

    const patients = new Set(scores.map((row) => row.case)).size;
    console.log(`Mean volume Dice of ${patients} ${patients === 1 ? "patient" : "patients"}`);
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
      const chart = plotRobustness(scores);
      for (const ending of ["svg", "png"]) await chart.save(`${figure}.${ending}`);
      const { kind } = await discoverCases(data);
      const pictures = plotRobustnessExamples(examples, {
        view: kind === "png" ? "raw" : { axis: config.axis },
        title: `Under perturbations: ${scores[0]!.case}`,
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

/** Shows what was tried last and the time left, on one line of a terminal. */
function progressLine(): (progress: RobustnessProgress) => void {
  const start = performance.now();
  const terminal = Deno.stderr.isTerminal();
  let last = start;
  return ({ case: id, perturbation, strength, dice, done, total }) => {
    const now = performance.now();
    const left = (now - start) / 1000 / done * (total - done);
    const what = perturbation === "" ? "nothing changed" : `${perturbation} ${strength}`;
    const text = `${done}/${total}  ${id}  ${what}  Dice ${formatDice(dice)}  ` +
      `${formatDuration(left)} left`;
    if (terminal) {
      const line = done === total ? "" : text;
      Deno.stderr.writeSync(new TextEncoder().encode(`\r\x1b[K${line}`));
    } else if (now - last > 1000 * SECONDS) {
      last = now;
      console.error(text);
    }
  };
}
