/**
 * Every key of a run's configuration with its default in one place, and presets as short lists of
 * overrides.
 *
 * @module
 */

import * as v from "valibot";

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
 * The keys of a run, by what they are about. The defaults suit a data set that nobody has tuned
 * for; where they are not the tutorial's, the comment says why.
 */
const groups = {
  "Run": {
    preset: key(
      v.picklist(["example", "general", "hippocampus", "tutorial"]),
      "general",
      "the overrides to start from: example for data.example, hippocampus the benchmark on real " +
        "patients, tutorial as published, general else",
    ),
    data: key(
      v.pipe(v.string(), v.nonEmpty()),
      "data.example",
      "data set: Decathlon layout, or folders images and labels of volumes or PNGs",
    ),
    out: key(v.string(), "", "folder of the run; runs/<preset>-<date>-<time> if empty"),
    seed: key(integer(0), 0, "split, initial weights, order and masks all follow from it"),
  },
  "Slices": {
    prepared: key(
      v.string(),
      "",
      "folder of the prepared slices; made from the data's name if empty",
    ),
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
      "how slices come to a size that is given: resize or pad-or-crop",
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
    leaveOut: key(v.boolean(), false, "go on without the cases that have errors"),
  },
  "Split by patient": {
    test: key(fraction, 0.25, "fraction of the patients held out for the final scores"),
    validation: key(fraction, 0.2, "fraction of the patients to choose the best weights by"),
    folds: key(
      v.union([v.literal(0), integer(2)], "Expected 0, or at least 2"),
      0,
      "cross-validation: number of folds; 0 is off",
    ),
    fold: key(integer(0), 0, "cross-validation: which fold is held out, from 0"),
    splits: key(
      v.string(),
      "",
      "JSON file of case ids instead: a run's split.json, or nnU-Net's splits_final.json and fold",
    ),
  },
  "Model": {
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
  },
  "Optimisation": {
    epochs: key(integer(1, 1e6), 20, "passes over the training slices"), // with the rate below
    batchSize: key(integer(1, 4096), 4, "slices a step"), // smoother gradients bear a higher rate
    learningRate: key(positive, 2e-3, "Adam's step size"), // the tutorial's 1e-4 needs 150 epochs
    betas: key(pair(fraction), [0.9, 0.999], "Adam's decay of its two means"),
    eps: key(positive, 1e-8, "Adam's epsilon"),
    augment: key(
      v.picklist(["none", "affine"]),
      "none", // as the tutorial
      "affine: turn, move, scale, mirror and brighten training slices by chance",
    ),
    schedule: key(
      v.picklist(["step", "cosine", "cosine-batch"]),
      "cosine", // ends at rate 0 whatever the number of epochs
      "learning rate over the epochs; cosine-batch falls with every batch",
    ),
    warmup: key(
      v.pipe(v.number(), v.minValue(0), v.finite()),
      0, // as the tutorial
      "epochs in which the rate rises from 0, as 0.25",
    ),
    lrStep: key(integer(1), 50, "schedule step: epochs between two steps"),
    lrGamma: key(positive, 0.5, "schedule step: what a step multiplies the rate by"),
    clipNorm: key(
      v.pipe(v.number(), v.minValue(0), v.finite()),
      1, // 60 recurrent steps sometimes give a gradient a hundred times the usual
      "scale gradients down to this norm; 0 is off",
    ),
    ema: key(
      fraction,
      0, // as the tutorial
      "score and keep a running mean of the weights with this decay, as 0.999; 0 is off",
    ),
    emptySlices: key(
      v.pipe(v.number(), v.minValue(0), v.maxValue(1)),
      1, // as the tutorial; a model that never saw one finds objects in them
      "share of the slices without object that an epoch trains on, others in every epoch",
    ),
  },
  "Machine": {
    backend: key(
      v.string(),
      "auto",
      "where the model runs: wasm, webgpu, tensorflow, ops; auto takes the fastest that answers",
    ),
    threads: key(integer(0, 256), 0, "threads of the wasm backend; 0: one a core"),
    logEvery: key(integer(1), 1, "batches between two batch entries of the event log"),
    checkpointMinutes: key(positive, 5, "minutes between two checkpoints within an epoch"),
  },
};

/** Checks a complete configuration. */
export const ConfigSchema = v.strictObject({
  ...groups["Run"],
  ...groups["Slices"],
  ...groups["Split by patient"],
  ...groups["Model"],
  ...groups["Optimisation"],
  ...groups["Machine"],
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
  "leaveOut",
  "out",
];

/** The keys by what they are about, as `--help` shows them. */
export const CONFIG_GROUPS: readonly { title: string; keys: readonly ConfigKey[] }[] = Object
  .entries(groups).map(([title, keys]) => ({ title, keys: Object.keys(keys) as ConfigKey[] }));

/** Every key. */
export const CONFIG_KEYS = Object.keys(ConfigSchema.entries) as ConfigKey[];

/** The default of every key. */
export const DEFAULTS: Config = v.getDefaults(ConfigSchema) as Config;

/** What each preset changes of {@linkcode DEFAULTS}. */
export const PRESETS: Record<Config["preset"], ConfigOverrides> = {
  /** Any data set: the defaults. */
  general: {},
  /** The synthetic data set: a few minutes on two cores. */
  example: {
    size: [80, 80], // a sixteenth of the cells, so sixteen times the steps in the same time
    epochs: 50,
    batchSize: 2, // few slices: more steps an epoch count for more than smooth gradients
    learningRate: 3e-3,
    betas: [0.5, 0.5], // as the Med-NCA paper's code; it learns in half of the steps
    augment: "affine", // seven patients to train on
  },
  /** The benchmark on the Decathlon's task 4: see models/hippocampus. */
  hippocampus: {
    axis: 1, // coronal, as the hippocampus is outlined
    size: [36, 40], // no voxel of a training patient's hippocampus is cut off
    fit: "pad-or-crop",
    clip: [1, 99], // some volumes have voxels many times brighter than their tissue
    splits: "models/hippocampus/split.json", // by patient: most have a left and a right case
    epochs: 20,
    batchSize: 8,
    learningRate: 4e-3, // learnt faster than 2e-3 in trials
    schedule: "cosine-batch",
    warmup: 0.2,
    ema: 0.999,
    emptySlices: 0.3,
  },
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

/** The values that a key can have, where they are few. */
export function choicesOf(key: ConfigKey): readonly (string | number)[] | undefined {
  const [schema] = ConfigSchema.entries[key].wrapped.pipe as readonly [
    v.GenericSchema,
    ...unknown[],
  ];
  return "options" in schema && schema.type === "picklist"
    ? schema.options as readonly (string | number)[]
    : undefined;
}
