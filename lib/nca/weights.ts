/**
 * Saves and loads weights: safetensors files that fit PyTorch's `load_state_dict`.
 *
 * @module
 */

import * as v from "valibot";
import { join } from "@std/path";
import { InputError } from "../support/errors.ts";
import { writeFilesAtomic } from "../support/files.ts";
import { readRegularFile } from "../support/read_file.ts";
import { sha256 } from "../support/sha256.ts";
import { parameterShapes } from "./initialization.ts";
import { MedNca } from "./med_nca.ts";
import { DEFAULT_MED_NCA_CONFIG, type MedNcaConfig, MedNcaConfigSchema } from "./med_nca_config.ts";
import {
  decodeSafetensors,
  encodeSafetensors,
  type Safetensors,
  type StoredTensor,
} from "./safetensors.ts";

/** The names of the two weight files in a run's folder: coarse, fine. */
export const WEIGHT_FILES = ["model1.safetensors", "model2.safetensors"] as const;

/**
 * Saves a model as `model1.safetensors` (coarse) and `model2.safetensors` (fine), with PyTorch's
 * parameter names and shapes and the model's configuration in the metadata.
 *
 * @throws {RangeError} If a weight is not finite; existing files are not changed.
 */
export async function saveWeights(model: MedNca, folder: string): Promise<void> {
  const [coarse, fine] = await Promise.all(
    [model.model1, model.model2].map(async ({ variables }) =>
      new Map(
        await Promise.all(
          [...variables].map(async ([name, variable]) =>
            [name, await variable.data<"float32">()] as const
          ),
        ),
      )
    ),
  );
  await writeWeights({ config: model.config, values: [coarse!, fine!] }, folder);
}

/** {@linkcode saveWeights} for weights without a model. */
export async function writeWeights({ config, values }: ModelWeights, folder: string) {
  const stages = values.map((named, stage) => {
    const shapes = parameterShapes({ ...config, kernel: config.kernels[stage]! });
    return new Map([...named].map(([name, data]): [string, StoredTensor] => {
      if (!data.every(Number.isFinite)) throw new RangeError(`${name} is not finite`);
      return [name, { dtype: "F32", shape: shapes.get(name)!, data }];
    }));
  });
  const metadata = {
    format: "pt",
    "med-nca": JSON.stringify(config),
    "med-nca-pair": await digest(stages),
  };
  await writeFilesAtomic(
    stages.map((tensors, stage) => [
      join(folder, WEIGHT_FILES[stage]!),
      encodeSafetensors(tensors, metadata),
    ]),
  );
}

/** A hash of all values of both stages, which shows whether two files belong together. */
async function digest(stages: readonly Map<string, StoredTensor>[]): Promise<string> {
  const values = stages.flatMap((tensors) =>
    [...tensors.values()].flatMap(({ data }) => [...data])
  );
  return (await sha256(Float32Array.from(values))).slice(0, 16);
}

/**
 * A model's configuration and its parameters, coarse and fine, in the form for {@linkcode MedNca}.
 */
export interface ModelWeights {
  config: MedNcaConfig;
  values: [ReadonlyMap<string, Float32Array>, ReadonlyMap<string, Float32Array>];
}

/**
 * Loads a model that {@linkcode saveWeights} saved, or one from PyTorch.
 *
 * @throws {InputError} As `readWeights` does.
 */
export async function loadWeights(
  folder: string,
  config: Partial<MedNcaConfig> = {},
): Promise<MedNca> {
  const weights = await readWeights(folder, config);
  return new MedNca(weights.config, { values: weights.values });
}

/**
 * Reads and checks the weights of a model, before a backend is chosen for it.
 *
 * @param folder Holds `model1.safetensors` and `model2.safetensors`.
 * @param config The configuration: used where the files have none (those from PyTorch), and
 * compared where they do.
 * @throws {InputError} If parameters are missing, unknown or of another shape, or settings differ;
 * the error names all of them.
 */
export async function readWeights(
  folder: string,
  config: Partial<MedNcaConfig> = {},
): Promise<ModelWeights> {
  const paths = WEIGHT_FILES.map((name) => join(folder, name));
  const [coarse, fine] = await Promise.all(
    paths.map(async (path): Promise<StoredStage> => ({
      path,
      ...decodeSafetensors(await readRegularFile(path, READING), path),
    })),
  ) as [StoredStage, StoredStage];
  requirePair(coarse, fine, folder);
  return checkWeights(coarse, fine, config);
}

/** The tensors of one automaton, and their file. */
export type StoredStage = { path: string } & Safetensors;

/**
 * Checks that tensors are the parameters of a Med-NCA.
 *
 * @throws {InputError} As `readWeights` does.
 */
export function checkWeights(
  coarse: StoredStage,
  fine: StoredStage,
  config: Partial<MedNcaConfig>,
): ModelWeights {
  const stored = [storedConfig(coarse), storedConfig(fine)];
  const differences = disagreements(stored[0], stored[1], "the two files")
    .concat(stored.flatMap((s) => disagreements(s, config, "the settings")));
  if (differences.length > 0) {
    throw new InputError(`Cannot load weights: ${[...new Set(differences)].join("; ")}`, {
      code: "bad-weights",
      path: coarse.path,
      hint: "Use both files of one run, with the settings that it was trained with",
    });
  }
  const resolved = { ...DEFAULT_MED_NCA_CONFIG, ...config, ...stored[0] };
  const values = [coarse, fine].map((file, stage) =>
    checkedValues(file, resolved, resolved.kernels[stage]!)
  );
  return { config: resolved, values: [values[0]!, values[1]!] };
}

/** How weights are read, with a size limit far above any model of this kind. */
const READING = {
  what: "weights",
  code: "bad-weights",
  hint: "Give the folder of a run that has finished an epoch",
  most: 2 ** 30,
} as const;

/** A process killed between two renames leaves a new file beside an old one. */
function requirePair(coarse: StoredStage, fine: StoredStage, folder: string): void {
  const [a, b] = [coarse, fine].map(({ metadata }) => metadata["med-nca-pair"]);
  if (a === undefined || b === undefined || a === b) return; // not stored in PyTorch's files
  throw new InputError("Cannot load weights: the two files are of different steps", {
    code: "bad-weights",
    path: folder,
    hint: "Continue the run with deno task train --resume: it writes both again",
  });
}

/** The configuration in a file's metadata; empty for files from PyTorch. */
function storedConfig({ metadata, path }: StoredStage): Partial<MedNcaConfig> {
  const text = Object.hasOwn(metadata, "med-nca") ? metadata["med-nca"]! : undefined;
  if (text === undefined) return {};
  try {
    return v.parse(MedNcaConfigSchema, JSON.parse(text));
  } catch (cause) {
    throw new InputError("Cannot read weights: the configuration in the metadata is broken", {
      code: "bad-weights",
      path,
      cause,
    });
  }
}

function disagreements(
  a: Partial<MedNcaConfig> = {},
  b: Partial<MedNcaConfig> = {},
  where: string,
): string[] {
  const keys = Object.keys(a).filter((key) => Object.hasOwn(b, key)) as (keyof MedNcaConfig)[];
  return keys.filter((key) => String(a[key]) !== String(b[key]))
    .map((key) => `${key} differs from ${where} (${a[key]} and ${b[key]})`);
}

/** PyTorch's count of batch norm updates, which has no effect without running statistics. */
const IS_COUNTER = /(^|\.)num_batches_tracked$/;

function checkedValues(
  { tensors, path }: StoredStage,
  { channels, imageChannels, hidden }: MedNcaConfig,
  kernel: number,
): Map<string, Float32Array> {
  const shapes = parameterShapes({ channels, imageChannels, hidden, kernel });
  const problems: string[] = [];
  const values = new Map<string, Float32Array>();
  for (const [name, shape] of shapes) {
    const tensor = tensors.get(name);
    if (!tensor) problems.push(`${name} is missing`);
    else if (!["F32", "F64"].includes(tensor.dtype)) problems.push(`${name} is ${tensor.dtype}`);
    else if (String(tensor.shape) !== String(shape)) {
      problems.push(`${name} is [${tensor.shape}] instead of [${shape}]`);
    } else {
      const data = Float32Array.from(tensor.data);
      if (data.some(Number.isNaN)) problems.push(`${name} has values that are not numbers (NaN)`);
      else if (!data.every(Number.isFinite)) problems.push(`${name} has infinite values`);
      else values.set(name, data);
    }
  }
  for (const name of tensors.keys()) {
    if (!shapes.has(name) && !IS_COUNTER.test(name)) problems.push(`${name} is unknown`);
  }
  if (problems.length > 0) {
    throw new InputError(`Cannot load weights: ${problems.join("; ")}`, {
      code: "bad-weights",
      path,
      hint: `The file must hold an NCA of ${channels} channels, ${hidden} hidden units and a ` +
        `${kernel}×${kernel} kernel`,
    });
  }
  return values;
}
