/**
 * `deno task export`: writes a model for other programs.
 *
 * @module
 */

import "./support/interrupt.ts";
import { join } from "@std/path";
import { encodeOnnxModel } from "../lib/exchange/onnx_model.ts";
import { readWeights } from "../lib/nca/weights.ts";
import { InputError } from "../lib/support/errors.ts";
import { writeFileAtomic } from "../lib/support/files.ts";
import { modelConfig } from "../lib/training/model_config.ts";
import { readModelSettings, runPaths } from "../lib/training/run_folder.ts";
import { createTask, Option, parseTask, runTask } from "./support/cli.ts";
import { requireFlag } from "./support/run.ts";
import { runFolders } from "./support/trained_models.ts";

interface Flags {
  run?: string;
  to: "onnx";
  out?: string;
}

const command = createTask(
  "export",
  "Write a trained model as a file for other programs: image and seed in, logits out, slices of " +
    "any size. Its metadata describe the preprocessing. docs/exchange.md has an example in Python.",
)
  .option(
    "--run <folder>",
    "a run, for example runs/NAME, or a folder with a run's weights and settings",
  )
  .addOption(
    new Option("--to <format>", "the format of the file").choices(["onnx"]).default("onnx"),
  )
  .option("--out <file>", "the file to write (default: model.onnx in the run's folder)");

await runTask(async () => {
  const flags = await parseTask<Flags>(command);
  const run = requireFlag(flags.run, "run", "Give the folder of a training, such as runs/NAME");
  const [folder, ...others] = await runFolders(run) as [string];
  if (others.length > 0) {
    throw new InputError("Cannot export: the run is a cross-validation with one model per fold", {
      code: "bad-run",
      path: run,
      hint: `Export one of them with --run ${folder}`,
    });
  }
  const { config, slices } = await readModelSettings(folder);
  const weights = await readWeights(runPaths(folder).best, modelConfig(config, slices));
  const out = flags.out ?? join(folder, "model.onnx");
  const bytes = encodeOnnxModel(weights, slices);
  await writeFileAtomic(out, bytes);
  const { imageChannels, classes } = weights.config;
  console.log(`${out}  ${(bytes.length / 1000).toFixed(0)} kB, ONNX operators of version 18`);
  console.log(`In   image [slices, ${imageChannels}, height, width], seed, index [slices]`);
  console.log(`Out  logits [slices, ${classes}, height, width]`);
});
