/**
 * A model from the files of a run.
 *
 * @module
 */

import { readPostprocess } from "../evaluation/choose_postprocess.ts";
import type { Postprocess } from "../evaluation/postprocess.ts";
import type { TrainedModel } from "../evaluation/predict_case.ts";
import { MedNca } from "../nca/med_nca.ts";
import { type ModelWeights, readWeights } from "../nca/weights.ts";
import { slicesSeen } from "../slices/neighbours.ts";
import { InputError } from "../support/errors.ts";
import { MEMORY, memoryFiles } from "../support/memory_files.ts";
import type { Config } from "../training/config.ts";
import { modelConfig } from "../training/model_config.ts";
import { readModelSettings } from "../training/run_folder.ts";
import { type Files, MODEL_FILES } from "./model_files.ts";

/** A model with everything needed for predictions. */
export interface LoadedModel extends TrainedModel {
  readonly weights: ModelWeights;
  readonly config: Config;
  readonly postprocess: readonly Postprocess[];
}

const RUN = `${MEMORY}/run`;

/**
 * Loads a model.
 *
 * @param files Those of {@linkcode MODEL_FILES}, and perhaps {@linkcode POSTPROCESS_FILE}.
 * @throws {InputError} If one is missing, or damaged, or they do not belong together.
 */
export async function loadModel(files: Files): Promise<LoadedModel> {
  const missing = MODEL_FILES.filter((name) => !files.has(name));
  if (missing.length > 0) {
    throw new InputError(`Cannot read run: ${missing.join(", ")} missing`, {
      code: "bad-run",
      hint: `Choose the folder of a training, or its files: ${MODEL_FILES.join(", ")}`,
    });
  }
  const paths = [...files.keys()].map((name) => `${RUN}/${name}`);
  for (const [name, bytes] of files) memoryFiles.set(`${RUN}/${name}`, bytes);
  try {
    const { config, slices: inputs } = await readModelSettings(RUN);
    requireAlone(config);
    const weights = await readWeights(RUN, modelConfig(config, inputs));
    return {
      ...{ weights, config, inputs },
      postprocess: await readPostprocess(RUN, inputs.targets),
      model: new MedNca(weights.config, { values: weights.values }),
    };
  } finally {
    for (const path of paths) memoryFiles.delete(path);
  }
}

/** The page's strokes, noise and ten runs are of one slice. */
function requireAlone({ neighbours }: Config): void {
  if (neighbours === 0) return;
  throw new InputError(
    `Cannot show this model: it sees ${slicesSeen(neighbours)} slices at once, this page shows ` +
      "models of one",
    { code: "bad-run", hint: "Segment with deno task predict, or train with --neighbours 0" },
  );
}
