import { basename, join } from "@std/path";
import {
  mergeCalibrations,
  readCalibration,
  type RunCalibration,
} from "../../lib/evaluation/calibration/calibration_file.ts";
import { readPostprocess } from "../../lib/evaluation/choose_postprocess.ts";
import { mergeDoubts, readDoubt, type RunDoubt } from "../../lib/evaluation/doubt/doubt_file.ts";
import type { Postprocess } from "../../lib/evaluation/postprocess.ts";
import type { TrainedModel } from "../../lib/evaluation/predict_case.ts";
import { loadWeights, readWeights } from "../../lib/nca/weights.ts";
import type { ModelInputs } from "../../lib/slices/model_inputs.ts";
import { InputError } from "../../lib/support/errors.ts";
import { exists } from "../../lib/support/files.ts";
import type { Config } from "../../lib/training/config.ts";
import { readModelSettings, runPaths } from "../../lib/training/run_folder.ts";
import { readFolds } from "../../lib/training/folds.ts";
import { modelConfig } from "../../lib/training/model_config.ts";

/** The models of a run. */
export interface TrainedRun {
  /** The configuration of its first model. */
  readonly config: Config;
  /** The run of each model: the run itself, or its folds. */
  readonly folders: readonly string[];
  /** The folders of their weights. */
  readonly weights: readonly string[];
  readonly models: readonly TrainedModel[];
  /** The postprocessing of each class; none if folds chose differently. */
  readonly postprocess: readonly Postprocess[];
  /** How doubt is measured; null if nothing was chosen on its validation patients. */
  readonly doubt: RunDoubt | null;
  /** Its temperatures; null if none were fitted on its validation patients. */
  readonly calibration: RunCalibration | null;
  /** Frees the models. */
  dispose(): void;
}

/** A run's settings, before its weights are loaded. */
export interface RunSettings extends Pick<TrainedRun, "config" | "folders"> {
  /** The inputs of its first model. */
  readonly inputs: ModelInputs;
  readonly load: (which: "best" | "last") => Promise<TrainedRun>;
}

/**
 * The folders of a run's folds, in order; the run itself if it has none.
 *
 * @throws {InputError} If some of its folds are not trained yet.
 */
export async function runFolders(folder: string): Promise<string[]> {
  if (await exists(runPaths(folder).config)) return [folder];
  const state = await readFolds(folder);
  if (state !== null && state.done.length < state.config.folds) {
    throw new InputError(
      `Cannot use the cross-validation: ${state.done.length} of ${state.config.folds} folds are ` +
        "done",
      {
        code: "bad-run",
        path: folder,
        hint: `Continue with deno task train --out ${folder} --resume, or use one fold with --run`,
      },
    );
  }
  const folds: string[] = [];
  try {
    for await (const { name, isDirectory } of Deno.readDir(folder)) {
      const path = join(folder, name);
      if (isDirectory && FOLD.test(name) && await exists(runPaths(path).config)) folds.push(path);
    }
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound || error instanceof Deno.errors.NotADirectory)) {
      throw error;
    }
  }
  const number = (path: string) => Number(FOLD.exec(basename(path))![1]);
  return folds.length === 0 ? [folder] : folds.sort((a, b) => number(a) - number(b));
}

const FOLD = /^fold[-_]?(\d+)$/;

/**
 * Reads the settings of a run's models, without weights, so that a backend can be chosen first.
 *
 * @throws {InputError} If a part is missing or damaged, or folds differ in classes or channels.
 */
export async function readTrainedRun(
  folder: string,
): Promise<RunSettings> {
  const folders = await runFolders(folder);
  const settings = await Promise.all(folders.map(readModelSettings));
  const [{ config, slices: first }] = settings as [(typeof settings)[number]];
  const kind = JSON.stringify([first.targets, first.channels]);
  const other = settings.findIndex(({ slices: { targets, channels } }) =>
    JSON.stringify([targets, channels]) !== kind
  );
  if (other > 0) {
    throw new InputError("Cannot use the folds together: their classes or channels differ", {
      code: "bad-run",
      path: folders[other]!,
      hint: "Use one fold, or train all folds with the same settings",
    });
  }
  // Compiling kernels can take minutes: check the weights first
  for (const [i, path] of folders.entries()) {
    const { config, slices } = settings[i]!;
    await readWeights(runPaths(path).best, modelConfig(config, slices));
  }
  const chosen = await Promise.all(folders.map((path) => readPostprocess(path, first.targets)));
  const postprocess = chosen[0]!.map((step, c) =>
    chosen.every((steps) => steps[c] === step) ? step : "none"
  );
  const doubt = mergeDoubts(await Promise.all(folders.map(readDoubt)));
  const calibration = mergeCalibrations(
    await Promise.all(folders.map((path) => readCalibration(path, first.targets))),
  );
  const load = async (which: "best" | "last"): Promise<TrainedRun> => {
    const weights = folders.map((path) => runPaths(path)[which]);
    const models: TrainedModel[] = [];
    const dispose = () => models.forEach(({ model }) => model.dispose());
    try {
      for (const [i, path] of weights.entries()) {
        const { config, slices } = settings[i]!;
        models.push({
          model: await loadWeights(path, modelConfig(config, slices)),
          inputs: slices,
        });
      }
    } catch (error) {
      dispose();
      throw error;
    }
    return { config, folders, weights, models, postprocess, doubt, calibration, dispose };
  };
  return { config, inputs: first, folders, load };
}
