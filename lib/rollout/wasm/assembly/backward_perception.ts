// Backward, perception: the transposed convolution carries ∂L/∂perception to the cells that were
// seen, and the kernel's gradient is the correlation of ∂L/∂perception with the state.

import { borderedRow, firstRow, inset, lastRow, sliceOf, stateAt } from "./cells";
import { C_ROW, CHUNK_GRADIENTS_KERNEL, chunkGradientsAt, Job, PAIR_BYTES } from "./buffers";
import { convolveChunk } from "./perceive";
import { correlate1, correlate3, correlate7 } from "./stencils";

/**
 * Adds the gradient that a chunk's cells receive through perception, and the chunk's part of the
 * kernel's gradient.
 */
export function perceptionChunk(job: Job, step: i32, chunk: i32): void {
  convolveChunk(job, chunk, job.perceptionGradient, job.kernelFlipped, job.gradient, true);

  const slice = sliceOf(job, chunk);
  const size = <usize> job.kernelSize;
  const row = <usize> job.rowCells * C_ROW;
  const width = <i32> job.width;
  const sums = chunkGradientsAt(job, chunk) + CHUNK_GRADIENTS_KERNEL;
  const state = stateAt(job, step);
  const slopes = <usize> job.perceptionGradient + inset(job);
  for (let y = firstRow(job, chunk), last = lastRow(job, chunk); y < last; y++) {
    const offset = borderedRow(job, slice, y);
    for (let g: usize = 0; g < C_ROW; g += PAIR_BYTES) {
      const slope = slopes + offset + g;
      const seen = state + offset + g;
      if (size == 3) {
        correlate3(slope, seen, row, width, sums + g);
        continue;
      }
      for (let ty: usize = 0; ty < size; ty++) {
        let tap = sums + ty * size * C_ROW + g;
        let tx: usize = 0;
        for (; tx + 7 <= size; tx += 7) {
          correlate7(slope, seen + ty * row + tx * C_ROW, row, width, tap);
          tap += 7 * C_ROW;
        }
        for (; tx < size; tx++) {
          correlate1(slope, seen + ty * row + tx * C_ROW, row, width, tap);
          tap += C_ROW;
        }
      }
    }
  }
}
