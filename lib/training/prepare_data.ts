/**
 * From a data set to what training takes: slices, a split by patient, data sets of its parts.
 *
 * @module
 */

import { basename, join, resolve } from "@std/path";
import type { ExtractOptions, PreparedSlices } from "../slices/extract_slices.ts";
import type { Manifest } from "../slices/manifest.ts";
import { prepareSlices } from "../slices/prepare_slices.ts";
import { SliceDataset } from "../slices/slice_dataset.ts";
import { chooseSplit } from "../slices/split/choose_split.ts";
import type { Split } from "../slices/split/split_cases.ts";
import type { Config } from "./config.ts";

/** What {@linkcode prepareData} makes of a data set. */
export interface PreparedData {
  /** The slices of all patients. */
  prepared: PreparedSlices;
  /** Which patients are for what. */
  split: Split;
  /** Slices to learn from. */
  train: SliceDataset;
  /** Slices to choose the best epoch by, if any. */
  validation?: SliceDataset;
}

/**
 * Cuts a data set into slices, unless that was done before, and splits its patients.
 *
 * @param config Its keys on data, slices and split count.
 * @param options.split The split to use in place of a fresh one, as that of a resumed run.
 * @throws {InputError} If the data cannot be used, has too few patients to be split, or the splits
 * file does not fit them.
 */
export async function prepareData(
  config: Config,
  options: { split?: Split; onProgress?: ExtractOptions["onProgress"] } = {},
): Promise<PreparedData> {
  const { onProgress } = options;
  const { data, axis, channel, labels, format, size, fit, clip } = config;
  const prepared = await prepareSlices({
    data,
    out: preparedFolder(config),
    axis,
    channel,
    labels,
    format,
    size,
    ...(size === "pad" ? {} : { fit }),
    ...(clip === "none" ? {} : { clip }),
    ...(onProgress === undefined ? {} : { onProgress }),
  });
  const split = options.split ?? await splitOf(config, prepared.manifest);
  const { folder, manifest } = prepared;
  const open = (cases: readonly string[]) => SliceDataset.open(folder, { cases, manifest });
  return {
    prepared,
    split,
    train: await open(split.train),
    ...(split.validation.length === 0 ? {} : { validation: await open(split.validation) }),
  };
}

async function splitOf(config: Config, { cases, problems }: Manifest): Promise<Split> {
  const { seed, test, validation, folds, fold, splits } = config;
  const ids = cases.map(({ id }) => id);
  const unusable = problems.filter(({ severity }) => severity === "error")
    .map((problem) => problem.case).filter((id) => !ids.includes(id));
  const settings = { seed, test, validation, folds, fold, splits, patients: "auto" };
  return (await chooseSplit(settings, ids, unusable)).split;
}

/**
 * Where the prepared slices of a configuration lie: as it says, else `prepared/<name of the data>`
 * with the size behind it where one is given, so that presets do not overwrite each other's.
 *
 * @example
 * ```ts
 * import { resolveConfig } from "./config.ts";
 * import { preparedFolder } from "./prepare_data.ts";
 * import assert from "node:assert/strict";
 *
 * const config = resolveConfig({ data: "data/Task04", size: [160, 128] });
 * assert.match(preparedFolder(config), /^prepared.Task04-160x128$/);
 * ```
 */
export function preparedFolder({ data, prepared, size }: Config): string {
  if (prepared !== "") return prepared;
  return join("prepared", basename(resolve(data)) + (size === "pad" ? "" : `-${size.join("x")}`));
}
