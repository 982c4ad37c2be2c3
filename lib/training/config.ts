/**
 * The configuration of a run: every key with its default in one place, presets as short lists of
 * overrides, and the check that tells every problem at once.
 *
 * @module
 */

import { basename } from "@std/path";
import * as v from "valibot";
import type { Split } from "../slices/split_cases.ts";
import { InputError } from "../support/errors.ts";
import { nearest } from "../support/nearest.ts";

const integer = (min: number, max = 2 ** 32 - 1) =>
  v.pipe(v.number(), v.integer("Expected an integer"), v.minValue(min), v.maxValue(max));
const side = v.pipe(integer(4), v.multipleOf(4, "Expected multiples of 4"));
const odd = v.pipe(integer(1, 31), v.check((k) => k % 2 === 1, "Expected odd numbers"));
const pair = <Schema extends v.GenericSchema>(schema: Schema) =>
  v.tuple([schema, schema], "Expected two numbers, as 7,3");
const positive = v.pipe(v.number(), v.gtValue(0), v.finite());
const fraction = v.pipe(v.number(), v.minValue(0), v.ltValue(1));

/** A key: its type and limits, its default, and what `--help` and the documentation say of it. */
function key<Schema extends v.GenericSchema>(
  schema: Schema,
  fallback: v.InferOutput<Schema>,
  description: string,
) {
  return v.optional(v.pipe(schema, v.description(description)), fallback);
}

/**
 * The keys of a run. The defaults suit a data set nobody has tuned for; where they are not the
 * tutorial's, the comment says why.
 */
export const ConfigSchema = v.strictObject({
  preset: key(
    v.picklist(["example", "general", "tutorial"]),
    "general",
    "the overrides to start from: example for data.example, tutorial as published, general else",
  ),
  // Data
  data: key(
    v.pipe(v.string(), v.nonEmpty()),
    "data.example",
    "data set: Decathlon layout, or folders images and labels of volumes or PNGs",
  ),
  prepared: key(
    v.string(),
    "",
    "folder of the prepared slices; made from the data's name if empty",
  ),
  out: key(v.string(), "", "folder of the run; runs/<preset>-<date>-<time> if empty"),
  axis: key(v.picklist([0, 1, 2]), 2, "cut volumes along this axis"), // axial, as the tutorial
  channel: key(integer(0), 0, "channel of 4D volumes"), // T2 in the Decathlon's prostate task
  labels: key(
    v.union(
      [v.literal("foreground"), v.pipe(v.array(integer(0)), v.minLength(1))],
      "Expected foreground, or label values as 1,2",
    ),
    "foreground",
    "label values that are the object, as 1,2; foreground: all above 0",
  ),
  size: key(
    v.union([v.literal("pad"), pair(side)], "Expected pad, or height and width as 160,160"),
    "pad", // keeps every voxel of every case; the tutorial drops slices that are not 320×320
    "slice height and width, as 160,160; pad: the largest slice, to a multiple of 4",
  ),
  fit: key(
    v.picklist(["pad-or-crop", "resize"]),
    "resize", // a size that is asked for is asked for speed, and cropping would lose the object
    "how slices come to the size",
  ),
  clip: key(
    v.union(
      [v.literal("none"), pair(v.pipe(v.number(), v.minValue(0), v.maxValue(100)))],
      "Expected none, or two percentiles as 0.5,99.5",
    ),
    "none", // min-max, as the tutorial
    "percentiles of each volume to clip to before scaling to 0..1, as 0.5,99.5",
  ),
  format: key(v.picklist(["npy", "png"]), "npy", "files of the prepared slices"),
  // Split, always by patient
  test: key(fraction, 0.25, "fraction of the patients held out for the final scores"),
  validation: key(fraction, 0.2, "fraction of the patients to choose the best weights by"),
  folds: key(
    v.union([v.literal(0), integer(2)], "Expected 0, or at least 2"),
    0,
    "cross-validation: number of folds; 0 is off",
  ),
  fold: key(integer(0), 0, "cross-validation: which fold is held out, from 0"),
  // Model, as published
  channels: key(integer(3, 64), 16, "numbers a cell holds"),
  hidden: key(integer(1, 1024), 64, "hidden units of the update network"),
  kernels: key(
    pair(odd),
    [7, 3],
    "perception kernel of the coarse and the fine stage",
  ),
  steps: key(
    pair(integer(1, 1000)),
    [40, 20],
    "steps of the coarse and the fine stage",
  ),
  fireRate: key(
    v.pipe(v.number(), v.gtValue(0), v.maxValue(1)),
    0.5,
    "chance of a cell to change in a step",
  ),
  stats: key(
    v.picklist(["slice", "batch"]),
    "slice", // so that training and evaluation normalise alike whatever the batch size
    "batch norm's statistics while training: of each slice, or of the whole batch",
  ),
  // Optimisation
  epochs: key(integer(1, 1e6), 20, "passes over the training slices"), // with the rate below
  batchSize: key(integer(1, 4096), 4, "slices a step"), // smoother gradients bear a higher rate
  learningRate: key(positive, 2e-3, "Adam's step size"), // the tutorial's 1e-4 needs 150 epochs
  betas: key(pair(fraction), [0.9, 0.999], "Adam's decay of its two means"),
  eps: key(positive, 1e-8, "Adam's epsilon"),
  schedule: key(
    v.picklist(["step", "cosine"]),
    "cosine", // ends at rate 0 whatever the number of epochs
    "learning rate over the epochs",
  ),
  lrStep: key(integer(1), 50, "schedule step: epochs between two steps"),
  lrGamma: key(positive, 0.5, "schedule step: what a step multiplies the rate by"),
  clipNorm: key(
    v.pipe(v.number(), v.minValue(0), v.finite()),
    1, // 60 recurrent steps sometimes give a gradient a hundred times the usual
    "scale gradients down to this norm; 0 is off",
  ),
  seed: key(integer(0), 0, "split, initial weights, order and masks all follow from it"),
  // Running
  backend: key(v.string(), "auto", "where the model runs; auto takes the fastest that answers"),
  threads: key(integer(0, 256), 0, "threads of the wasm backend; 0: one a core"),
  logEvery: key(integer(1), 1, "batches between two batch entries of the event log"),
  checkpointMinutes: key(positive, 5, "minutes between two checkpoints within an epoch"),
});

/** A complete configuration, as `config.json` of a run holds it. */
export type Config = v.InferOutput<typeof ConfigSchema>;
/** A key of a {@linkcode Config}. */
export type ConfigKey = keyof Config;
/** Some keys of a {@linkcode Config}; the preset and the defaults give the others. */
export type ConfigOverrides = Partial<Config>;

/** Keys that a resumed run may change: they do not touch what was done already. */
export const RESUMABLE_KEYS: readonly ConfigKey[] = [
  "epochs",
  "backend",
  "threads",
  "logEvery",
  "checkpointMinutes",
  "data",
  "prepared",
  "out",
];

/** Every key, in the order in which help shows them. */
export const CONFIG_KEYS = Object.keys(ConfigSchema.entries) as ConfigKey[];

/** The default of every key. */
export const DEFAULTS: Config = v.getDefaults(ConfigSchema) as Config;

/** What each preset changes of {@linkcode DEFAULTS}. */
export const PRESETS: Record<Config["preset"], ConfigOverrides> = {
  /** Any data set: the defaults. */
  general: {},
  /** The synthetic data set: a few minutes on two cores. */
  example: { size: [160, 160] },
  /** The published tutorial, to the digit. */
  tutorial: {
    stats: "batch",
    epochs: 150,
    batchSize: 1,
    learningRate: 1e-4,
    schedule: "step",
    clipNorm: 0,
  },
};

/** What a key is for: its entry in `--help` and in the documentation. */
export function describeKey(key: ConfigKey): string {
  return v.getDescription(ConfigSchema.entries[key].wrapped) ?? "";
}

/**
 * Completes overrides to a configuration: defaults, then the preset, then the overrides.
 *
 * Without a preset, data.example gets `example` and any other data set `general`.
 *
 * @param overrides As a user gives them; checked here, whatever their static type says.
 * @param source The file they came from, for the error.
 * @throws {InputError} Naming every unknown key with the nearest known one, and every wrong value.
 *
 * @example
 * ```ts
 * import { resolveConfig } from "./config.ts";
 * import assert from "node:assert/strict";
 *
 * const config = resolveConfig({ preset: "tutorial", epochs: 3 });
 * assert.equal(config.learningRate, 1e-4);
 * assert.equal(config.epochs, 3);
 * assert.throws(
 *   () => resolveConfig({ lerningRate: 1 } as object),
 *   /unknown key "lerningRate" \(did you mean "learningRate"\?\)/,
 * );
 * ```
 */
export function resolveConfig(overrides: ConfigOverrides = {}, source?: string): Config {
  const problems: string[] = [];
  for (const [name, value] of Object.entries(overrides)) {
    if (!isConfigKey(name)) {
      const near = nearest(name, CONFIG_KEYS);
      problems.push(`unknown key "${name}"${near ? ` (did you mean "${near}"?)` : ""}`);
      continue;
    }
    const result = v.safeParse(ConfigSchema.entries[name], value);
    if (!result.success) problems.push(`"${name}": ${problemOf(result)}`);
  }
  if (problems.length === 0) {
    const data = overrides.data ?? DEFAULTS.data;
    const preset = overrides.preset ?? (isExample(data) ? "example" : "general");
    const config: Config = { ...DEFAULTS, ...PRESETS[preset], ...overrides, preset };
    if (config.folds > 0 && config.fold >= config.folds) {
      problems.push(`"fold": ${config.fold} of ${config.folds} folds, counted from 0`);
    }
    if (config.test + config.validation >= 1) {
      problems.push('"test" and "validation" leave nobody to train on');
    }
    if (problems.length === 0) return config;
  }
  throw new InputError(`Cannot use config: ${problems.join("; ")}`, {
    ...(source === undefined ? {} : { path: source }),
    hint: "deno task train --help lists every key",
  });
}

/**
 * The value of a key from the text of a flag: a number, numbers separated by commas, or a word.
 *
 * @throws {RangeError} If it is not a value of that key, saying what is.
 *
 * @example
 * ```ts
 * import { parseConfigValue } from "./config.ts";
 * import assert from "node:assert/strict";
 *
 * assert.deepEqual(parseConfigValue("size", "160,160"), [160, 160]);
 * assert.equal(parseConfigValue("size", "pad"), "pad");
 * ```
 */
export function parseConfigValue<Key extends ConfigKey>(key: Key, text: string): Config[Key] {
  const numbers = text.split(/[,x]/).map((part) => part.trim() === "" ? NaN : Number(part));
  const candidates: unknown[] = numbers.some(Number.isNaN)
    ? [text]
    : numbers.length === 1
    ? [numbers[0], numbers, text]
    : [numbers, text];
  const schema = ConfigSchema.entries[key];
  const value = candidates.find((candidate) => v.is(schema, candidate));
  if (value === undefined) throw new RangeError(problemOf(v.safeParse(schema, candidates[0])));
  return value as Config[Key];
}

function problemOf(result: v.SafeParseResult<v.GenericSchema>): string {
  return (result.issues?.[0].message ?? "").replace(/^Invalid [a-z ]+: /, "");
}

function isConfigKey(name: string): name is ConfigKey {
  return Object.hasOwn(ConfigSchema.entries, name);
}

function isExample(data: string): boolean {
  return basename(data) === DEFAULTS.data;
}

/**
 * Checks that a run that is to be resumed is the run that was stopped.
 *
 * @param stored From the checkpoint.
 * @param given What is to go on.
 * @throws {InputError} Naming every setting that differs and must not, and the split if it does.
 */
export function requireSameTraining(
  stored: { config: Config; split: Split },
  given: { config: Config; split: Split },
  folder: string,
): void {
  const differences = CONFIG_KEYS
    .filter((name) => !RESUMABLE_KEYS.includes(name))
    .filter((name) => String(stored.config[name]) !== String(given.config[name]))
    .map((name) => `${name} was ${stored.config[name]}, now ${given.config[name]}`);
  for (const part of ["train", "validation"] as const) {
    if (String(stored.split[part]) !== String(given.split[part])) {
      differences.push(`the ${part} patients are others`);
    }
  }
  if (differences.length === 0) return;
  throw new InputError(`Cannot resume: ${differences.join("; ")}`, {
    path: folder,
    hint: `Only ${RESUMABLE_KEYS.join(", ")} may change; for the rest start another run`,
  });
}
