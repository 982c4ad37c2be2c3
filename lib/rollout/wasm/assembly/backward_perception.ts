// Backward, perception: the transposed convolution carries ∂L/∂perception to the cells that were
// seen, and the kernel's gradient is the correlation of ∂L/∂perception with the state.

import { chunkGradients, SUM_KERNEL } from "./backward_fired";
import { borderedRow, firstRow, inset, lastRow, sliceOf, stateAt } from "./cells";
import { C_ROW, Job } from "./layout";
import { convolveChunk } from "./perceive";
import { madd } from "./simd";

/** Adds what a chunk's cells were seen by, and its share of the kernel's gradient. */
export function perceptionChunk(job: Job, step: i32, chunk: i32): void {
  convolveChunk(job, chunk, job.perceptionGradient, job.kernelFlipped, job.gradient, true);

  const slice = sliceOf(job, chunk);
  const size = <usize>job.kernelSize;
  const row = <usize>job.rowCells * C_ROW;
  const sums = chunkGradients(job, chunk) + SUM_KERNEL;
  const state = stateAt(job, step);
  const slopes = <usize>job.perceptionGradient + inset(job);
  for (let y = firstRow(job, chunk), last = lastRow(job, chunk); y < last; y++) {
    const offset = borderedRow(job, slice, y);
    for (let g: usize = 0; g < C_ROW; g += 16) {
      const slope = slopes + offset + g;
      const seen = state + offset + g;
      if (size == 3) {
        correlate3(slope, seen, row, <i32>job.width, sums + g);
      } else {
        for (let ty: usize = 0; ty < size; ty++) {
          for (let tx: usize = 0; tx < size; tx += 7) {
            correlate7(
              slope,
              seen + ty * row + tx * C_ROW,
              <i32>job.width,
              sums + (ty * size + tx) * C_ROW + g,
              <i32>min(7, size - tx),
            );
          }
        }
      }
    }
  }
}

/** Nine taps of a 3 × 3 kernel over one row: nine accumulators, ten loads a cell. */
function correlate3(slope: usize, seen: usize, row: usize, width: i32, sums: usize): void {
  let c0 = v128.load(sums);
  let c1 = v128.load(sums, C_ROW);
  let c2 = v128.load(sums, 2 * C_ROW);
  let c3 = v128.load(sums, 3 * C_ROW);
  let c4 = v128.load(sums, 4 * C_ROW);
  let c5 = v128.load(sums, 5 * C_ROW);
  let c6 = v128.load(sums, 6 * C_ROW);
  let c7 = v128.load(sums, 7 * C_ROW);
  let c8 = v128.load(sums, 8 * C_ROW);
  for (let x = 0; x < width; x++) {
    const s = v128.load(slope);
    const middle = seen + row;
    const below = middle + row;
    c0 = madd(s, v128.load(seen), c0);
    c1 = madd(s, v128.load(seen, C_ROW), c1);
    c2 = madd(s, v128.load(seen, 2 * C_ROW), c2);
    c3 = madd(s, v128.load(middle), c3);
    c4 = madd(s, v128.load(middle, C_ROW), c4);
    c5 = madd(s, v128.load(middle, 2 * C_ROW), c5);
    c6 = madd(s, v128.load(below), c6);
    c7 = madd(s, v128.load(below, C_ROW), c7);
    c8 = madd(s, v128.load(below, 2 * C_ROW), c8);
    slope += C_ROW;
    seen += C_ROW;
  }
  v128.store(sums, c0);
  v128.store(sums, c1, C_ROW);
  v128.store(sums, c2, 2 * C_ROW);
  v128.store(sums, c3, 3 * C_ROW);
  v128.store(sums, c4, 4 * C_ROW);
  v128.store(sums, c5, 5 * C_ROW);
  v128.store(sums, c6, 6 * C_ROW);
  v128.store(sums, c7, 7 * C_ROW);
  v128.store(sums, c8, 8 * C_ROW);
}

/** Up to seven taps of one row of a kernel. */
function correlate7(slope: usize, seen: usize, width: i32, sums: usize, taps: i32): void {
  let c0 = f32x4.splat(0);
  let c1 = c0, c2 = c0, c3 = c0, c4 = c0, c5 = c0, c6 = c0;
  for (let x = 0; x < width; x++) {
    const s = v128.load(slope);
    c0 = madd(s, v128.load(seen), c0);
    c1 = madd(s, v128.load(seen, C_ROW), c1);
    c2 = madd(s, v128.load(seen, 2 * C_ROW), c2);
    c3 = madd(s, v128.load(seen, 3 * C_ROW), c3);
    c4 = madd(s, v128.load(seen, 4 * C_ROW), c4);
    c5 = madd(s, v128.load(seen, 5 * C_ROW), c5);
    c6 = madd(s, v128.load(seen, 6 * C_ROW), c6);
    slope += C_ROW;
    seen += C_ROW;
  }
  add(sums, c0);
  if (taps > 1) add(sums + C_ROW, c1);
  if (taps > 2) add(sums + 2 * C_ROW, c2);
  if (taps > 3) add(sums + 3 * C_ROW, c3);
  if (taps > 4) add(sums + 4 * C_ROW, c4);
  if (taps > 5) add(sums + 5 * C_ROW, c5);
  if (taps > 6) add(sums + 6 * C_ROW, c6);
}

// @ts-ignore: decorator
@inline
function add(at: usize, value: v128): void {
  v128.store(at, f32x4.add(v128.load(at), value));
}
