// Batch norm's statistics without the hidden layer: the mean and covariance of v = [perception,
// state] (2c numbers a cell) give the mean and variance of every hidden unit, since fc1 is linear.
// That is 576 multiply-adds a cell where the hidden layer costs 2,048.
//
// Biases do not appear: batch norm subtracts the mean, so those of perception and fc1 cancel.

import { borderedRow, firstRow, flatRow, groupOf, inset, lastRow } from "./cells";
import { packCell, sliceOf, stateAt } from "./cells";
import { BLOCK, C_ROW, CHUNK_SUMS, EPSILON, H, H_ROW, Job, STATS, V, V_ROW, WORK } from "./layout";
import { convolveChunk } from "./perceive";
import { covariance } from "./products";
import { accumulate } from "./simd";
import { sumLongRows } from "./stencils";

/** The statistics of a group at a step: mean (V), covariance (V × V), 1/√(var + eps) (H). */
// @ts-ignore: decorator
@inline
export function statsOf(job: Job, step: i32, group: i32): usize {
  // One more step at the front holds the first shift.
  return <usize>job.stats + <usize>((step + 1) * <i32>job.groups + group) * STATS;
}
export const STATS_COVARIANCE: usize = V_ROW;
export const STATS_INVERSE: usize = V_ROW + <usize>V * V_ROW;

/** A group's folded weights: Aᵀ (V × H), A (H × V), M (V × V), t (V). */
// @ts-ignore: decorator
@inline
export function workOf(job: Job, group: i32): usize {
  return <usize>job.work + <usize>group * WORK;
}
export const WORK_A: usize = <usize>V * H_ROW;
export const WORK_M: usize = 2 * WORK_A;
export const WORK_T: usize = WORK_M + <usize>V * V_ROW;

/**
 * A first guess of the mean of v, from every fourth row: sums of products are taken around it,
 * since Σv² − (Σv)²/N loses all digits in float32 where the mean is large. Any value is right; a
 * near one is exact. Later steps use the mean of the step before.
 */
export function guessMean(job: Job, group: i32): void {
  const out = statsOf(job, -1, group);
  memory.fill(out, 0, V_ROW);
  const first = job.groups == 1 ? 0 : group;
  const last = job.groups == 1 ? <i32>job.batch : group + 1;
  let count = 0;
  for (let slice = first; slice < last; slice++) {
    for (let y = 0; y < <i32>job.height; y += 4) {
      let cell = stateAt(job, 0) + inset(job) + borderedRow(job, slice, y);
      for (let x = 0; x < <i32>job.width; x++) {
        accumulate(out + C_ROW, cell, C_ROW);
        cell += C_ROW;
      }
      count += <i32>job.width;
    }
  }
  for (let c: usize = 0; c < C_ROW; c += 4) {
    const mean = load<f32>(out + C_ROW + c) / <f32>count;
    let taps: f32 = 0;
    for (let t = 0; t < <i32>(job.kernelSize * job.kernelSize); t++) {
      taps += load<f32>(<usize>job.kernel + <usize>t * C_ROW + c);
    }
    store<f32>(out + C_ROW + c, mean);
    store<f32>(out + c, mean * taps);
  }
}

/** Perception of a chunk, and its sums of v and v·vᵀ around the shift. */
export function sumChunk(job: Job, step: i32, chunk: i32, scratch: usize): void {
  const state = stateAt(job, step);
  convolveChunk(job, chunk, state, job.kernel, job.perception, false);

  const sums = <usize>job.chunkSums + <usize>chunk * CHUNK_SUMS;
  memory.fill(sums, 0, CHUNK_SUMS);
  const shift = statsOf(job, step - 1, groupOf(job, chunk));
  const slice = sliceOf(job, chunk);
  let filled = 0;
  for (let y = firstRow(job, chunk), last = lastRow(job, chunk); y < last; y++) {
    let cell = state + inset(job) + borderedRow(job, slice, y);
    let seen = <usize>job.perception + flatRow(job, slice, y);
    for (let x = 0; x < <i32>job.width; x++) {
      packCell(scratch + <usize>filled * V_ROW, seen, cell, shift);
      cell += C_ROW;
      seen += C_ROW;
      if (++filled == BLOCK) {
        addBlock(scratch, filled, sums);
        filled = 0;
      }
    }
  }
  const padded = (filled + 3) & ~3;
  memory.fill(scratch + <usize>filled * V_ROW, 0, <usize>(padded - filled) * V_ROW);
  addBlock(scratch, padded, sums);
}

function addBlock(block: usize, cells: i32, sums: usize): void {
  covariance(block, block, sums + V_ROW, cells);
  sumLongRows(block, cells, sums);
}

/** Mean, covariance and 1/√(var + eps) of a group, in float64 from the sums of its chunks. */
export function finishStatistics(job: Job, step: i32, group: i32, scratch: usize): void {
  const all = job.groups == 1;
  const chunks = all ? <i32>job.chunks : <i32>job.chunksPerSlice;
  const first = <usize>job.chunkSums + (all ? 0 : <usize>(group * chunks) * CHUNK_SUMS);
  const n = <f64>(<i32>(job.height * job.width)) * (all ? <f64>job.batch : 1);
  const out = statsOf(job, step, group);
  const shift = statsOf(job, step - 1, group);

  // Totals in float64, the chunks in order: V means, then V × V products (upper tiles only).
  const totals = scratch;
  memory.fill(totals, 0, 2 * CHUNK_SUMS);
  for (let chunk = 0; chunk < chunks; chunk++) {
    const sums = first + <usize>chunk * CHUNK_SUMS;
    for (let i: usize = 0; i < CHUNK_SUMS; i += 8) {
      const x = f64x2.promote_low_f32x4(v128.load64_zero(sums + i));
      v128.store(totals + 2 * i, f64x2.add(v128.load(totals + 2 * i), x));
    }
  }
  for (let i = 0; i < V; i++) {
    const at = totals + (<usize>i << 3);
    const mean = load<f64>(at) / n;
    store<f64>(at, mean);
    store<f32>(out + (<usize>i << 2), <f32>(<f64>load<f32>(shift + (<usize>i << 2)) + mean));
  }
  const products = totals + 2 * V_ROW;
  for (let i = 0; i < V; i++) {
    for (let j = i; j < V; j++) {
      const upper = products + (<usize>(i * V + j) << 3);
      const lower = products + (<usize>(j * V + i) << 3);
      const value = load<f64>(upper) / n -
        load<f64>(totals + (<usize>i << 3)) * load<f64>(totals + (<usize>j << 3));
      store<f64>(upper, value);
      store<f64>(lower, value);
      store<f32>(out + STATS_COVARIANCE + (<usize>(i * V + j) << 2), <f32>value);
      store<f32>(out + STATS_COVARIANCE + (<usize>(j * V + i) << 2), <f32>value);
    }
  }
  // var = w G wᵀ for each row w of fc1.
  for (let h = 0; h < H; h++) {
    const w = <usize>job.w1 + <usize>h * V_ROW;
    let variance = f64x2.splat(0);
    for (let i = 0; i < V; i++) {
      let dot = f64x2.splat(0);
      const row = products + (<usize>(i * V) << 3);
      for (let j: usize = 0; j < V_ROW; j += 8) {
        const wj = f64x2.promote_low_f32x4(v128.load64_zero(w + j));
        dot = f64x2.add(dot, f64x2.mul(v128.load(row + 2 * j), wj));
      }
      variance = f64x2.add(variance, f64x2.mul(dot, f64x2.splat(load<f32>(w + (<usize>i << 2)))));
    }
    const total = max(f64x2.extract_lane(variance, 0) + f64x2.extract_lane(variance, 1), 0);
    store<f32>(out + STATS_INVERSE + (<usize>h << 2), <f32>(1 / Math.sqrt(total + EPSILON)));
  }
  foldWeights(job, step, group);
}

/** A = γ·inv·W1 and its transpose: batch norm folded into fc1, so that y = A (v − mean) + β. */
export function foldWeights(job: Job, step: i32, group: i32): void {
  const inverse = statsOf(job, step, group) + STATS_INVERSE;
  const transposed = workOf(job, group);
  for (let h: usize = 0; h < <usize>H; h++) {
    const scale = load<f32>(<usize>job.gamma + (h << 2)) * load<f32>(inverse + (h << 2));
    for (let j: usize = 0; j < <usize>V; j++) {
      const a = scale * load<f32>(<usize>job.w1 + h * V_ROW + (j << 2));
      store<f32>(transposed + WORK_A + h * V_ROW + (j << 2), a);
      store<f32>(transposed + j * H_ROW + (h << 2), a);
    }
  }
}
