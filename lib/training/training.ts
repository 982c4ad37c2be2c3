/**
 * The state of a running training, and what happens around the lines of its loop.
 *
 * @module
 */

import type * as tf from "@tensorflow/tfjs";
import type { EvalResult } from "../evaluation/eval_med_nca.ts";
import { MedNca } from "../nca/med_nca.ts";
import { rolloutEngine } from "../rollout/rollout.ts";
import { modelInputs } from "../slices/model_inputs.ts";
import type { Targets } from "../slices/case.ts";
import type { SliceDataset } from "../slices/slice_dataset.ts";
import { InputError } from "../support/errors.ts";
import { hash32 } from "../support/random.ts";
import { Adam } from "./adam.ts";
import { augmentBatch, type TrainingBatch, variationOf } from "./augment.ts";
import {
  type Counters,
  firstCounters,
  readCheckpoint,
  requireCoherent,
  restoreModel,
} from "./checkpoint.ts";
import { type Config, requireSameConfig, requireSameSplit, resolveConfig } from "./config.ts";
import { endEpoch } from "./end_epoch.ts";
import { modelConfig } from "./model_config.ts";
import type { EpochMetrics } from "./metrics.ts";
import { Pace } from "./pace.ts";
import { type Progress, silentProgress } from "./progress.ts";
import { runPaths } from "./run_folder.ts";
import { RunRecorder } from "./run_recorder.ts";
import { requireSameInputs } from "./run_sources.ts";
import { learningRateAt } from "./schedule.ts";
import type { TrainOptions, TrainResult } from "./train_options.ts";
import { Diverged, type SavedCheckpoint, SaveError } from "./training_errors.ts";
import { UnreadFigures } from "./unread_figures.ts";
import { WeightMean } from "./weight_mean.ts";

/** Model, optimiser, counters and folder of a training. */
export class Training {
  readonly #batches: number;
  readonly #pace: Pace;
  readonly #figures = new UnreadFigures(rolloutEngine().unreadSteps);
  #rate = 0;
  #since = performance.now();

  /**
   * @param mean The running mean of the weights, if `ema` is set.
   * @param ownsModel Whether the model was made here, and is to be disposed if training fails.
   */
  private constructor(
    readonly config: Config,
    readonly model: MedNca,
    readonly adam: Adam,
    readonly mean: WeightMean | null,
    readonly counters: Counters,
    private readonly train: SliceDataset,
    private readonly recorder: RunRecorder | null,
    private readonly progress: Progress,
    private readonly ownsModel: boolean,
  ) {
    this.#batches = batchesOf(train, config);
    const epochsLeft = config.epochs - counters.epoch;
    this.#pace = new Pace(counters.step - counters.batch + this.#batches * epochsLeft);
  }

  /**
   * Starts or resumes a training.
   *
   * @throws {InputError} As `trainMedNca` does.
   */
  static async open(options: TrainOptions): Promise<Training> {
    const { train, validation, out, resume = false, progress = silentProgress } = options;
    const config = { ...resolveConfig(options.config), prepared: train.folder };
    const split = options.split ?? {
      seed: config.seed,
      train: casesOf(train),
      validation: validation === undefined ? [] : casesOf(validation),
      test: [],
    };
    if (train.lengthWith(config.emptySlices) === 0) {
      throw new RangeError("Cannot train: there are no training slices");
    }
    if (resume && out === undefined) throw new TypeError("Cannot resume: no folder was given");
    const contents = { config, split, slices: modelInputs(train.manifest, split.train) };
    const model = options.model ??
      new MedNca(modelConfig(config, train.manifest.settings), { seed: config.seed });
    const adam = new Adam(model.variables, config);
    const mean = config.ema === 0 ? null : new WeightMean(model, config.ema);
    let counters = firstCounters();
    const goOn = async () => {
      const { checkpoint: path } = runPaths(out!);
      const checkpoint = await readCheckpoint(path);
      requireSameConfig(checkpoint.config, config, out!);
      requireSameSplit(checkpoint.split, split, out!);
      await requireSameInputs(out!, contents.slices);
      requireCoherent(checkpoint.counters, batchesOf(train, config), path);
      restoreModel(checkpoint, model, adam, mean?.model ?? null);
      return counters = checkpoint.counters;
    };
    const ownsModel = options.model === undefined;
    try {
      const { files } = train.manifest;
      const recorder = out === undefined
        ? null
        : await RunRecorder.open(out, contents, files, resume ? goOn : null);
      const training = new Training(
        ...[config, model, adam, mean, counters, train, recorder, progress, ownsModel] as const,
      );
      if (!resume) await training.#save(null); // so that there is one to resume
      progress.start(counters.history, { epochs: config.epochs });
      return training;
    } catch (error) {
      if (ownsModel) model.dispose();
      adam.dispose();
      mean?.dispose();
      throw error;
    }
  }

  /** Whether classes exclude each other. */
  get kind(): Targets["kind"] {
    return this.train.manifest.settings.targets.kind;
  }

  /** The remaining batches of this epoch, augmented if configured. */
  async *batchesLeft(): AsyncGenerator<TrainingBatch, void, void> {
    const { batchSize, seed, emptySlices: empty, augment, neighbours } = this.config;
    const { epoch, batch: start } = this.counters;
    this.#since = performance.now();
    if (start === this.#batches) return;
    const variation = variationOf(this.train, augment === "affine");
    const order = { batchSize, seed, epoch, start, empty, neighbours, shuffle: true };
    for await (const batch of this.train.batches(order)) {
      yield augment === "none"
        ? batch
        : augmentBatch(batch, { ...variation, seed: [seed, epoch, this.counters.batch] });
    }
  }

  /** The fire seeds of the current step, and its learning rate. */
  nextStep({ records }: TrainingBatch): { seeds: number[]; learningRate: number } {
    const { epoch, batch } = this.counters;
    this.#rate = this.#learningRate(batch);
    return {
      seeds: records.map((_, i) => hash32(this.config.seed, epoch, batch, i)),
      learningRate: this.#rate,
    };
  }

  /**
   * Counts a step, and logs it once its figures are available, some steps later.
   *
   * @param figures [loss, Dice loss, cross-entropy, Dice loss of each class, the optimiser's
   * squares]: losses before the step; the squares are finite if all gradients were.
   */
  async log(figures: tf.Tensor1D, { records }: TrainingBatch): Promise<void> {
    const { counters, config: { epochs } } = this;
    const [epoch, lr, batch, step] = [
      ...[counters.epoch + 1, this.#rate, ++counters.batch, ++counters.step] as const,
    ];
    this.mean?.update(step);
    await this.#figures.add(figures, (values) => {
      const [squares, losses] = [values.at(-1)!, [...values.subarray(0, -1)]];
      const [loss, dice, bce] = losses as [number, number, number];
      const bad = !Number.isFinite(loss)
        ? `the loss is ${loss}`
        : !Number.isFinite(squares)
        ? "a gradient is not finite"
        : null;
      if (bad !== null) throw new Diverged(bad, step, this.#saved, records);
      counters.firstLoss ??= loss;
      losses.forEach((value, i) => counters.sums[i] = (counters.sums[i] ?? 0) + value);
      this.recorder?.step(step, { loss, dice, bce });
      const secondsLeft = this.#pace.secondsLeft(step);
      const batches = this.#batches;
      this.progress.step({ epoch, epochs, batch, batches, loss, dice, bce, lr, secondsLeft });
    });
  }

  /** Yields between two steps, and saves when it is time. */
  async pause(): Promise<void> {
    // A timer, unlike setImmediate, lets Deno handle signals and a notebook's messages.
    await new Promise((resolve) => setTimeout(resolve));
    if (!this.recorder?.checkpointDue) return;
    await this.finishBatches();
    await this.#save(null);
  }

  /** Reads all pending figures, and updates the time. */
  async finishBatches(): Promise<void> {
    await this.#figures.read();
    const now = performance.now();
    this.counters.seconds += (now - this.#since) / 1000;
    this.#since = now;
  }

  /**
   * Ends an epoch: computes means, decides whether it is the best, writes a checkpoint.
   *
   * @param scores Of the validation slices, if any.
   */
  async saveEpoch(scores: EvalResult | null): Promise<void> {
    const { counters, config: { epochs } } = this;
    counters.seconds += (performance.now() - this.#since) / 1000;
    const lr = this.#learningRate(counters.batch - 1);
    const names = this.train.manifest.settings.targets.classes.map(({ name }) => name);
    const { metrics, isBest } = endEpoch(counters, { scores, lr, names, saved: this.#saved });
    await this.#save({ metrics, best: isBest });
    const best = isBest && metrics.valVolumeDice !== null;
    this.progress.epoch(metrics, { epochs, best, model: this.mean?.model ?? this.model });
  }

  /**
   * Saves valid steps before training ends early.
   *
   * @param error The reason, which is rethrown; null if the user stopped it.
   */
  async rescue(error: unknown): Promise<void> {
    const isSaved = error instanceof Diverged || error instanceof SaveError;
    try {
      if (!isSaved) {
        await this.finishBatches();
        await this.#save(null);
      }
    } catch (another) {
      if (error === null) throw another;
    }
    if (error !== null) {
      if (this.ownsModel) this.model.dispose();
      throw error;
    }
  }

  /** The result. */
  result(aborted: boolean): TrainResult {
    const { model, counters: { history, best } } = this;
    this.mean?.copyTo(model);
    return { model, history, best, aborted };
  }

  /** Releases the folder, and frees everything but the model. */
  close(): void {
    this.progress.stop();
    this.recorder?.close();
    this.adam.dispose();
    this.mean?.dispose();
  }

  /** The learning rate of a batch of the current epoch, counted from 0. */
  #learningRate(batch: number): number {
    return learningRateAt(this.config, this.counters.epoch + (batch + 0.5) / this.#batches);
  }

  /** The last checkpoint on disk, if the run has a folder. */
  get #saved(): SavedCheckpoint | null {
    return this.recorder?.lastCheckpoint ?? null;
  }

  async #save(epoch: { metrics: EpochMetrics; best: boolean } | null): Promise<void> {
    const { counters, model, adam, mean } = this;
    try {
      await this.recorder?.checkpoint(counters, model, adam, { mean: mean?.model ?? null, epoch });
    } catch (error) {
      if (error instanceof RangeError) {
        throw new Diverged(error.message, counters.step, this.#saved);
      }
      if (error instanceof InputError) throw new SaveError(error, this.#saved!);
      throw error;
    }
  }
}

/** The number of batches in an epoch. */
function batchesOf(train: SliceDataset, { emptySlices, batchSize }: Config): number {
  return Math.ceil(train.lengthWith(emptySlices) / batchSize);
}

function casesOf(dataset: SliceDataset): string[] {
  return [...new Set(dataset.slices.map((slice) => slice.case))].sort();
}
