/**
 * `deno task preprocess`: cuts a data set into normalised slices.
 *
 * @module
 */

import "./support/interrupt.ts";
import * as v from "valibot";
import { formatReport, prepareSlices, SLICE_KEYS } from "../lib/slices/mod.ts";
import { SliceSettingsSchema } from "../lib/slices/slice_settings.ts";
import { StatusLine } from "../lib/support/status_line.ts";
import { type ConfigOverrides, resolveConfig } from "../lib/training/config.ts";
import { createTask, parseTask, runTask } from "./support/cli.ts";
import { LEAVE_OUT, requireSound } from "./support/run.ts";
import { settingFlag } from "./support/setting_flags.ts";

const command = createTask(
  "preprocess",
  "Cut the volumes (or pictures) of a data set into normalised slices of one size",
)
  .option("--data <folder>", "the data set", "data.example")
  .option(
    "--out <folder>",
    "the folder for the slices (default: prepared/<name of the data folder>-<hash of settings " +
      "and data>)",
  );
for (const [key, schema] of Object.entries(SLICE_KEYS)) command.addOption(settingFlag(key, schema));
command.option(...LEAVE_OUT);

await runTask(async () => {
  const { out = "", ...given } = await parseTask<ConfigOverrides>(command);
  // As `train` would, with the preset for the data
  const { data, leaveOut, ...config } = resolveConfig(given);
  const settings = v.parse(SliceSettingsSchema, config);
  using line = new StatusLine();
  const prepared = await prepareSlices({
    data,
    out,
    isTrusted: true,
    settings,
    onProgress: ({ done, total }) => line.count(done, total, "cases"),
  });
  if (prepared.damage !== null) console.log(`made again: ${prepared.damage}`);
  console.log(formatReport(prepared));
  requireSound(prepared, leaveOut);
});
