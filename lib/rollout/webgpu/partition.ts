import { layoutOf, type NcaShape } from "./layout.ts";
import { DENSE_THREADS } from "./shaders/backward_dense.ts";

/** Bytes of a vec4f. */
export const VEC4 = 16;

/**
 * A slice has at most about this many chunks, each one work-group's: enough to fill any GPU several
 * times over, few enough to add up. Sums are added chunk by chunk, so the chunks of a slice do not
 * depend on its batch.
 */
const MOST_CHUNKS = 1024;

/**
 * A slice has at least this many if possible: small grids are divided more finely, since a large
 * GPU runs hundreds of work-groups at once and waits for the longest.
 */
const LEAST_CHUNKS = 512;

/** Cells of a tile: the more, the less is lost on the last cells of a list. */
const TILES = [128, 64, 32] as const;

/** Sections that are bound by offset begin at multiples of this, the most that WebGPU asks for. */
const ALIGNMENT = 256;

/** What a rollout's buffers and dispatches depend on. */
export interface RolloutShape extends NcaShape {
  batch: number;
  height: number;
  width: number;
  steps: number;
  /** Whether statistics are per slice. */
  perSlice: boolean;
  /** Whether masks are given instead of seeds. */
  masked: boolean;
  /** Whether all states are kept, for the gradient. */
  keep: boolean;
}

/** Divides a rollout. */
export function partition(shape: RolloutShape) {
  const { batch, height, width, perSlice, masked } = shape;
  const { c4, stats } = layoutOf(shape);
  const cells = height * width;
  const groups = perSlice ? batch : 1;
  const tile = TILES.find((tile) => cells / tile >= LEAST_CHUNKS) ?? TILES.at(-1)!;
  const tiles = Math.ceil(cells / tile / MOST_CHUNKS);
  return {
    /** Cells of a slice. */
    cells,
    /** Groups of slices that share statistics. */
    groups,
    /** Cells of a tile. */
    tile,
    /** Tiles of a chunk. */
    tiles,
    /** Chunks of a slice. */
    chunks: Math.ceil(cells / (tiles * tile)),
    /** vec4s of a state. */
    stateLength: batch * cells * c4,
    /** Bytes of all groups' statistics at a step. */
    statsBytes: align(groups * stats.length * VEC4),
    /** Bytes of a step's keys or masks. */
    fireBytes: align(4 * (masked ? batch * cells : batch)),
  };
}

/** A rollout in numbers. */
export type Partition = ReturnType<typeof partition>;

/** The size of the largest buffer of a rollout, in bytes. */
export function largestBuffer(shape: RolloutShape): number {
  const { batch, steps } = shape;
  const { chunk, momentsLength, taps, c4 } = layoutOf(shape);
  const { stateLength, chunks, statsBytes, fireBytes } = partition(shape);
  const sums = Math.max(chunk.length, momentsLength, taps * c4);
  return Math.max(
    stateLength * VEC4,
    batch * chunks * sums * VEC4,
    statsBytes * steps,
    fireBytes * steps,
  );
}

/** The most work-groups of a dispatch in one dimension. */
export function widestDispatch(shape: RolloutShape): number {
  const { cells, chunks } = partition(shape);
  return Math.max(Math.ceil(cells / DENSE_THREADS), chunks, shape.batch);
}

/** The bytes of all states of a rollout: most of its memory. */
export function stateBytes(shape: RolloutShape): number {
  const states = shape.keep ? shape.steps + 4 : 3;
  return partition(shape).stateLength * VEC4 * states;
}

function align(bytes: number): number {
  return Math.ceil(bytes / ALIGNMENT) * ALIGNMENT;
}
