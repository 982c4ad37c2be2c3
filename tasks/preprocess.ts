/**
 * `deno task preprocess`: a data set cut into normalised slices.
 *
 * @module
 */

import { basename, join, resolve } from "@std/path";
import { Presets, SingleBar } from "cli-progress";
import {
  type ExtractOptions,
  formatReport,
  type PreparedSlices,
  prepareSlices,
} from "../lib/slices/mod.ts";
import {
  createTask,
  numberFlag,
  numberListFlag,
  Option,
  parseTask,
  runTask,
} from "./support/cli.ts";
import { LEAVE_OUT, requireSound } from "./support/run.ts";

const command = createTask(
  "preprocess",
  "Cut the volumes (or pictures) of a data set into normalised slices of one size",
)
  .option("--data <folder>", "the data set", "data.example")
  .option("--out <folder>", "where the slices go (default: prepared/<name of the data folder>)")
  .addOption(
    new Option("--axis <n>", "axis to cut along, 2 is axial in most data sets")
      .argParser(numberFlag({ integer: true, min: 0, max: 2 })).default(2),
  )
  .addOption(
    new Option("--format <name>", "npy is exact, png can be looked at")
      .choices(["npy", "png"]).default("npy"),
  )
  .option("--channel <n>", "channel of 4D volumes", numberFlag({ integer: true, min: 0 }), 0)
  .option(
    "--labels <values>",
    "label values to keep, as 1,2; foreground is all above 0",
    (text: string) => text === "foreground" ? text : numberListFlag({ integer: true })(text),
    "foreground",
  )
  .option(
    "--size <height,width>",
    "size of all slices, multiples of 4; pad takes the smallest that holds all",
    (text: string) => text === "pad" ? text : numberListFlag({ integer: true, length: 2 })(text),
    "pad",
  )
  .addOption(
    new Option("--fit <how>", "how slices come to a size that is given")
      .choices(["pad-or-crop", "resize"]).default("pad-or-crop"),
  )
  .option(
    "--clip <low,high>",
    "percentiles to clip intensities at, as 0.5,99.5, where single hot voxels flatten the contrast",
    numberListFlag({ min: 0, max: 100, length: 2 }),
  )
  .option(...LEAVE_OUT);

await runTask(async () => {
  const flags = await parseTask<Omit<ExtractOptions, "out"> & { out?: string; leaveOut?: boolean }>(
    command,
  );
  const out = flags.out ?? join("prepared", basename(resolve(flags.data)));
  const bar = new SingleBar({
    format: "{bar} {value}/{total} cases, {eta_formatted} left",
    hideCursor: true,
  }, Presets.shades_classic);
  let prepared: PreparedSlices;
  try {
    const { leaveOut: _, ...options } = flags;
    prepared = await prepareSlices({
      ...options,
      out,
      onProgress: ({ done, total }) => {
        if (!bar.isActive) bar.start(total, 0);
        bar.update(done);
      },
    });
  } finally {
    if (bar.isActive) bar.stop();
  }
  console.log(formatReport(prepared));
  requireSound(prepared, flags.leaveOut);
});
