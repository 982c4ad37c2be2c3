import * as v from "valibot";
import { integer, setting } from "../../support/setting.ts";

const fraction = v.pipe(v.number(), v.minValue(0), v.ltValue(1));

/** The keys that define how cases are split. */
export const SPLIT_KEYS = {
  test: setting(fraction, 0.25, "fraction of the patients held out for the final scores"),
  validation: setting(fraction, 0.2, "fraction of the patients used to choose the best weights"),
  folds: setting(
    v.union([v.literal(0), integer(2)], "Expected 0, or at least 2"),
    0,
    "cross-validation: number of folds; 0: off",
  ),
  fold: setting(integer(0), 0, "cross-validation: the fold that is held out, from 0"),
  splits: setting(
    v.string(),
    "",
    "JSON file with the split: a run's split.json, or nnU-Net's splits_final.json (with fold)",
  ),
  patients: setting(
    v.pipe(v.string(), v.nonEmpty()),
    "auto", // scans of one patient in training and test make every score too good
    "which cases are of one patient: auto (by names such as sub-01_ses-2), case (each case is a " +
      "patient), a pattern whose groups are the patient, such as (p\\d+)_, pairs:PATTERN " +
      "(numbers in pairs: 1 and 2, 3 and 4, …), or a CSV file of case,patient",
  ),
};

/** Checks complete split settings. */
export const SplitSettingsSchema = v.object(SPLIT_KEYS);

/** Complete split settings. */
export type SplitSettings = v.InferOutput<typeof SplitSettingsSchema>;
