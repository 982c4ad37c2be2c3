/**
 * Every key of a run's configuration with its default in one place, and presets as short lists of
 * overrides.
 *
 * @module
 */

import * as v from "valibot";
import { POSTPROCESSES } from "../evaluation/postprocess.ts";
import { MODEL_KEYS } from "../nca/med_nca_config.ts";
import { SLICE_KEYS } from "../slices/slice_settings.ts";
import { SPLIT_KEYS } from "../slices/split/split_keys.ts";
import { integer, pair, setting } from "../support/setting.ts";

const positive = v.pipe(v.number(), v.gtValue(0), v.finite());
const fraction = v.pipe(v.number(), v.minValue(0), v.ltValue(1));

/**
 * The keys of a run, by what they are about. The defaults suit a data set that nobody has tuned
 * for; where they are not the tutorial's, the comment says why.
 */
const groups = {
  "Run": {
    preset: setting(
      v.picklist(["example", "general", "hippocampus", "tutorial"]),
      "general",
      "the overrides to start from: example for data.example, hippocampus for the benchmark on " +
        "real patients, tutorial as published; general for any other data set",
    ),
    data: setting(
      v.pipe(v.string(), v.nonEmpty()),
      "data.example",
      "data set: Decathlon or nnU-Net layout, BIDS, or folders images and labels; see docs/data.md",
    ),
    out: setting(v.string(), "", "folder of the run; runs/<preset>-<date>-<time> if empty"),
    seed: setting(integer(0), 0, "split, initial weights, order and masks all follow from it"),
    init: setting(
      v.string(),
      "",
      "folder of a run or model whose weights to start from; its shape is taken too",
    ),
  },
  "Slices": {
    prepared: setting(
      v.string(),
      "",
      "folder of the prepared slices; prepared/<name of the data>-<hash of settings and data> if " +
        "empty",
    ),
    ...SLICE_KEYS,
    leaveOut: setting(v.boolean(), false, "go on without the cases that have errors"),
  },
  "Split by patient": SPLIT_KEYS,
  "Model": MODEL_KEYS,
  "Optimisation": {
    epochs: setting(integer(1, 1e6), 20, "passes over the training slices"), // with the rate below
    batchSize: setting(integer(1, 4096), 4, "slices a step"), // smoother gradients bear a higher rate
    learningRate: setting(positive, 2e-3, "Adam's step size"), // the tutorial's 1e-4 needs 150 epochs
    betas: setting(pair(fraction), [0.9, 0.999], "Adam's decay of its two means"),
    eps: setting(positive, 1e-8, "Adam's epsilon"),
    augment: setting(
      v.picklist(["none", "affine"]),
      "none", // as the tutorial
      "affine: turn, move, scale, mirror and brighten training slices by chance",
    ),
    schedule: setting(
      v.picklist(["step", "cosine", "cosine-batch"]),
      "cosine", // ends at rate 0 whatever the number of epochs
      "learning rate over the epochs; cosine-batch falls with every batch",
    ),
    warmup: setting(
      v.pipe(v.number(), v.minValue(0), v.finite()),
      0, // as the tutorial
      "epochs in which the rate rises from 0, as 0.25",
    ),
    lrStep: setting(integer(1), 50, "schedule step: epochs between two steps"),
    lrGamma: setting(positive, 0.5, "schedule step: what a step multiplies the rate by"),
    clipNorm: setting(
      v.pipe(v.number(), v.minValue(0), v.finite()),
      1, // 60 recurrent steps sometimes give a gradient a hundred times the usual
      "scale gradients down to this norm; 0 is off",
    ),
    ema: setting(
      fraction,
      0, // as the tutorial
      "score and keep a running mean of the weights with this decay, as 0.999; 0 is off",
    ),
    emptySlices: setting(
      v.pipe(v.number(), v.minValue(0), v.maxValue(1)),
      1, // as the tutorial; a model that never saw one finds objects in them
      "share of the slices without object that an epoch trains on, others in every epoch",
    ),
  },
  "Masks": {
    postprocess: setting(
      v.picklist(["auto", ...POSTPROCESSES]),
      "auto",
      "what is done to the mask of each class: nothing, keep its largest piece, fill its holes; auto: " +
        "what raises the validation patients' Dice, chosen after training",
    ),
  },
  "Machine": {
    backend: setting(
      v.string(),
      "auto",
      "where the model runs: wasm, webgpu, tensorflow, ops; auto takes the fastest that answers",
    ),
    threads: setting(integer(0, 256), 0, "threads of the wasm backend; 0: one a core"),
    logEvery: setting(integer(1), 1, "batches between two batch entries of the event log"),
    checkpointMinutes: setting(positive, 5, "minutes between two checkpoints within an epoch"),
  },
};

/** Checks a complete configuration. */
export const ConfigSchema = v.strictObject({
  ...groups["Run"],
  ...groups["Slices"],
  ...groups["Split by patient"],
  ...groups["Model"],
  ...groups["Optimisation"],
  ...groups["Masks"],
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
  "postprocess",
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
    channel: [0], // T2; one case has ADC beside it, as in the Decathlon's prostates
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
    spacing: [1, 1], // that of all its volumes, so that a model meets others at the same scale
    size: [36, 40], // no voxel of a training patient's hippocampus is cut off
    fit: "pad-or-crop",
    normalize: "percentile", // some volumes have voxels many times brighter than their tissue
    clip: [1, 99],
    splits: "models/hippocampus/split.json", // by patient: most have a left and a right case
    epochs: 20,
    batchSize: 8,
    learningRate: 4e-3, // learnt faster than 2e-3 in trials
    schedule: "cosine-batch",
    warmup: 0.2,
    ema: 0.999,
    emptySlices: 0.3,
    postprocess: "none", // so that scores compare with those of the paper
  },
  /** The published tutorial, to the digit. */
  tutorial: {
    orientation: "stored",
    channel: [0], // T2 in the Decathlon's prostate task
    stats: "batch",
    epochs: 150,
    batchSize: 1,
    learningRate: 1e-4,
    schedule: "step",
    clipNorm: 0,
    postprocess: "none",
  },
};
