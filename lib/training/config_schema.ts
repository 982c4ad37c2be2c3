/**
 * Every key of a run's configuration with its default, and the presets as short lists of overrides.
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
 * The keys of a run, grouped. The defaults are for data sets that were not tuned for; comments give
 * the reason where they differ from the tutorial's.
 */
const groups = {
  "Run": {
    preset: setting(
      v.picklist(["example", "general", "hippocampus", "tutorial"]),
      "general",
      "the settings to start from: example for data.example, hippocampus for the benchmark on " +
        "real patients, tutorial as published, general for any other data",
    ),
    data: setting(
      v.pipe(v.string(), v.nonEmpty()),
      "data.example",
      "the data set: in the layout of the Decathlon, nnU-Net or BIDS, or folders images and " +
        "labels; see docs/data.md",
    ),
    out: setting(v.string(), "", "folder of the run; if empty, runs/<preset>-<date>-<time>"),
    seed: setting(
      integer(0),
      0,
      "decides split, initial weights, order of slices and which " +
        "cells fire",
    ),
    init: setting(
      v.string(),
      "",
      "folder of a run or model to start from: its weights, and the settings under Model",
    ),
  },
  "Slices": {
    prepared: setting(
      v.string(),
      "",
      "folder of the prepared slices; if empty, prepared/<name of the data>-<hash of settings " +
        "and data>",
    ),
    ...SLICE_KEYS,
    leaveOut: setting(v.boolean(), false, "train without the cases that have errors"),
  },
  "Split by patient": SPLIT_KEYS,
  "Model": MODEL_KEYS,
  "Optimisation": {
    epochs: setting(integer(1, 1e6), 20, "passes over the training slices"), // with the rate below
    batchSize: setting(integer(1, 4096), 4, "slices per step"), // smoother gradients allow a higher rate
    learningRate: setting(positive, 2e-3, "Adam's step size"), // the tutorial's 1e-4 needs 150 epochs
    betas: setting(pair(fraction), [0.9, 0.999], "decay rates of Adam's two means"),
    eps: setting(positive, 1e-8, "Adam's epsilon"),
    augment: setting(
      v.picklist(["none", "affine", "affine-no-mirror"]),
      "none", // as in the tutorial
      "affine: rotate, shift, scale, brighten and, unless a class's name says left or right, " +
        "mirror training slices at random; affine-no-mirror: without mirroring",
    ),
    schedule: setting(
      v.picklist(["step", "cosine", "cosine-batch"]),
      "cosine", // ends at rate 0, whatever the number of epochs
      "learning rate over the epochs: step, cosine (by epoch) or cosine-batch (by batch)",
    ),
    warmup: setting(
      v.pipe(v.number(), v.minValue(0), v.finite()),
      0, // as in the tutorial
      "epochs in which the learning rate rises from 0, for example 0.25",
    ),
    lrStep: setting(integer(1), 50, "with schedule step: epochs between two steps"),
    lrGamma: setting(positive, 0.5, "with schedule step: factor of the learning rate at each step"),
    clipNorm: setting(
      v.pipe(v.number(), v.minValue(0), v.finite()),
      1, // 60 recurrent steps sometimes give a gradient a hundred times the usual
      "largest norm of the gradients; 0: off",
    ),
    ema: setting(
      fraction,
      0, // as in the tutorial
      "score and keep a running mean of the weights with this decay, for example 0.999; 0: off",
    ),
    emptySlices: setting(
      v.pipe(v.number(), v.minValue(0), v.maxValue(1)),
      1, // as in the tutorial; a model that never saw empty slices finds objects in them
      "fraction of the slices without an object that an epoch trains on; each epoch uses " +
        "different ones",
    ),
  },
  "Masks": {
    postprocess: setting(
      v.picklist(["auto", ...POSTPROCESSES]),
      "auto",
      "postprocessing of the mask of each class: none, keep the largest piece, fill holes; " +
        "auto: whatever raises the validation patients' Dice, chosen after training",
    ),
  },
  "Machine": {
    backend: setting(
      v.string(),
      "auto",
      "where the model runs: wasm, webgpu, tensorflow or ops; auto: the fastest available",
    ),
    threads: setting(integer(0, 256), 0, "threads of the wasm backend; 0: one per core"),
    logEvery: setting(integer(1), 1, "batches between two entries in the event log"),
    checkpointMinutes: setting(positive, 5, "minutes between checkpoints within an epoch"),
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

/** Keys that a resumed run may change: they do not affect finished work. */
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

/** The keys in groups, as `--help` shows them. */
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
    batchSize: 2, // few slices: more steps per epoch matter more than smooth gradients
    learningRate: 3e-3,
    betas: [0.5, 0.5], // as in the Med-NCA paper's code; learns in half of the steps
    augment: "affine", // seven patients to train on
  },
  /** The benchmark on the Decathlon's task 4: see models/hippocampus. */
  hippocampus: {
    axis: 1, // coronal, as the hippocampus is outlined
    spacing: [1, 1], // that of all its volumes, so that other images are brought to the same scale
    size: [36, 40], // cuts off no voxel of a training patient's hippocampus
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
  /** Exactly the published tutorial. */
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
