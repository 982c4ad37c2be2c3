import { fireThreshold } from "../fire_mask.ts";
import type { RolloutOptions } from "../types.ts";
import { type JobNumbers, TILE } from "./buffers.ts";

/** Approximate cells in a chunk: few enough to divide evenly, enough to be worth its sums. */
const CHUNK_CELLS = 1280;

/** Chunks of a small slice, so that every thread has some. */
const LEAST_CHUNKS = 8;

/** The shape of a rollout. */
export interface JobShape {
  batch: number;
  height: number;
  width: number;
  channels: number;
  hidden: number;
  kernelSize: number;
}

/**
 * The parameters of a job for the kernels.
 *
 * @param on.keep Whether to keep every state, for the gradient.
 */
export function jobNumbers(
  { batch, height, width, kernelSize }: JobShape,
  { steps, stats, fireRate, masks }: RolloutOptions,
  on: { threads: number; keep: boolean },
): JobNumbers {
  // The cut must not depend on threads or batch: sums are added chunk by chunk, and a slice's are
  // the same wherever it stands.
  const chunkRows = Math.min(Math.ceil(CHUNK_CELLS / width), Math.ceil(height / LEAST_CHUNKS));
  const chunksPerSlice = Math.ceil(height / chunkRows);
  const flatRowCells = Math.ceil(width / TILE) * TILE;
  return {
    batch,
    height,
    width,
    kernelSize,
    steps,
    from: 0,
    to: steps,
    groups: stats === "slice" ? batch : 1,
    threshold: fireThreshold(fireRate),
    masked: masks ? 1 : 0,
    threads: on.threads,
    keepStates: on.keep ? 1 : 0,
    rowCells: flatRowCells + kernelSize - 1,
    planeRows: height + kernelSize - 1,
    flatRowCells,
    chunkRows,
    chunksPerSlice,
    chunks: chunksPerSlice * batch,
    ranges: 0,
    rangeCount: 0,
  };
}
