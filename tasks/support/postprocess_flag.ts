/**
 * The flag for what is done to masks.
 *
 * @module
 */

import { type Postprocess, POSTPROCESSES } from "../../lib/evaluation/postprocess.ts";
import { Option } from "./cli.ts";
import type { TrainedRun } from "./trained_models.ts";

/** `--postprocess`: in place of what the run chose on its validation patients. */
export function postprocessFlag(): Option {
  return new Option(
    "--postprocess <what>",
    "keep the largest piece of each class, fill its holes, or leave masks as they are (default: " +
      "what the run chose on its validation patients)",
  ).choices(POSTPROCESSES);
}

/** What is done to the mask of each class. */
export function chosenPostprocess(
  flag: Postprocess | undefined,
  run: TrainedRun,
): readonly Postprocess[] {
  return flag === undefined ? run.postprocess : run.postprocess.map(() => flag);
}
