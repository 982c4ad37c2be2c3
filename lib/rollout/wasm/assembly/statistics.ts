// Batch norm's statistics without the hidden layer: the mean and covariance of v = [perception,
// state] (2c numbers a cell) give the mean and variance of every hidden unit, since fc1 is linear.
// That is 528 multiply-adds a cell where the hidden layer costs 2,048.
//
// Biases do not appear: batch norm subtracts the mean, so those of perception and fc1 cancel.

import { borderedRow, firstRow, flatRow, groupOf, inset, lastRow } from "./cells";
import { packCell, sliceOf, stateAt } from "./cells";
import { BLOCK, C_ROW, EPSILON, H, H_ROW, Job, V, V_ROW } from "./buffers";
import { CHUNK_SUMS_PRODUCTS, CHUNK_SUMS_PRODUCTS_BYTES, CHUNK_SUMS_V } from "./buffers";
import { chunkSumsAt, SCRATCH_PACKED, SCRATCH_TOTAL_PRODUCTS, SCRATCH_TOTAL_V } from "./buffers";
import { STATS_COVARIANCE, STATS_INVERSE, STATS_MEAN, statsAt } from "./buffers";
import { WORK_FOLDED, WORK_TRANSPOSED, workAt } from "./buffers";
import { convolveChunk } from "./perceive";
import { covariance } from "./products";
import { accumulate, accumulateDoubles } from "./simd";
import { sumLongRows } from "./stencils";

/** The statistics of a group at a step; the step before the first holds the first shift. */
// @inline
export function statsOf(job: Job, step: i32, group: i32): usize {
  return statsAt(job, (step + 1) * <i32> job.groups + group);
}

/**
 * A first guess of the mean of v, from every fourth row: sums of products are taken around it,
 * since Σv² − (Σv)²/N loses all digits in float32 where the mean is large. Any value is right; a
 * near one is exact. Later steps use the mean of the step before.
 */
export function guessMean(job: Job, group: i32): void {
  const out = statsOf(job, -1, group) + STATS_MEAN;
  memory.fill(out, 0, V_ROW);
  const first = job.groups == 1 ? 0 : group;
  const last = job.groups == 1 ? <i32> job.batch : group + 1;
  let count = 0;
  for (let slice = first; slice < last; slice++) {
    for (let y = 0; y < <i32> job.height; y += 4) {
      let cell = stateAt(job, 0) + inset(job) + borderedRow(job, slice, y);
      for (let x = 0; x < <i32> job.width; x++) {
        accumulate(out + C_ROW, cell, C_ROW);
        cell += C_ROW;
      }
      count += <i32> job.width;
    }
  }
  for (let c: usize = 0; c < C_ROW; c += 4) {
    const mean = load<f32>(out + C_ROW + c) / <f32> count;
    let taps: f32 = 0;
    for (let t = 0; t < <i32> (job.kernelSize * job.kernelSize); t++) {
      taps += load<f32>(<usize> job.kernel + <usize> t * C_ROW + c);
    }
    store<f32>(out + C_ROW + c, mean);
    store<f32>(out + c, mean * taps);
  }
}

/** Perception of a chunk, and its sums of v and v·vᵀ around the shift. */
export function sumChunk(job: Job, step: i32, chunk: i32, scratch: usize): void {
  const state = stateAt(job, step);
  convolveChunk(job, chunk, state, job.kernel, job.perception, false);

  const sums = chunkSumsAt(job, chunk);
  memory.fill(sums + CHUNK_SUMS_V, 0, V_ROW);
  memory.fill(sums + CHUNK_SUMS_PRODUCTS, 0, CHUNK_SUMS_PRODUCTS_BYTES);
  const shift = statsOf(job, step - 1, groupOf(job, chunk)) + STATS_MEAN;
  const packed = scratch + SCRATCH_PACKED;
  const slice = sliceOf(job, chunk);
  let filled = 0;
  for (let y = firstRow(job, chunk), last = lastRow(job, chunk); y < last; y++) {
    let cell = state + inset(job) + borderedRow(job, slice, y);
    let seen = <usize> job.perception + flatRow(job, slice, y);
    for (let x = 0; x < <i32> job.width; x++) {
      packCell(packed + <usize> filled * V_ROW, seen, cell, shift);
      cell += C_ROW;
      seen += C_ROW;
      if (++filled == BLOCK) {
        addBlock(packed, filled, sums);
        filled = 0;
      }
    }
  }
  const padded = (filled + 3) & ~3;
  memory.fill(packed + <usize> filled * V_ROW, 0, <usize> (padded - filled) * V_ROW);
  addBlock(packed, padded, sums);
}

function addBlock(block: usize, cells: i32, sums: usize): void {
  covariance(block, block, sums + CHUNK_SUMS_PRODUCTS, cells);
  sumLongRows(block, cells, sums + CHUNK_SUMS_V);
}

/** Mean, covariance and 1/√(var + eps) of a group, in float64 from the sums of its chunks. */
export function finishStatistics(job: Job, step: i32, group: i32, scratch: usize): void {
  const all = job.groups == 1;
  const chunks = all ? <i32> job.chunks : <i32> job.chunksPerSlice;
  const first = all ? 0 : group * chunks;
  const n = <f64> (<i32> (job.height * job.width)) * (all ? <f64> job.batch : 1);
  const out = statsOf(job, step, group);
  const shift = statsOf(job, step - 1, group) + STATS_MEAN;

  // Totals in float64, the chunks in order; of the products the upper tiles only.
  const totals = scratch + SCRATCH_TOTAL_V;
  const products = scratch + SCRATCH_TOTAL_PRODUCTS;
  memory.fill(totals, 0, 2 * V_ROW);
  memory.fill(products, 0, 2 * CHUNK_SUMS_PRODUCTS_BYTES);
  for (let chunk = first; chunk < first + chunks; chunk++) {
    const sums = chunkSumsAt(job, chunk);
    accumulateDoubles(totals, sums + CHUNK_SUMS_V, V_ROW);
    accumulateDoubles(products, sums + CHUNK_SUMS_PRODUCTS, CHUNK_SUMS_PRODUCTS_BYTES);
  }
  for (let i = 0; i < V; i++) {
    const at = totals + (<usize> i << 3);
    const mean = load<f64>(at) / n;
    store<f64>(at, mean);
    store<f32>(
      out + STATS_MEAN + (<usize> i << 2),
      <f32> (<f64> load<f32>(shift + (<usize> i << 2)) + mean),
    );
  }
  for (let i = 0; i < V; i++) {
    // The number before the diagonal, if it is in the same vector
    if (i & 1) store<f64>(products + (<usize> (i * V + i - 1) << 3), 0);
    for (let j = i; j < V; j++) {
      const upper = products + (<usize> (i * V + j) << 3);
      const value = load<f64>(upper) / n -
        load<f64>(totals + (<usize> i << 3)) * load<f64>(totals + (<usize> j << 3));
      store<f64>(upper, j == i ? value : 2 * value);
      store<f32>(out + STATS_COVARIANCE + (<usize> (i * V + j) << 2), <f32> value);
      store<f32>(out + STATS_COVARIANCE + (<usize> (j * V + i) << 2), <f32> value);
    }
  }
  // var = w G wᵀ for each row w of fc1: G is symmetric, so its upper half counts twice.
  for (let h = 0; h < H; h++) {
    const w = <usize> job.w1 + <usize> h * V_ROW;
    for (let j: usize = 0; j < V_ROW; j += 8) {
      v128.store(totals + 2 * j, f64x2.promote_low_f32x4(v128.load64_zero(w + j)));
    }
    let variance = f64x2.splat(0);
    for (let i: usize = 0; i < <usize> V; i++) {
      let dot = f64x2.splat(0);
      const row = products + ((i * <usize> V) << 3);
      for (let j: usize = (i & ~1) << 3; j < 2 * V_ROW; j += 16) {
        dot = f64x2.add(dot, f64x2.mul(v128.load(row + j), v128.load(totals + j)));
      }
      variance = f64x2.add(variance, f64x2.mul(dot, f64x2.splat(load<f64>(totals + (i << 3)))));
    }
    const total = max(f64x2.extract_lane(variance, 0) + f64x2.extract_lane(variance, 1), 0);
    store<f32>(out + STATS_INVERSE + (<usize> h << 2), <f32> (1 / Math.sqrt(total + EPSILON)));
  }
  foldWeights(job, step, group);
}

/** A = γ·inv·W1 and its transpose: batch norm folded into fc1, so that y = A (v − mean) + β. */
export function foldWeights(job: Job, step: i32, group: i32): void {
  const inverse = statsOf(job, step, group) + STATS_INVERSE;
  const folded = workAt(job, group) + WORK_FOLDED;
  const transposed = workAt(job, group) + WORK_TRANSPOSED;
  for (let h: usize = 0; h < <usize> H; h++) {
    const scale = load<f32>(<usize> job.gamma + (h << 2)) * load<f32>(inverse + (h << 2));
    for (let j: usize = 0; j < V_ROW; j += 16) {
      const a = f32x4.mul(f32x4.splat(scale), v128.load(<usize> job.w1 + h * V_ROW + j));
      v128.store(folded + h * V_ROW + j, a);
      const column = transposed + (j >> 2) * H_ROW + (h << 2);
      store<f32>(column, f32x4.extract_lane(a, 0));
      store<f32>(column + H_ROW, f32x4.extract_lane(a, 1));
      store<f32>(column + 2 * H_ROW, f32x4.extract_lane(a, 2));
      store<f32>(column + 3 * H_ROW, f32x4.extract_lane(a, 3));
    }
  }
}
