/**
 * The flags of a prediction, for `predict` and `cluster predict`.
 *
 * @module
 */

import type { Postprocess } from "../../lib/evaluation/postprocess.ts";
import type { Shard } from "../../lib/slices/discovery/list_images.ts";
import { type Command, numberFlag } from "./cli.ts";
import { configFlag } from "./flags.ts";
import { postprocessFlag } from "./postprocess_flag.ts";
import { requireFlag } from "./run.ts";

/** What the flags of {@linkcode addPredictFlags} give. */
export interface PredictFlags {
  run?: string;
  image?: string;
  series?: string;
  dicomSeg?: boolean;
  out?: string;
  probabilities?: boolean;
  samples: number;
  postprocess?: Postprocess;
  overwrite?: boolean;
  force?: boolean;
  backend?: string;
  threads?: number;
}

/** What is to be predicted, all of it. */
export interface PredictRequest extends PredictFlags {
  /** The run or model. */
  readonly run: string;
  /** A volume, a picture, a folder of them, or a DICOM series. */
  readonly image: string;
  /** The folder for the masks. */
  readonly out: string;
  /** The part of the images; null: all. */
  readonly shard: Shard | null;
}

/** Adds the flags of a prediction. */
export function addPredictFlags(command: Command): Command {
  return command
    .option(
      "--run <folder>",
      "a run, for example runs/NAME, or a folder with a run's weights and settings; a " +
        "cross-validation predicts the mean of its folds",
    )
    .option(
      "--image <path>",
      "a volume, a picture, or a folder of them; or a DICOM series: a folder or a .zip archive",
    )
    .option("--series <number>", "which DICOM series, if there are several")
    .option("--dicom-seg", "for a DICOM series: also write a DICOM Segmentation object, NAME.dcm")
    .option("--out <folder>", "the folder for the masks, which are named after the cases")
    .option(
      "--probabilities",
      "also write the probability of each voxel to NAME_probability, one file per class; with the " +
        "run's temperatures, if it has any",
    )
    .option(
      "--samples <n>",
      "number of predictions, with different fire masks, to average; from 2 on, --probabilities " +
        "also writes NAME_deviation",
      numberFlag({ integer: true, min: 1 }),
      1,
    )
    .addOption(postprocessFlag())
    .option(
      "--overwrite",
      "repeat finished masks, and overwrite files that were changed or are " +
        "from elsewhere",
    )
    .option("--force", "also predict images that the model cannot be right about")
    .addOption(configFlag("backend"))
    .addOption(configFlag("threads"));
}

/**
 * The request of the flags.
 *
 * @throws {InputError} If a flag is missing that must be given.
 */
export function predictRequest(flags: PredictFlags): Omit<PredictRequest, "shard"> {
  const { run, image, out, ...others } = flags;
  return {
    ...others,
    run: requireFlag(run, "run", "Give the folder of a training, such as runs/NAME, or of a model"),
    image: requireFlag(image, "image", "Give a volume, a picture, or a folder of them"),
    out: requireFlag(out, "out", "Give a folder for the masks"),
  };
}
