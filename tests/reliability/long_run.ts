/**
 * What a long training holds on to: memory, tensors, open files, measured at its steps.
 *
 * @module
 */

import * as tf from "@tensorflow/tfjs";
import type { SliceDataset } from "../../lib/slices/slice_dataset.ts";
import type { ConfigOverrides } from "../../lib/training/config.ts";
import { silentProgress } from "../../lib/training/progress.ts";
import { trainMedNca } from "../../lib/training/train_med_nca.ts";

/** What a process holds at one step. */
export interface Holding {
  step: number;
  /** Megabytes of memory that the system gives the process. */
  resident: number;
  /** Megabytes of JavaScript's heap that are in use. */
  heap: number;
  /** tfjs tensors. */
  tensors: number;
  /** Open files; NaN where the system does not list them. */
  files: number;
}

/** Open files, sockets and pipes of this process. */
export function openFiles(): number {
  try {
    return [...Deno.readDirSync("/proc/self/fd")].length;
  } catch {
    return NaN;
  }
}

/**
 * Trains, with checkpoints, events and validation as always, and measures at every so many steps.
 *
 * @param options.every Steps between two measurements.
 */
export async function measureLongRun(
  { every, ...options }: {
    train: SliceDataset;
    validation: SliceDataset;
    config: ConfigOverrides;
    out: string;
    every: number;
  },
): Promise<Holding[]> {
  const holdings: Holding[] = [];
  let step = 0;
  const progress = {
    ...silentProgress,
    step: () => {
      if (++step % every !== 0) return;
      const { rss, heapUsed } = Deno.memoryUsage();
      holdings.push({
        step,
        resident: rss / 1e6,
        heap: heapUsed / 1e6,
        tensors: tf.memory().numTensors,
        files: openFiles(),
      });
    },
  };
  const { model } = await trainMedNca({ ...options, progress });
  model.dispose();
  return holdings;
}
