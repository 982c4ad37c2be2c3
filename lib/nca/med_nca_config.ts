/**
 * The keys that define a model, with defaults and limits, for configurations and weight files.
 *
 * @module
 */

import * as v from "valibot";
import { slicesSeen } from "../slices/neighbours.ts";
import { integer, pair, setting } from "../support/setting.ts";

const odd = v.pipe(integer(1, 31), v.check((k) => k % 2 === 1, "Expected odd numbers"));

/** The keys that the user chooses. */
export const MODEL_KEYS = {
  channels: setting(integer(3, 64), 16, "channels of a cell's state"),
  hidden: setting(integer(1, 1024), 64, "hidden units of the update network"),
  kernels: setting(pair(odd), [7, 3], "perception kernel size of the coarse and fine stage"),
  steps: setting(pair(integer(1, 1000)), [40, 20], "steps of the coarse and fine stage"),
  fireRate: setting(
    v.pipe(v.number(), v.gtValue(0), v.maxValue(1)),
    0.5,
    "probability that a cell changes in a step",
  ),
  stats: setting(
    v.picklist(["slice", "batch"]),
    "slice", // training and evaluation then normalise alike, whatever the batch size
    "batch norm statistics in training: of each slice, or of the whole batch",
  ),
  neighbours: setting(
    integer(0, 7),
    0, // each slice alone, as in the tutorial
    "slices on each side of a slice that the model sees too, as further image channels",
  ),
};

/** The keys that follow from the data. */
const DATA_KEYS = {
  imageChannels: setting(integer(1, 63), 1, "channels of the image, which never change"),
  classes: setting(integer(1, 63), 1, "classes or regions, each with a logit"),
};

const { neighbours, ...REQUIRED_KEYS } = MODEL_KEYS;

/**
 * Checks a stored configuration. Older models, without image channels, classes and neighbours, have
 * one, one and none.
 */
export const MedNcaConfigSchema = v.pipe(
  v.object({
    ...v.required(v.object(REQUIRED_KEYS)).entries,
    neighbours,
    ...DATA_KEYS,
  }),
  v.check(({ imageChannels, neighbours }) => imageChannels % slicesSeen(neighbours) === 0),
);

/**
 * Everything needed beside the weights to run a Med-NCA. The `channels` of a cell's state are
 * `imageChannels` for the image and its `neighbours`, then one logit for each of the `classes`; the
 * rest are free. `kernels` and `steps` are for the coarse and the fine automaton.
 */
export type MedNcaConfig = Readonly<v.InferOutput<typeof MedNcaConfigSchema>>;

/** The published tutorial's Med-NCA, 7,390 parameters. */
export const DEFAULT_MED_NCA_CONFIG: MedNcaConfig = v.getDefaults(
  v.object({ ...MODEL_KEYS, ...DATA_KEYS }),
) as MedNcaConfig;
