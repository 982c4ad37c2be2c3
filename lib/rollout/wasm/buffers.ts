/**
 * The kernels' memory: one table of buffers. TypeScript allocates from it, and the AssemblyScript
 * code of their addresses is generated from it. Sizes and offsets are defined only here.
 *
 * @module
 */

import { BATCH_NORM_EPSILON, type ModelShape } from "../types.ts";

/** Largest memory of a 32-bit module, in pages of 64 kB. */
export const MAX_PAGES = 65536;

/** Pages that a kernel's memory begins with. */
export const INITIAL_PAGES = 16;

/** Cells in a block: 64 rows of v, y and g and a matrix fit L1 (32 kB). */
export const BLOCK = 64;

/** Neighbouring cells that perception computes at once; a flat row is a multiple of them. */
export const TILE = 8;

/** Channels and hidden units that are computed at once, two vectors; both are multiples of it. */
export const PAIR = 8;

/** Records begin at cache lines, so that threads do not share one by accident. */
export const LINE = 64;

/** Parts of a record begin at whole vectors. */
const VECTOR = 16;

/**
 * Unused bytes after each part, in a checked build: larger than a row of a state, so that no stride
 * of a kernel leads from one part into the next without touching them.
 */
export const GUARD = 65536;

/** The parameters of a job, beside the addresses of its buffers; 32-bit integers. */
export const JOB_NUMBERS = [
  "batch",
  "height",
  "width",
  "kernelSize",
  "steps",
  /** The steps to run now: from the first, up to the second. */
  "from",
  "to",
  /** Sets of statistics: one for each slice, or one for the batch. */
  "groups",
  /** A cell fires where 24 bits of its hash are below. */
  "threshold",
  /** 1 if masks decide which cells fire, instead of the hash. */
  "masked",
  "threads",
  /** 1 if every state is kept, for the gradient. */
  "keepStates",
  /** Cells of a bordered row and rows of a bordered slice. */
  "rowCells",
  "planeRows",
  /** Cells of a flat row: the width, up to a whole tile. */
  "flatRowCells",
  /** The rows of a chunk. */
  "chunkRows",
  "chunksPerSlice",
  "chunks",
  /** In a checked build, the address and number of the parts that may be accessed. */
  "ranges",
  "rangeCount",
] as const;

/** The numbers of a job. */
export type JobNumbers = Record<typeof JOB_NUMBERS[number], number>;

/** Consecutive equal records of named parts, whose lengths are in 4-byte numbers. */
export interface Buffer {
  readonly records: number;
  readonly parts: Readonly<Record<string, number>>;
}

const single = (length: number): Buffer => ({ records: 1, parts: { all: length } });
const records = <P extends Buffer["parts"]>(count: number, parts: P) => ({ records: count, parts });

/** Shared by the threads during their lifetime. */
export function teamBuffers() {
  return {
    /** The current job: its increasing number, its task, its address. */
    control: records(1, { generation: 1, task: 1, job: 1 }),
    /** The barrier. See `assembly/threads.ts`. */
    sync: records(1, { arrived: 1, generation: 1, next: 1, failed: 1 }),
  };
}

/** The buffers of a job from its start. */
export function jobBuffers({ channels: c, hidden: h }: ModelShape, job: JobNumbers) {
  const v = 2 * c; // perception and state side by side
  const chunkCells = job.chunkRows * job.width;
  return {
    keys: single(job.steps * job.batch),
    /** A byte for each cell at each step. */
    masks: single(job.masked * Math.ceil(job.steps * job.batch * job.height * job.width / 4)),
    /** What a product without a bias begins with. */
    zeros: single(Math.max(v, h)),
    kernel: single(job.kernelSize ** 2 * c),
    kernelFlipped: single(job.kernelSize ** 2 * c),
    w1: single(h * v),
    gamma: single(h),
    beta: single(h),
    w2: single(c * h),
    w2t: single(h * c),
    b2: single(c),
    /** Bordered; without the gradient one, which each step changes. */
    states: records(job.keepStates * job.steps + 1, { all: borderedLength(c, job) }),
    /** Flat. */
    perception: single(flatLength(c, job)),
    chunkSums: records(job.chunks, { v: v, products: v * v }),
    /** By step and group; one more step at the front holds the first shift. */
    stats: records((job.steps + 1) * job.groups, { mean: v, covariance: v * v, inverse: h }),
    /** By group, of the current step: Aᵀ (2c × h), A (h × 2c), M (2c × 2c), t (2c). */
    work: records(job.groups, { transposed: v * h, folded: h * v, map: v * v, shift: v }),
    /** By thread. */
    scratch: records(job.threads, {
      // A block of cells: v − mean, the hidden layer, what changes or ∂L/∂(what changes), ∂L/∂v.
      packed: BLOCK * v,
      hidden: BLOCK * h,
      change: BLOCK * c,
      dense: BLOCK * v,
      // A group's sums in float64.
      totalV: 2 * v,
      totalProducts: 2 * v * v,
      // A group's D (h × 2c) and d (h), and W1 G (h × 2c).
      d: h * v,
      dBias: h,
      product: h * v,
      // The cells of a chunk that fire, two numbers each, and one more to end with.
      list: 2 * (chunkCells + 1),
    }),
  };
}

/** The buffers of a job for its gradient. */
export function gradientBuffers({ channels: c, hidden: h }: ModelShape, job: JobNumbers) {
  const v = 2 * c;
  // Products are written four rows at a time.
  const firedRows = Math.ceil(job.chunkRows * job.width / 4) * 4;
  return {
    /** ∂L/∂state, flat. */
    gradient: single(flatLength(c, job)),
    /** Bordered. */
    perceptionGradient: single(borderedLength(c, job)),
    /** ∂L/∂v of the cells that fired, by chunk. */
    firedGradient: records(job.chunks, { all: firedRows * v }),
    /** By chunk: D (h × 2c) and d (h) of a step, the others of all steps. */
    chunkGradients: records(job.chunks, {
      d: h * v,
      dBias: h,
      w2: c * h,
      b2: c,
      kernel: job.kernelSize ** 2 * c,
    }),
    groupGradients: records(job.groups, { w1: h * v, gamma: h, beta: h }),
  };
}

function borderedLength(channels: number, { batch, planeRows, rowCells }: JobNumbers): number {
  return batch * planeRows * rowCells * channels;
}

function flatLength(channels: number, { batch, height, flatRowCells }: JobNumbers): number {
  return batch * height * flatRowCells * channels;
}

/** The offsets of a record's parts, in bytes from its start. */
export interface Places {
  readonly parts: ReadonlyMap<string, { readonly at: number; readonly bytes: number }>;
  /** From one record to the next. */
  readonly bytes: number;
}

/**
 * Lays a record out.
 *
 * @param guard Bytes that stay free after each part.
 */
export function placeParts(parts: Buffer["parts"], guard: number): Places {
  let end = 0;
  const placed = Object.entries(parts).map(([name, length]) => {
    const at = end;
    end += Math.ceil(length * 4 / VECTOR) * VECTOR + guard;
    return [name, { at, bytes: length * 4 }] as const;
  });
  return { parts: new Map(placed), bytes: Math.ceil(end / LINE) * LINE };
}

/** Numbers that are not known before there is a job: lengths that depend on them are NaN too. */
const UNKNOWN = Object.fromEntries(JOB_NUMBERS.map((name) => [name, NaN])) as JobNumbers;

function allBuffers(shape: ModelShape) {
  return {
    ...teamBuffers(),
    ...jobBuffers(shape, UNKNOWN),
    ...gradientBuffers(shape, UNKNOWN),
  };
}

/** The name of a buffer. */
export type BufferName = keyof ReturnType<typeof allBuffers> | keyof typeof JOB_BUFFER;

/** The fields of a job: its numbers, and for each buffer its address and the bytes of a record. */
export const JOB_FIELDS = [
  ...JOB_NUMBERS,
  ...Object.keys(allBuffers({ channels: PAIR, hidden: PAIR }))
    .flatMap((name) => [name, `${name}Bytes`]),
];

/** The job itself. */
export const JOB_BUFFER = { job: single(JOB_FIELDS.length) };

/**
 * The AssemblyScript module `buffers`: for the part `covariance` of `stats` the constants
 * `STATS_COVARIANCE` and, where it is known before the job is, `STATS_COVARIANCE_BYTES`; for the
 * records of `stats` the function `statsAt(job, index)`; the class of a job.
 *
 * @param guard Bytes that stay free after each part.
 */
export function buffersSource(shape: ModelShape, guard: number): string {
  const { channels: c, hidden: h } = shape;
  const constants: [string, string, number][] = [
    ["C", "i32", c],
    ["V", "i32", 2 * c],
    ["H", "i32", h],
    ["C_ROW", "usize", 4 * c],
    ["V_ROW", "usize", 8 * c],
    ["H_ROW", "usize", 4 * h],
    ["PAIR_BYTES", "usize", 4 * PAIR],
    ["BLOCK", "i32", BLOCK],
    ["TILE", "i32", TILE],
    ["EPSILON", "f64", BATCH_NORM_EPSILON],
  ];
  const functions: string[] = [];
  for (const [buffer, { parts }] of Object.entries<Buffer>(allBuffers(shape))) {
    functions.push(`// @inline
export function ${buffer}At(job: Job, index: i32): usize {
  return <usize> job.${buffer} + <usize> index * <usize> job.${buffer}Bytes;
}`);
    for (const [part, { at, bytes }] of placeParts(parts, guard).parts) {
      if (part === "all") continue;
      const name = `${buffer}_${part}`.replace(/[A-Z]/g, (letter) => `_${letter}`).toUpperCase();
      if (Number.isNaN(at)) throw new RangeError(`Only the last part may depend on a job: ${name}`);
      constants.push([name, "usize", at]);
      if (!Number.isNaN(bytes)) constants.push([`${name}_BYTES`, "usize", bytes]);
    }
  }
  return [
    ...constants.map(([name, type, value]) => `export const ${name}: ${type} = ${value};`),
    "// @unmanaged",
    "export class Job {",
    ...JOB_FIELDS.map((name) => `  ${name}: u32;`),
    "}",
    ...functions,
  ].join("\n");
}
