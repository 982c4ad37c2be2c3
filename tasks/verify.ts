/**
 * `deno task verify`: checks a data set.
 *
 * @module
 */

import "./support/interrupt.ts";
import * as v from "valibot";
import { formatVerification, type SliceSettings, verifyData } from "../lib/slices/mod.ts";
import { SLICE_KEYS, SliceSettingsSchema } from "../lib/slices/slice_settings.ts";
import { formatSeries, mayHoldDicom } from "../lib/slices/discovery/dicom_case.ts";
import { SPLIT_KEYS } from "../lib/slices/split/split_keys.ts";
import { StatusLine } from "../lib/support/status_line.ts";
import { type ConfigOverrides, resolveConfig } from "../lib/training/config.ts";
import { findDicomSeries } from "../lib/volume/dicom/dicom_series.ts";
import { createTask, parseTask, runTask } from "./support/cli.ts";
import { settingFlag } from "./support/setting_flags.ts";

/** The settings that affect the checks: not those of the slices' appearance. */
const KEYS = [
  ...["orientation", "axis", "channel", "labels", "threshold", "spacing", "normalize", "clip"],
  ...["fill"],
] as const;

const command = createTask(
  "verify",
  "Check a data set as training will use it, and list all errors and warnings. Changes nothing. " +
    "The exit status is 1 if there are errors.",
)
  .option("--data <folder>", "the data set; or a folder or .zip archive of DICOM", "data.example");
for (const key of KEYS) command.addOption(settingFlag(key, SLICE_KEYS[key as keyof SliceSettings]));
command.addOption(settingFlag("patients", SPLIT_KEYS.patients));

await runTask(async () => {
  const given = await parseTask<ConfigOverrides>(command);
  const { data, patients, ...config } = resolveConfig(given);
  const settings = v.parse(SliceSettingsSchema, config);
  const series = await mayHoldDicom(data) ? await findDicomSeries(data) : [];
  if (series.length > 0) {
    console.log(["DICOM series, for deno task predict:", ...formatSeries(series)].join("\n"));
    return series.some(({ problems }) => problems.length > 0) ? 1 : 0;
  }
  using line = new StatusLine();
  const verification = await verifyData({
    data,
    patients,
    settings,
    onProgress: ({ done, total }) => line.count(done, total, "cases"),
  });
  console.log(formatVerification(verification));
  return verification.problems.some(({ severity }) => severity === "error") ? 1 : 0;
});
