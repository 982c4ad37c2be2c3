/**
 * The layout of what TypeScript and the kernels share: the fields of a job, the sizes of its
 * tables, and the constants of the model's shape.
 *
 * @module
 */

import { BATCH_NORM_EPSILON } from "../types.ts";

/** Cells in a block: 64 rows of v, y and g and a matrix fit L1 (32 kB). */
export const BLOCK = 64;

/** Fields of a job, each a 32-bit integer or address, in order. See `assembly/job.ts`. */
export const JOB_FIELDS = [
  "batch",
  "height",
  "width",
  "kernelSize",
  "steps",
  "groups",
  "threshold",
  "threads",
  "keepStates",
  "rowCells",
  "planeRows",
  "flatRowCells",
  "chunkRows",
  "chunksPerSlice",
  "chunks",
  "stateBytes",
  "states",
  "keys",
  "masks",
  "kernel",
  "kernelFlipped",
  "w1",
  "gamma",
  "beta",
  "w2",
  "w2t",
  "b2",
  "perception",
  "chunkSums",
  "stats",
  "work",
  "scratch",
  "scratchBytes",
  "sync",
  "gradient",
  "perceptionGradient",
  "firedGradient",
  "chunkGradients",
  "chunkGradientBytes",
  "groupGradients",
  "result",
] as const;

/** Sizes in bytes that both sides must agree on. */
export interface Sizes {
  /** A row of the state: c channels. */
  state: number;
  /** A row of v, perception and state side by side: 2c. */
  both: number;
  /** A row of the hidden layer: h. */
  hidden: number;
  /** Sums of v and of its outer products, of one chunk. */
  chunkSums: number;
  /** Mean (2c), covariance (2c × 2c) and 1/√(var + eps) (h) of one group at one step. */
  stats: number;
  /** Folded weights Aᵀ (2c × h), A (h × 2c), M (2c × 2c), t (2c) of one group. */
  work: number;
  /** Gradients of w1 (h × 2c), gamma (h) and beta (h) of one group. */
  groupGradients: number;
}

/** The sizes for c channels and h hidden units. */
export function sizes(channels: number, hidden: number): Sizes {
  const both = 2 * channels;
  return {
    state: channels * 4,
    both: both * 4,
    hidden: hidden * 4,
    chunkSums: (both + both * both) * 4,
    stats: (both + both * both + hidden) * 4,
    work: (2 * both * hidden + both * both + both) * 4,
    groupGradients: (both * hidden + 2 * hidden) * 4,
  };
}

/** The generated AssemblyScript modules: constants, and the job's class. */
export function layoutSource(channels: number, hidden: number): string {
  const s = sizes(channels, hidden);
  return `
export const C: i32 = ${channels};
export const V: i32 = ${2 * channels};
export const H: i32 = ${hidden};
export const C_ROW: usize = ${s.state};
export const V_ROW: usize = ${s.both};
export const H_ROW: usize = ${s.hidden};
export const BLOCK: i32 = ${BLOCK};
export const EPSILON: f64 = ${BATCH_NORM_EPSILON};
export const CHUNK_SUMS: usize = ${s.chunkSums};
export const STATS: usize = ${s.stats};
export const WORK: usize = ${s.work};
export const GROUP_GRADIENTS: usize = ${s.groupGradients};
@unmanaged export class Job {
${JOB_FIELDS.map((name) => `  ${name}: u32;`).join("\n")}
}
`;
}
