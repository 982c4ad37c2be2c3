/**
 * `deno task preprocess`: a data set cut into normalised slices.
 *
 * @module
 */

import { basename, join, resolve } from "@std/path";
import { type ExtractOptions, formatReport, prepareSlices } from "../lib/slices/mod.ts";
import { createTask, numberListFlag, Option, parseTask, runTask } from "./support/cli.ts";
import { caseBar } from "./support/case_bar.ts";
import { axisFlag, channelFlag, labelsFlag } from "./support/slice_flags.ts";
import { LEAVE_OUT, requireSound } from "./support/run.ts";

const command = createTask(
  "preprocess",
  "Cut the volumes (or pictures) of a data set into normalised slices of one size",
)
  .option("--data <folder>", "the data set", "data.example")
  .option("--out <folder>", "where the slices go (default: prepared/<name of the data folder>)")
  .addOption(axisFlag())
  .addOption(
    new Option("--format <name>", "npy is exact, png can be looked at")
      .choices(["npy", "png"]).default("npy"),
  )
  .addOption(channelFlag())
  .addOption(labelsFlag())
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
  using bar = caseBar();
  const { leaveOut: _, ...options } = flags;
  const prepared = await prepareSlices({ ...options, out, onProgress: bar.show });
  bar[Symbol.dispose]();
  console.log(formatReport(prepared));
  requireSound(prepared, flags.leaveOut);
});
