import { type Postprocess, POSTPROCESSES } from "../../lib/evaluation/postprocess.ts";
import { Option } from "./cli.ts";
import type { TrainedRun } from "./trained_models.ts";

/** `--postprocess`: overrides the run's choice. */
export function postprocessFlag(): Option {
  return new Option(
    "--postprocess <what>",
    "postprocessing of each class: keep the largest piece, fill holes, or none (default: the " +
      "run's choice on its validation patients)",
  ).choices(POSTPROCESSES);
}

/** The postprocessing of each class. */
export function chosenPostprocess(
  flag: Postprocess | undefined,
  run: TrainedRun,
): readonly Postprocess[] {
  return flag === undefined ? run.postprocess : run.postprocess.map(() => flag);
}
