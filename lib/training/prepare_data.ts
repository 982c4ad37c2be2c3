import * as v from "valibot";
import type { Problem } from "../slices/discovery/case_source.ts";
import type { ExtractOptions, PreparedSlices } from "../slices/extract_slices.ts";
import { type Manifest, readManifest } from "../slices/manifest.ts";
import { prepareSlices, usePrepared } from "../slices/prepare_slices.ts";
import { holdPrepared } from "../slices/prepared_folder.ts";
import { SliceDataset } from "../slices/slice_dataset.ts";
import { SliceSettingsSchema } from "../slices/slice_settings.ts";
import { chooseSplit } from "../slices/split/choose_split.ts";
import type { Split } from "../slices/split/split_cases.ts";
import { problemLines } from "../slices/verify/problems.ts";
import { InputError } from "../support/errors.ts";
import { type Config, PRESETS } from "./config.ts";

/** The result of {@linkcode prepareData}. Disposing it allows the slices to be replaced. */
export interface PreparedData extends Disposable {
  /** The slices of all patients. */
  prepared: PreparedSlices;
  /** The patients of each part. */
  split: Split;
  /** Warnings about its patients; those about cases are in the manifest. */
  splitProblems: readonly Problem[];
  /** The training slices. */
  train: SliceDataset;
  /** The validation slices, if any. */
  validation?: SliceDataset;
}

/** Options of {@linkcode prepareData}. */
export interface PrepareDataOptions {
  /** The split to use instead of a new one, such as that of a resumed run. */
  split?: Split;
  /**
   * Whether `prepared` was named by the user. A folder named by a run's file is used only if it
   * already holds exactly these slices. Default: true.
   */
  isTrusted?: boolean;
  /** Whether to write nothing: the slices must have been prepared before. Default: false. */
  isReadOnly?: boolean;
  onProgress?: ExtractOptions["onProgress"];
}

/**
 * Cuts a data set into slices, unless that was done before, and splits its patients. The slices
 * cannot be replaced until the result is disposed or the process ends.
 *
 * @param config Only its keys on data, slices and split are used.
 * @throws {InputError} If the data cannot be used, has too few patients, or does not match the
 * splits file.
 */
export async function prepareData(
  config: Config,
  options: PrepareDataOptions = {},
): Promise<PreparedData> {
  const { isTrusted = true, isReadOnly = false, onProgress = () => {} } = options;
  const wanted = {
    data: config.data,
    out: config.prepared,
    isTrusted,
    settings: v.parse(SliceSettingsSchema, config),
  };
  const prepared = isReadOnly
    ? await usePrepared(wanted)
    : await prepareSlices({ ...wanted, onProgress });
  const { folder, manifest } = prepared;
  const hold = await holdPrepared(folder);
  try {
    await requireUnchanged(folder, manifest);
    const chosen = options.split === undefined
      ? await splitOf(config, manifest)
      : { split: options.split, problems: [] };
    const { split } = chosen;
    const open = (cases: readonly string[]) => SliceDataset.open(folder, { cases, manifest });
    return {
      prepared,
      split,
      splitProblems: chosen.problems,
      train: await open(split.train),
      ...(split.validation.length === 0 ? {} : { validation: await open(split.validation) }),
      [Symbol.dispose]: () => hold[Symbol.dispose](),
    };
  } catch (error) {
    hold[Symbol.dispose]();
    throw error;
  }
}

/** Another process may have replaced the slices just before they were locked. */
async function requireUnchanged(folder: string, { identity }: Manifest): Promise<void> {
  if ((await readManifest(folder)).identity === identity) return;
  throw new InputError("Cannot train: another process has replaced the prepared slices", {
    code: "folder-in-use",
    path: folder,
    hint: "Start again with another folder for --prepared",
  });
}

async function splitOf(config: Config, { cases, problems }: Manifest) {
  const ids = cases.map(({ id }) => id);
  const errors = problems.filter(({ severity }) => severity === "error");
  const unusable = [...new Set(errors.map((problem) => problem.case)).difference(new Set(ids))];
  try {
    return await chooseSplit(config, ids, unusable);
  } catch (error) {
    const isPresets = config.splits !== "" && config.splits === PRESETS[config.preset].splits;
    if (!(error instanceof InputError)) throw error;
    if (!isPresets) {
      if (errors.length === 0) throw error;
      const lines = ["Of the other cases:", ...problemLines(errors, 5)];
      const hint = [error.hint, ...lines].join("\n");
      throw new InputError(error.message, { code: error.code, hint, cause: error });
    }
    throw new InputError(error.message, {
      code: error.code,
      hint: `This split belongs to the preset ${config.preset} and its data set. To split other ` +
        'patients by --test and --validation, add --splits ""',
      cause: error,
    });
  }
}
