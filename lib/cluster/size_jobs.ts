/**
 * How much time and memory jobs ask for, and how many images a job takes.
 *
 * @module
 */

import { UNCERTAINTY_SAMPLES } from "../evaluation/predict_case.ts";
import { InputError } from "../support/errors.ts";
import { counted } from "../support/names_of.ts";
import { WARNING_SECONDS } from "./sbatch.ts";

/** What a training takes, measured on this machine, on the data's own slices. */
export interface MeasuredTraining {
  /** Slices that an epoch trains on, that are scored after it, and that are held out. */
  readonly slices: { readonly train: number; readonly validation: number; readonly test: number };
  readonly batchSize: number;
  /** Seconds per slice of a training step. */
  readonly trainSeconds: number;
  /** Seconds per slice of inference. */
  readonly inferSeconds: number;
  /** Memory of the process afterwards, in bytes. */
  readonly bytes: number;
}

/** What predictions take, measured on this machine, on some of the images. */
export interface MeasuredPrediction {
  /** Seconds of an average image, with reading. */
  readonly seconds: number;
  /** Memory of the process afterwards, in bytes. */
  readonly bytes: number;
}

/** What a job is taken to need. */
export interface JobSize {
  /** All of its work. */
  readonly seconds: number;
  /** The longest part that is lost if the job ends in it. */
  readonly partSeconds: number;
  readonly bytes: number;
}

/** Nodes may be slower, or shared; a job that ends early costs nothing. */
const MARGIN = 2;
/** A start compiles kernels, lists the data and leaves time to save before the limit. */
const SHORTEST_MINUTES = 15;
/** Most clusters run jobs of a day. A longer training saves, queues itself again and goes on. */
const LONGEST_MINUTES = 24 * 60;
/** Slurm counts everything that runs in the job, and volumes differ in size. */
const MEMORY_MARGIN = 1.5;
const SMALLEST_GIGABYTES = 2;
/** The time that a shard of images takes: long beside a start, short beside a limit. */
const SHARD_SECONDS = 3600;
/** Slurm's `MaxArraySize` is 1001 unless it was raised; it is one more than the largest number. */
const MOST_SHARDS = 1000;

/** A start lists the data, loads the model and compiles kernels. */
const START_SECONDS = 120;
/** Slurm looks at limits this often: the signal may come so much earlier. */
const EARLY_SECONDS = 60;

/**
 * The size of a training: its steps; the validation slices after each epoch, once more to choose the
 * postprocessing and as often as doubt needs; and the slices that are held out. The scores at its
 * end are not saved in between.
 */
export function trainingSize(
  { slices, batchSize, trainSeconds, inferSeconds, bytes }: MeasuredTraining,
  epochs: number,
): JobSize {
  const { train, validation, test } = slices;
  const scores = ((1 + UNCERTAINTY_SAMPLES) * validation + test) * inferSeconds;
  return {
    seconds: epochs * (train * trainSeconds + validation * inferSeconds) + scores,
    partSeconds: Math.max(batchSize * trainSeconds, scores),
    bytes,
  };
}

/** The size of a shard of some images. */
export function shardSize({ seconds, bytes }: MeasuredPrediction, images: number): JobSize {
  return { seconds: images * seconds, partSeconds: seconds, bytes };
}

/** The number of shards in which images are best predicted. */
export function shardsFor({ seconds }: MeasuredPrediction, images: number): number {
  const shards = Math.ceil(images * seconds / SHARD_SECONDS);
  return Math.max(1, Math.min(shards, MOST_SHARDS, images));
}

/**
 * Refuses a time limit in which a job could not start, do a part of its work and save it: it would
 * be queued again without end.
 *
 * @param time As `--time` takes it; what Slurm does not understand is left to it.
 * @throws {InputError} If it is too short; the error says how long it has to be.
 *
 * @example
 * ```ts
 * import { requireTime } from "./size_jobs.ts";
 * import assert from "node:assert/strict";
 *
 * requireTime("6", 30);
 * assert.throws(() => requireTime("5:59", 30), /Cannot work in 5:59: /);
 * ```
 */
export function requireTime(time: string, partSeconds: number): void {
  const least = START_SECONDS + EARLY_SECONDS + WARNING_SECONDS + MARGIN * partSeconds;
  const minutes = Math.ceil(least / 60);
  if (secondsOf(time) >= 60 * minutes) return;
  throw new InputError(`Cannot work in ${time}: a job would end before it had saved anything`, {
    code: "bad-command-line",
    hint: `Give it at least ${counted(minutes, "minute")} with --time`,
  });
}

/** A time limit of Slurm in seconds: `M`, `M:S`, `H:M:S`, `D-H`, `D-H:M` or `D-H:M:S`. */
function secondsOf(time: string): number {
  const match = /^(?:(\d+)-)?(\d+)(?::(\d+))?(?::(\d+))?$/.exec(time);
  if (match === null) return Infinity;
  const [days, ...parts] = match.slice(1).map((part) => part === undefined ? null : Number(part));
  const [a, b, c] = parts as [number, number | null, number | null];
  if (days !== null) return (((days! * 24) + a) * 60 + (b ?? 0)) * 60 + (c ?? 0);
  if (c !== null) return (a * 60 + b!) * 60 + c;
  const seconds = 60 * a + (b ?? 0);
  return seconds === 0 ? Infinity : seconds; // Slurm's word for no limit
}

/**
 * The time limit for work of some seconds, as minutes for `--time`.
 *
 * @example
 * ```ts
 * import { timeFor } from "./size_jobs.ts";
 * import assert from "node:assert/strict";
 *
 * assert.equal(timeFor(10), "15");
 * assert.equal(timeFor(3600), "120");
 * assert.equal(timeFor(1e6), "1440");
 * ```
 */
export function timeFor(seconds: number): string {
  const minutes = 5 * Math.ceil(MARGIN * seconds / 60 / 5);
  return String(Math.min(LONGEST_MINUTES, Math.max(SHORTEST_MINUTES, minutes)));
}

/**
 * The memory for a process that took some bytes, for `--mem`.
 *
 * @example
 * ```ts
 * import { memoryFor } from "./size_jobs.ts";
 * import assert from "node:assert/strict";
 *
 * assert.equal(memoryFor(3e8), "2G");
 * assert.equal(memoryFor(2 ** 31), "3G");
 * ```
 */
export function memoryFor(bytes: number): string {
  return `${Math.max(SMALLEST_GIGABYTES, Math.ceil(MEMORY_MARGIN * bytes / 2 ** 30))}G`;
}
