/**
 * Segments a case: the only place where a model, or an ensemble, is applied to one.
 *
 * @module
 */

import * as tf from "@tensorflow/tfjs";
import { cellSeed } from "../nca/cell_seeds.ts";
import { eraseCells } from "../nca/erase_cells.ts";
import type { ForwardOptions, Intervention, MedNca } from "../nca/med_nca.ts";
import type { Case, LabelPlane } from "../slices/case.ts";
import { labelToModelGrid, toOriginalGrid } from "../slices/geometry.ts";
import { interleave } from "../slices/interleave.ts";
import type { ModelInputs } from "../slices/model_inputs.ts";
import { modelSlice } from "../slices/neighbours.ts";
import type { ImageSlice, SliceGeometry } from "../slices/types.ts";
import { probabilitiesOf, storedMask } from "./probabilities.ts";

/** The number of predictions in the paper's quality metric. */
export const UNCERTAINTY_SAMPLES = 10;

/** A model and what it was trained on. */
export interface TrainedModel {
  /** Not changed. */
  readonly model: MedNca;
  readonly inputs: ModelInputs;
}

/** A model, and a case opened with its settings. */
export interface ModelView extends TrainedModel {
  readonly opened: Pick<Case, "indices" | "extent" | "slice">;
}

/** How {@linkcode predictCase} runs. */
export interface PredictCaseOptions {
  /** Slices per batch; does not affect the result. Default: 4. */
  readonly batchSize: number;
  /** Decides which cells fire, together with each slice's index in its case. Default: 0. */
  readonly seed: number;
  /** Number of runs with different fire masks to average over. Default: 1. */
  readonly samples: number;
  /**
   * Whether to return probabilities, and deviations of several runs, beside masks. Default: true.
   */
  readonly keepProbabilities: boolean;
  /** Whether to return the mask of each run too. Default: false. */
  readonly keepRuns: boolean;
  /** Steps of both automata instead of the model's own. */
  readonly steps?: readonly [coarse: number, fine: number];
  /** Cells to erase during the run, to see whether they heal. */
  readonly wound?: Wound;
  /** Stops the work; the promise is rejected with the signal's reason. */
  readonly signal?: AbortSignal | undefined;
  /** Called after each batch with the number of finished slices. */
  readonly onProgress?: (done: number, total: number) => void;
}

/** Cells that are reset during a rollout; see {@linkcode eraseCells}. */
export interface Wound {
  /** The stage. */
  readonly stage: "coarse" | "fine";
  /** The number of its steps before the reset. */
  readonly step: number;
  /** 1 for each pixel to be erased, one plane per slice. */
  readonly cells: readonly LabelPlane[];
}

/** The prediction of a case, plane by plane in its slice frame. */
export interface CasePrediction {
  /** Codes, one plane per index of the case. */
  readonly masks: Uint8Array[];
  /** The probability of each class, 0 to 1: the mean of all runs. `[class][slice]`; empty if not kept. */
  readonly probabilities: Float32Array[][];
  /**
   * The standard deviation of the probability over the runs (of these runs, not an estimate): where
   * the model is unsure. `[class][slice]`; empty if not kept, or for one run.
   */
  readonly deviations: Float32Array[][];
  /** The mask of each run, model after model: `[run][slice]`; empty if not kept. */
  readonly runs: Uint8Array[][];
  /**
   * The NCA quality metric (NQM): the sum of the deviations of all voxels and classes over the sum
   * of their means. 0 if all runs agree, or for one run; the larger, the less reliable is the
   * prediction. It needs no label. NaN if every mean is 0.
   *
   * Source: J. Kalkhof and A. Mukhopadhyay, "M3D-NCA", MICCAI 2023.
   */
  readonly quality: number;
}

/**
 * Segments a case in batches of slices. Batch norm uses the statistics of each slice, and fire
 * masks depend only on the seed and the slice's index in its case, so the same pixels get the same
 * mask whatever the batch or the file's name.
 *
 * @param views One model, or several whose probabilities are averaged.
 * @returns Masks in the case's slice frame, for `Case.save`.
 * @throws The signal's reason, if it was aborted.
 *
 * @example
 * ```ts ignore
 * const settings = await readModelSettings("models/hippocampus");
 * const model = await loadWeights("models/hippocampus");
 * const { views, opened } = await openViews([{ model, inputs: settings.slices }], source, false);
 * const { masks } = await predictCase(views);
 * await opened.save("masks", masks, { suffix: "" });
 * ```
 */
export async function predictCase(
  views: readonly ModelView[],
  given: Partial<PredictCaseOptions> = {},
): Promise<CasePrediction> {
  const options = { ...DEFAULTS, ...given };
  const { batchSize, samples, keepProbabilities, keepRuns, signal, onProgress } = options;
  const [{ inputs: { targets }, opened: { indices } }] = views as [ModelView];
  const { classes } = targets;
  const k = classes.length;
  const several = views.length * samples > 1;
  const result = {
    masks: [] as Uint8Array[],
    probabilities: keepProbabilities ? classes.map((): Float32Array[] => []) : [],
    deviations: keepProbabilities && several ? classes.map((): Float32Array[] => []) : [],
    runs: Array.from({ length: keepRuns ? views.length * samples : 0 }, (): Uint8Array[] => []),
  };
  const sums = { deviation: 0, mean: 0 };
  for (let done = 0; done < indices.length; done += batchSize) {
    signal?.throwIfAborted();
    const places = indices.slice(done, done + batchSize).map((_, i) => done + i);
    for (const { mean, deviation, runs } of await predictBatch(views, places, options)) {
      result.masks.push(storedMask(mean, targets));
      for (const [run, mask] of runs.entries()) result.runs[run]!.push(mask);
      const pixels = mean.length / k;
      for (const c of classes.keys()) {
        const plane = [c * pixels, (c + 1) * pixels] as const;
        result.probabilities[c]?.push(mean.slice(...plane));
        result.deviations[c]?.push(deviation.slice(...plane));
      }
      sums.mean += sum(mean);
      sums.deviation += sum(deviation);
    }
    onProgress?.(Math.min(done + batchSize, indices.length), indices.length);
    // Lets timers, signals and a notebook's display run.
    await new Promise((resolve) => setTimeout(resolve));
  }
  return { ...result, quality: sums.deviation / sums.mean };
}

const DEFAULTS: PredictCaseOptions = {
  batchSize: 4,
  seed: 0,
  samples: 1,
  keepProbabilities: true,
  keepRuns: false,
};

/** A slice in its own size: k × pixels values, and the mask of each run if it is kept. */
interface SlicePrediction {
  readonly mean: Float32Array;
  readonly deviation: Float32Array;
  readonly runs: readonly Uint8Array[];
}

async function predictBatch(
  views: readonly ModelView[],
  places: readonly number[],
  options: PredictCaseOptions,
): Promise<SlicePrediction[]> {
  const runs = places.map(() => ({
    statistics: new RunningStatistics(),
    masks: [] as Uint8Array[],
  }));
  for (const view of views) {
    const { model, inputs: { targets }, opened: { indices } } = view;
    for (const batch of sameSize(places.map((place) => onGrid(view, place)))) {
      for (let sample = 0; sample < options.samples; sample++) {
        const logits = await readLogits(model, batch.map(({ slice }) => slice), {
          seeds: batch.map(({ place }) => cellSeed(options.seed, indices[place]!, sample)),
          stats: "slice",
          ...(options.steps && { steps: options.steps }),
          ...(options.wound &&
            { intervention: intervene(options.wound, batch, model.config.imageChannels) }),
        });
        const length = logits.length / batch.length;
        for (const [i, { place, geometry }] of batch.entries()) {
          const own = logits.subarray(i * length, (i + 1) * length);
          const k = targets.classes.length;
          const planes = toOriginalGrid(probabilitiesOf(own, targets.kind, k), geometry, 0);
          const { statistics, masks } = runs[place - places[0]!]!;
          statistics.add(planes);
          if (options.keepRuns) {
            masks.push(storedMask(planes, targets));
          }
        }
      }
    }
  }
  return runs.map(({ statistics, masks }) => ({
    mean: Float32Array.from(statistics.mean),
    deviation: statistics.deviation(),
    runs: masks,
  }));
}

interface GridSlice {
  /** Its position among the case's indices. */
  readonly place: number;
  readonly slice: ImageSlice;
  readonly geometry: SliceGeometry;
}

function onGrid({ model, opened, inputs }: ModelView, place: number): GridSlice {
  return { place, ...modelSlice(opened, place, inputs, model.config.neighbours) };
}

/** Groups slices of equal size on the grid. */
function sameSize(slices: readonly GridSlice[]): GridSlice[][] {
  return [...Map.groupBy(slices, ({ geometry: { size } }) => size.join()).values()];
}

/** The wound of a batch on the model's grid. */
function intervene(
  { stage, step, cells }: Wound,
  batch: readonly GridSlice[],
  imageChannels: number,
): Intervention {
  const planes = batch.map(({ place, geometry }) => labelToModelGrid(cells[place]!, geometry));
  const { height, width } = planes[0]!;
  const wound = new Uint8Array(planes.length * height * width);
  for (const [i, { data }] of planes.entries()) wound.set(data, i * height * width);
  return {
    stage,
    step,
    change: (state) => eraseCells(state, wound, { size: [height, width], imageChannels }),
  };
}

/** Logits of slices of one size, one after the other, the class running fastest. */
async function readLogits(
  model: MedNca,
  slices: readonly ImageSlice[],
  options: ForwardOptions,
): Promise<Float32Array> {
  const { height, width, channels } = slices[0]!;
  const images = new Float32Array(slices.length * height * width * channels);
  const length = height * width * channels;
  for (const [i, { data }] of slices.entries()) {
    interleave(data, channels, images.subarray(i * length));
  }
  const shape: [number, number, number, number] = [slices.length, height, width, channels];
  const logits = tf.tidy(() => model.forward(tf.tensor4d(images, shape), options));
  try {
    return await logits.data<"float32">();
  } finally {
    logits.dispose();
  }
}

/** Mean and deviation of runs, run by run (Welford): exactly 0 if all are equal. */
class RunningStatistics {
  mean = new Float64Array(0);
  #squares = new Float64Array(0);
  #count = 0;

  add(values: Float32Array): void {
    if (this.#count++ === 0) {
      this.mean = Float64Array.from(values);
      this.#squares = new Float64Array(values.length);
      return;
    }
    const { mean } = this;
    const squares = this.#squares;
    for (let i = 0; i < values.length; i++) {
      const difference = values[i]! - mean[i]!;
      mean[i]! += difference / this.#count;
      squares[i]! += difference * (values[i]! - mean[i]!);
    }
  }

  /** Over these runs, not an estimate for more. */
  deviation(): Float32Array {
    const result = new Float32Array(this.#squares.length);
    for (let i = 0; i < result.length; i++) result[i] = Math.sqrt(this.#squares[i]! / this.#count);
    return result;
  }
}

function sum(values: Float32Array): number {
  let total = 0;
  for (const value of values) total += value;
  return total;
}
