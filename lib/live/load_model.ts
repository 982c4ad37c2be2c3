/**
 * A model from the files of a run.
 *
 * @module
 */

import * as v from "valibot";
import { parsePostprocess } from "../evaluation/choose_postprocess.ts";
import type { Postprocess } from "../evaluation/postprocess.ts";
import type { TrainedModel } from "../evaluation/predict_case.ts";
import { MedNca } from "../nca/med_nca.ts";
import { type ModelWeights, parseWeights } from "../nca/weights.ts";
import { ModelInputsSchema } from "../slices/model_inputs.ts";
import { InputError } from "../support/errors.ts";
import { type Config, resolveConfig } from "../training/config.ts";
import { modelConfig } from "../training/model_config.ts";
import { upgradeConfig } from "../training/stored_config.ts";
import { type Files, MODEL_FILES, POSTPROCESS_FILE } from "./model_files.ts";

/** A model with everything needed for predictions. */
export interface LoadedModel extends TrainedModel {
  readonly weights: ModelWeights;
  readonly config: Config;
  readonly postprocess: readonly Postprocess[];
}

/**
 * Loads a model.
 *
 * @param files Those of {@linkcode MODEL_FILES}, and perhaps {@linkcode POSTPROCESS_FILE}.
 * @throws {InputError} If one is missing, or damaged, or they do not belong together.
 */
export function loadModel(files: Files): LoadedModel {
  const missing = MODEL_FILES.filter((name) => !files.has(name));
  if (missing.length > 0) {
    throw new InputError(`Cannot read run: ${missing.join(", ")} missing`, {
      code: "bad-run",
      hint: `Choose the folder of a training, or its files: ${MODEL_FILES.join(", ")}`,
    });
  }
  const config = parse(
    files,
    "config.json",
    (value) => resolveConfig(upgradeConfig(v.parse(RecordSchema, value))),
  );
  const inputs = parse(files, "slices.json", (value) => v.parse(ModelInputsSchema, value));
  const [coarse, fine] = MODEL_FILES.map((name) => files.get(name)!);
  const weights = parseWeights([coarse!, fine!], "", modelConfig(config, inputs));
  const chosen = files.get(POSTPROCESS_FILE);
  return {
    ...{ weights, config, inputs },
    model: new MedNca(weights.config, { values: weights.values }),
    postprocess: chosen === undefined
      ? inputs.targets.classes.map(() => "none" as const)
      : parsePostprocess(
        JSON.parse(new TextDecoder().decode(chosen)),
        POSTPROCESS_FILE,
        inputs.targets,
      ),
  };
}

const RecordSchema = v.record(v.string(), v.unknown());

function parse<T>(files: Files, name: string, read: (value: unknown) => T): T {
  try {
    return read(JSON.parse(new TextDecoder().decode(files.get(name)!)));
  } catch (cause) {
    throw new InputError(`Cannot read run: ${(cause as Error).message}`, {
      code: "bad-run",
      path: name,
      cause,
    });
  }
}
