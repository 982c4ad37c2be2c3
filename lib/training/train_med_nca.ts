/**
 * The tutorial's training loop.
 *
 * @module
 */

import * as tf from "@tensorflow/tfjs";
import { evalMedNca, type EvalResult } from "../evaluation/eval_med_nca.ts";
import { MedNca, type MedNcaConfig } from "../nca/med_nca.ts";
import { modelInputs } from "../slices/model_inputs.ts";
import type { SliceDataset } from "../slices/slice_dataset.ts";
import type { Split } from "../slices/split/split_cases.ts";
import { InputError } from "../support/errors.ts";
import { hash32 } from "../support/random.ts";
import { Adam } from "./adam.ts";
import { augmentBatch, mirrorOf } from "./augment.ts";
import { type Counters, firstCounters, readCheckpoint, restoreModel } from "./checkpoint.ts";
import { type Config, type ConfigOverrides, requireSameTraining, resolveConfig } from "./config.ts";
import type { EpochMetrics } from "./metrics.ts";
import { type Progress, silentProgress } from "./progress.ts";
import { runPaths } from "./run_folder.ts";
import { Pace } from "./pace.ts";
import { RunRecorder } from "./run_recorder.ts";
import { learningRateAt } from "./schedule.ts";
import { Diverged, type SavedCheckpoint, SaveError } from "./training_errors.ts";
import { trainingStep } from "./training_step.ts";
import { WeightMean } from "./weight_mean.ts";

/** What {@linkcode trainMedNca} takes. */
export interface TrainOptions {
  /** Slices to learn from. */
  train: SliceDataset;
  /** Slices of other patients, to choose the best epoch by. */
  validation?: SliceDataset;
  /** What differs from the preset and the defaults. */
  config?: ConfigOverrides;
  /** The patients of all parts, for the record; by default those of the two data sets. */
  split?: Split;
  /** Folder of the run. Without one nothing is written. */
  out?: string;
  /** Go on from the checkpoint in `out`. */
  resume?: boolean;
  /** The model to train, freshly made by default. */
  model?: MedNca;
  /** Where progress is shown; nowhere by default. */
  progress?: Progress;
  /** Ends training after the step at hand, with a checkpoint. */
  signal?: AbortSignal;
}

/** What {@linkcode trainMedNca} returns. */
export interface TrainResult {
  /**
   * With the last weights, their running mean where `ema` is set; the best ones are in the run's
   * folder. The caller disposes it.
   */
  model: MedNca;
  /** The epochs that are done, those before a resume among them. */
  history: EpochMetrics[];
  /** The epoch of the best weights, counted from 1, and its volume Dice on the validation set. */
  best: { epoch: number; score: number } | null;
  /** Whether the signal ended it before the last epoch. */
  aborted: boolean;
}

/**
 * Trains a Med-NCA: Dice loss + BCE, Adam, a learning rate by epoch or by batch.
 *
 * Everything follows from the seed: order and masks are functions of seed, epoch and batch. A run
 * that was stopped and resumed ends with the same bits as one that was not.
 *
 * @throws {InputError} If the folder holds a run already or another process trains in it, there is
 * nothing to resume, the loss or a gradient is no longer a number, a slice cannot be read, or the
 * disk is full. What was saved stays good; steps done since are saved first where that is possible.
 *
 * @example
 * ```ts ignore
 * const folder = "prepared/data.example";
 * const train = await SliceDataset.open(folder, { cases: split.train });
 * const validation = await SliceDataset.open(folder, { cases: split.validation });
 * const { history } = await trainMedNca({ train, validation, config: { epochs: 2 } });
 * ```
 */
export async function trainMedNca(options: TrainOptions): Promise<TrainResult> {
  const { train, validation, out, progress = silentProgress } = options;
  const config = resolveConfig(options.config);
  const split = options.split ?? {
    seed: config.seed,
    train: casesOf(train),
    validation: validation === undefined ? [] : casesOf(validation),
    test: [],
  };
  const contents = { config, split, slices: modelInputs(train.manifest, split.train) };
  if (train.lengthWith(config.emptySlices) === 0) {
    throw new RangeError("Cannot train: there are no training slices");
  }

  const model = options.model ?? new MedNca(modelConfig(config), { seed: config.seed });
  const adam = new Adam(model.variables, config);
  const mean = config.ema === 0 ? undefined : new WeightMean(model, config.ema);
  let counters = firstCounters();
  let recorder: RunRecorder | undefined;
  try {
    if (options.resume) {
      if (out === undefined) throw new TypeError("Cannot resume: no folder was given");
      recorder = await RunRecorder.open(out, contents, async () => {
        const checkpoint = await readCheckpoint(runPaths(out).checkpoint);
        requireSameTraining(checkpoint, { config, split }, out);
        restoreModel(checkpoint, model, adam, mean?.model);
        return counters = checkpoint.counters;
      });
    } else if (out !== undefined) {
      recorder = await RunRecorder.open(out, contents);
      // So that there is one to resume from.
      await recorder.checkpoint(counters, model, adam, { mean: mean?.model });
    }
    const run = { ...options, config, model, adam, mean, counters, recorder, progress };
    const aborted = !await trainEpochs(run);
    mean?.copyTo(model);
    return { model, history: counters.history, best: counters.best, aborted };
  } catch (error) {
    if (options.model === undefined) model.dispose();
    throw error;
  } finally {
    progress.stop();
    recorder?.close();
    adam.dispose();
    mean?.dispose();
  }
}

/** The model's part of a configuration. */
export function modelConfig(config: Config): MedNcaConfig {
  const { channels, hidden, kernels, steps, fireRate, stats } = config;
  return { channels, hidden, kernels, steps, fireRate, stats };
}

interface Run {
  train: SliceDataset;
  validation?: SliceDataset;
  config: Config;
  model: MedNca;
  adam: Adam;
  mean: WeightMean | undefined;
  /** Kept up to date as it goes. */
  counters: Counters;
  recorder: RunRecorder | undefined;
  progress: Progress;
  signal?: AbortSignal;
}

/**
 * Steps whose figures are not read yet, so that a GPU never waits for it. Deno looks only every
 * 10 ms whether a GPU is done, which is longer than a step of a large one.
 */
const unreadSteps = () => tf.getBackend() === "webgpu" ? 8 : 1;

/** All epochs that are left; false where the signal ended them. */
async function trainEpochs(run: Run): Promise<boolean> {
  const { config, counters, progress } = run;
  const epochsLeft = config.epochs - counters.epoch;
  const pace = new Pace(counters.step - counters.batch + batchesOf(run) * epochsLeft);
  while (counters.epoch < config.epochs) {
    const finished = await trainBatches(run, pace);
    const started = performance.now();
    const scores = finished ? await validate(run) : undefined;
    if (scores === undefined) {
      await saveCheckpoint(run);
      return false;
    }
    const batches = counters.batch;
    const [loss, dice, bce] = counters.sums.map((sum) => sum / batches) as [number, number, number];
    const metrics: EpochMetrics = {
      epoch: counters.epoch + 1,
      loss,
      dice,
      bce,
      lr: learningRateOf(run, batches - 1),
      ...scores,
      seconds: counters.seconds + (performance.now() - started) / 1000,
    };
    // Without a score to choose by, the last weights are the best.
    const score = metrics.valVolumeDice;
    const best = score === null || counters.best === null || score > counters.best.score;
    if (best) counters.best = { epoch: metrics.epoch, score: score ?? 0 };
    counters.history.push(metrics);
    Object.assign(counters, { epoch: metrics.epoch, batch: 0, sums: [0, 0, 0], seconds: 0 });
    await saveCheckpoint(run, { metrics, best });
    progress.epoch(metrics, { epochs: config.epochs, best: best && score !== null });
  }
  return true;
}

type Scores = Pick<EpochMetrics, "valLoss" | "valDice" | "valBce" | "valVolumeDice">;

/** The scores of the validation patients; undefined where the signal came first. */
async function validate(run: Run): Promise<Scores | undefined> {
  const { validation, config, signal } = run;
  const model = run.mean?.model ?? run.model;
  if (validation === undefined) {
    return { valLoss: null, valDice: null, valBce: null, valVolumeDice: null };
  }
  let result: EvalResult;
  try {
    // The same masks in every epoch, so that epochs compare.
    result = await evalMedNca(model, validation, {
      batchSize: config.batchSize,
      seed: config.seed,
      ...(signal === undefined ? {} : { signal }),
    });
  } catch (error) {
    if (signal?.aborted) return undefined;
    await saveCheckpoint(run).catch(() => {}); // the steps of the epoch are good
    throw error;
  }
  const { diceLoss, bce, volumeDice, slices } = result;
  const valLoss = diceLoss + bce;
  if (!Number.isFinite(valLoss)) {
    const bad = slices.filter((slice) => !Number.isFinite(slice.diceLoss + slice.bce));
    throw new Diverged(`the validation loss is ${valLoss}`, run.counters.step, savedOf(run), bad);
  }
  return {
    valLoss,
    valDice: diceLoss,
    valBce: bce,
    valVolumeDice: Number.isNaN(volumeDice) ? null : volumeDice,
  };
}

/** The batches of an epoch that are left; false where the signal ended them. */
async function trainBatches(run: Run, pace: Pace): Promise<boolean> {
  const { train, config, model, adam, mean, counters, recorder, progress, signal } = run;
  const batches = batchesOf(run);
  let started = performance.now();

  // A step's figures are read while those that follow run.
  const unread: (() => Promise<void>)[] = [];
  const read = async (keep: number) => {
    while (unread.length > keep) await unread.shift()!();
  };
  const save = async () => {
    await read(0);
    counters.seconds += (performance.now() - started) / 1000;
    started = performance.now();
  };

  const trainRest = async () => {
    const { batchSize, seed, emptySlices: empty } = config;
    const { epoch, batch: start } = counters;
    const mirror = mirrorOf(train);
    const reading = { batchSize, seed, epoch, start, empty, shuffle: true };
    for await (const batch of train.batches(reading)) {
      if (signal?.aborted) break;
      const lr = learningRateOf(run, counters.batch);
      const seeds = batch.records.map((_, i) => hash32(seed, epoch, counters.batch, i));
      const input = config.augment === "affine"
        ? augmentBatch(batch, { mirror, seed: [seed, epoch, counters.batch] })
        : batch;
      const figures = trainingStep(model, adam, input, { seeds, learningRate: lr });
      const [place, step] = [++counters.batch, ++counters.step];
      mean?.update(step);
      const values = figures.data<"float32">();
      values.catch(() => {}); // thrown where it is read, unless the next step fails before
      unread.push(async () => {
        const [loss, dice, bce, squares] = [...await values] as [number, number, number, number];
        figures.dispose();
        const bad = !Number.isFinite(loss)
          ? `the loss is ${loss}`
          : !Number.isFinite(squares)
          ? "a gradient is not finite"
          : undefined;
        if (bad !== undefined) throw new Diverged(bad, step, savedOf(run), batch.records);
        [loss, dice, bce].forEach((value, i) => counters.sums[i]! += value);
        recorder?.step(step, [loss, dice, bce]);
        progress.step({
          epoch: epoch + 1,
          epochs: config.epochs,
          batch: place,
          batches,
          loss,
          dice,
          bce,
          lr,
          secondsLeft: pace.secondsLeft(step),
        });
      });
      await read(unreadSteps());
      // A timer, unlike setImmediate, lets Deno look for signals and a notebook's messages.
      await new Promise((resolve) => setTimeout(resolve));
      if (recorder?.checkpointDue) {
        await save();
        await saveCheckpoint(run);
      }
    }
  };
  try {
    if (counters.batch < batches) await trainRest();
    await save();
  } catch (error) {
    if (error instanceof Diverged || error instanceof SaveError) throw error;
    // A slice that cannot be read, say: the steps before it are good
    await save().then(() => saveCheckpoint(run)).catch(() => {});
    throw error;
  }
  return counters.batch === batches;
}

/** How many batches an epoch has. */
function batchesOf({ train, config }: Pick<Run, "train" | "config">): number {
  return Math.ceil(train.lengthWith(config.emptySlices) / config.batchSize);
}

/** The learning rate of a batch of the epoch at hand, counted from 0. */
function learningRateOf(run: Run, batch: number): number {
  return learningRateAt(run.config, run.counters.epoch + (batch + 0.5) / batchesOf(run));
}

async function saveCheckpoint(
  run: Run,
  epoch?: { metrics: EpochMetrics; best: boolean },
): Promise<void> {
  try {
    const options = { mean: run.mean?.model, ...(epoch === undefined ? {} : { epoch }) };
    await run.recorder?.checkpoint(run.counters, run.model, run.adam, options);
  } catch (error) {
    if (error instanceof RangeError) {
      throw new Diverged(error.message, run.counters.step, savedOf(run));
    }
    if (error instanceof InputError) throw new SaveError(error, savedOf(run)!);
    throw error;
  }
}

/** The last checkpoint on disk, if the run is written. */
function savedOf({ recorder }: Run): SavedCheckpoint | undefined {
  return recorder?.lastCheckpoint;
}

function casesOf(dataset: SliceDataset): string[] {
  return [...new Set(dataset.slices.map((slice) => slice.case))].sort();
}
