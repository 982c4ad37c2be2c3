/**
 * What shapes a model and its run: every key with its default and its limits, for configurations and
 * for weight files.
 *
 * @module
 */

import * as v from "valibot";
import { integer, pair, setting } from "../support/setting.ts";

const odd = v.pipe(integer(1, 31), v.check((k) => k % 2 === 1, "Expected odd numbers"));

/** The keys of a model that its user chooses. */
export const MODEL_KEYS = {
  channels: setting(integer(3, 64), 16, "numbers a cell holds"),
  hidden: setting(integer(1, 1024), 64, "hidden units of the update network"),
  kernels: setting(pair(odd), [7, 3], "perception kernel of the coarse and the fine stage"),
  steps: setting(pair(integer(1, 1000)), [40, 20], "steps of the coarse and the fine stage"),
  fireRate: setting(
    v.pipe(v.number(), v.gtValue(0), v.maxValue(1)),
    0.5,
    "chance of a cell to change in a step",
  ),
  stats: setting(
    v.picklist(["slice", "batch"]),
    "slice", // so that training and evaluation normalise alike whatever the batch size
    "batch norm's statistics while training: of each slice, or of the whole batch",
  ),
};

/** The keys of a model that follow from its data. */
const DATA_KEYS = {
  imageChannels: setting(integer(1, 63), 1, "channels of the image, which never change"),
  classes: setting(integer(1, 63), 1, "classes or regions, each with a logit"),
};

/**
 * Checks a stored configuration, every key spelled out. A model of before there could be several image
 * channels and classes has one of each.
 */
export const MedNcaConfigSchema = v.object({
  ...v.required(v.object(MODEL_KEYS)).entries,
  ...DATA_KEYS,
});

/**
 * All that must be known beside the weights to run a Med-NCA. Of the `channels` of a cell's state the
 * first are those of the image, `imageChannels`, behind them stands a logit for each of the `classes`,
 * and what is left is free. `kernels` and `steps` are those of the coarse and of the fine automaton.
 */
export type MedNcaConfig = Readonly<v.InferOutput<typeof MedNcaConfigSchema>>;

/** The published tutorial's Med-NCA, 7,390 parameters. */
export const DEFAULT_MED_NCA_CONFIG: MedNcaConfig = v.getDefaults(
  v.object({ ...MODEL_KEYS, ...DATA_KEYS }),
) as MedNcaConfig;
