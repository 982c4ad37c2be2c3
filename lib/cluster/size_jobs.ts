/**
 * How much time and memory jobs ask for, and how many images a job takes.
 *
 * @module
 */

/** What was measured on this machine, on the data's own slices. */
export interface Measured {
  /** Slices of all cases, or of an average image for predictions. */
  readonly slices: number;
  /** Seconds per slice and epoch of training; 0 for predictions. */
  readonly trainSeconds: number;
  /** Seconds per slice of inference, with reading and writing for predictions. */
  readonly inferSeconds: number;
  /** Memory of the process afterwards, in bytes. */
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

/** The seconds of a training: every slice in each epoch, then scores, each slice once or twice. */
export function trainSeconds(
  { slices, trainSeconds, inferSeconds }: Measured,
  epochs: number,
): number {
  return slices * (epochs * trainSeconds + 2 * inferSeconds);
}

/** The number of shards in which images are best predicted. */
export function shardsFor({ slices, inferSeconds }: Measured, images: number): number {
  const seconds = images * slices * inferSeconds;
  return Math.max(1, Math.min(Math.ceil(seconds / SHARD_SECONDS), MOST_SHARDS, images));
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
