/**
 * `deno task preprocess`: a data set cut into normalised slices.
 *
 * @module
 */

import {
  formatReport,
  prepareSlices,
  resolveSliceSettings,
  SLICE_KEYS,
  type SliceSettings,
} from "../lib/slices/mod.ts";
import { caseBar } from "./support/case_bar.ts";
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
    "where the slices go (default: prepared/<name of the data folder>-<hash of settings and data>)",
  );
for (const [key, schema] of Object.entries(SLICE_KEYS)) command.addOption(settingFlag(key, schema));
command.option(...LEAVE_OUT);

await runTask(async () => {
  const { data, out = "", leaveOut, ...given } = await parseTask<
    Partial<SliceSettings> & { data: string; out?: string; leaveOut?: boolean }
  >(command);
  const settings = resolveSliceSettings(given);
  using bar = caseBar();
  const prepared = await prepareSlices({
    data,
    out,
    isTrusted: true,
    settings,
    onProgress: bar.show,
  });
  bar[Symbol.dispose]();
  if (prepared.damage !== null) console.log(`made again: ${prepared.damage}`);
  console.log(formatReport(prepared));
  requireSound(prepared, leaveOut);
});
