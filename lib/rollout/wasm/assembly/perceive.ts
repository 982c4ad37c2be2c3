// Perception: a depthwise convolution over a bordered array.
//
// A tile of neighbouring cells is summed at a time, a pair of vectors of each.

import { borderedRow, firstRow, flatRow, lastRow, sliceOf } from "./cells";
import { C_ROW, Job, PAIR_BYTES, TILE } from "./buffers";
import { convolveTile } from "./stencils";

/**
 * flat[y, x] = Σ kernel[tap] · bordered[y + ty, x + tx] for a chunk's rows; with `add`, added to
 * what is there. Columns beyond the width are written too: the flat rows are whole tiles wide.
 */
export function convolveChunk(
  job: Job,
  chunk: i32,
  bordered: usize,
  kernel: usize,
  flat: usize,
  add: bool,
): void {
  const slice = sliceOf(job, chunk);
  const row = <usize> job.rowCells * C_ROW;
  const out = <usize> job.flatRowCells * C_ROW;
  const size = <i32> job.kernelSize;
  for (let y = firstRow(job, chunk), last = lastRow(job, chunk); y < last; y++) {
    const from = bordered + borderedRow(job, slice, y);
    const to = flat + flatRow(job, slice, y);
    for (let x: usize = 0; x < out; x += <usize> TILE * C_ROW) {
      for (let g: usize = 0; g < C_ROW; g += PAIR_BYTES) {
        convolveTile(from + x + g, row, kernel + g, size, to + x + g, add);
      }
    }
  }
}
