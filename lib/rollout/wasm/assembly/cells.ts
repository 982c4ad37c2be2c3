// Where cells lie, which fire, and packing them into dense blocks.
//
// A state is [batch][height + 2r][row][C] with a border of r zeros, so that perception needs no
// edge cases; "flat" arrays (perception, gradients) are [batch][height][flat row][C].

import { C_ROW, Job, statesAt, V_ROW } from "./buffers";
import { subtractRows } from "./stencils";

/** The rows of a chunk. */
// @inline
export function firstRow(job: Job, chunk: i32): i32 {
  return (chunk % <i32> job.chunksPerSlice) * <i32> job.chunkRows;
}

// @inline
export function lastRow(job: Job, chunk: i32): i32 {
  return min(firstRow(job, chunk) + <i32> job.chunkRows, <i32> job.height);
}

// @inline
export function sliceOf(job: Job, chunk: i32): i32 {
  return chunk / <i32> job.chunksPerSlice;
}

/** The group whose statistics a chunk shares: its slice, or the batch. */
// @inline
export function groupOf(job: Job, chunk: i32): i32 {
  return job.groups == 1 ? 0 : sliceOf(job, chunk);
}

/** Where row y of a slice begins in a bordered array, at the border's first cell. */
// @inline
export function borderedRow(job: Job, slice: i32, y: i32): usize {
  return <usize> ((slice * <i32> job.planeRows + y) * <i32> job.rowCells) * C_ROW;
}

/** Where row y of a slice begins in a flat array. */
// @inline
export function flatRow(job: Job, slice: i32, y: i32): usize {
  return <usize> ((slice * <i32> job.height + y) * <i32> job.flatRowCells) * C_ROW;
}

/**
 * The address of a step's state, at its first cell, one of the border. Where states are not kept
 * there is one, and each step changes it in place: a cell's change needs only that cell and what
 * it has perceived.
 */
// @inline
export function stateAt(job: Job, step: i32): usize {
  return statesAt(job, job.keepStates ? step : 0);
}

/** The bytes from a bordered row's first cell to its first inner cell, r rows down, r right. */
// @inline
export function inset(job: Job): usize {
  const r = <usize> job.kernelSize >> 1;
  return (r * <usize> job.rowCells + r) * C_ROW;
}

// @inline
function mix4(x: v128): v128 {
  x = i32x4.mul(v128.xor(x, i32x4.shr_u(x, 16)), i32x4.splat(0x7feb352d));
  x = i32x4.mul(v128.xor(x, i32x4.shr_u(x, 15)), i32x4.splat(0x846ca68b));
  return v128.xor(x, i32x4.shr_u(x, 16));
}

/**
 * Lists the cells of a chunk that fire: for each its offset in a bordered array and in a flat one.
 * Four cells are hashed at a time; the list grows without a branch.
 */
export function listFiring(job: Job, step: i32, chunk: i32, list: usize): i32 {
  const slice = sliceOf(job, chunk);
  const width = <i32> job.width;
  const at = step * <i32> job.batch + slice;
  const cells = <i32> job.height * width;
  const masks = <usize> job.masks + <usize> (at * cells);
  const key = i32x4.splat(load<i32>(<usize> job.keys + (<usize> at << 2)));
  const threshold = i32x4.splat(job.threshold);
  let end = list;
  for (let y = firstRow(job, chunk), last = lastRow(job, chunk); y < last; y++) {
    let bordered = borderedRow(job, slice, y);
    let flat = flatRow(job, slice, y);
    if (job.masked) {
      for (let x = 0; x < width; x++) {
        store<u32>(end, <u32> bordered, 0);
        store<u32>(end, <u32> flat, 4);
        end += <usize> load<u8>(masks + <usize> (y * width + x)) << 3;
        bordered += C_ROW;
        flat += C_ROW;
      }
      continue;
    }
    let cell = i32x4.add(i32x4.splat(y * width), i32x4(0, 1, 2, 3));
    for (let x = 0; x < width; x += 4) {
      const hash = mix4(v128.xor(mix4(i32x4.add(cell, key)), key));
      let bits = i32x4.bitmask(i32x4.lt_s(i32x4.shr_u(hash, 8), threshold));
      const n = min(width - x, 4);
      for (let i = 0; i < n; i++) {
        store<u32>(end, <u32> bordered, 0);
        store<u32>(end, <u32> flat, 4);
        end += <usize> (bits & 1) << 3;
        bits >>= 1;
        bordered += C_ROW;
        flat += C_ROW;
      }
      cell = i32x4.add(cell, i32x4.splat(4));
    }
  }
  return <i32> ((end - list) >> 3);
}

/** One row of v − mean: perception and state of a cell side by side. */
// @inline
export function packCell(out: usize, perception: usize, state: usize, mean: usize): void {
  subtractRows(out, perception, mean);
  subtractRows(out + C_ROW, state, mean + C_ROW);
}

/** Packs `count` listed cells as rows of v − mean, then rows of zeros up to a multiple of 4. */
export function packListed(
  out: usize,
  list: usize,
  count: i32,
  perception: usize,
  state: usize,
  mean: usize,
): i32 {
  for (let i = 0; i < count; i++) {
    packCell(out, perception + load<u32>(list, 4), state + load<u32>(list), mean);
    out += V_ROW;
    list += 8;
  }
  const padded = (count + 3) & ~3;
  memory.fill(out, 0, <usize> (padded - count) * V_ROW);
  return padded;
}
