// Perception: a depthwise convolution over a bordered array.
//
// Eight neighbouring cells of one vector of channels are summed at a time: each weight is loaded
// once for eight multiply-adds.

import { borderedRow, firstRow, flatRow, lastRow, sliceOf } from "./cells";
import { C_ROW, Job } from "./layout";
import { madd } from "./simd";

/**
 * flat[y, x] = Σ kernel[tap] · bordered[y + ty, x + tx] for a chunk's rows; with `add`, added to
 * what is there. Columns beyond the width are written too: the flat rows are a multiple of eight
 * cells wide.
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
  const row = <usize>job.rowCells * C_ROW;
  const out = <usize>job.flatRowCells * C_ROW;
  const size = <i32>job.kernelSize;
  for (let y = firstRow(job, chunk), last = lastRow(job, chunk); y < last; y++) {
    const from = bordered + borderedRow(job, slice, y);
    const to = flat + flatRow(job, slice, y);
    for (let x: usize = 0; x < out; x += 8 * C_ROW) {
      for (let g: usize = 0; g < C_ROW; g += 16) {
        convolve8(from + x + g, row, kernel + g, size, to + x + g, add);
      }
    }
  }
}

function convolve8(from: usize, row: usize, kernel: usize, size: i32, to: usize, add: bool): void {
  let c0 = f32x4.splat(0);
  let c1 = c0, c2 = c0, c3 = c0, c4 = c0, c5 = c0, c6 = c0, c7 = c0;
  for (let ty = 0; ty < size; ty++) {
    let a = from;
    for (let tx = 0; tx < size; tx++) {
      const w = v128.load(kernel);
      c0 = madd(v128.load(a), w, c0);
      c1 = madd(v128.load(a, C_ROW), w, c1);
      c2 = madd(v128.load(a, 2 * C_ROW), w, c2);
      c3 = madd(v128.load(a, 3 * C_ROW), w, c3);
      c4 = madd(v128.load(a, 4 * C_ROW), w, c4);
      c5 = madd(v128.load(a, 5 * C_ROW), w, c5);
      c6 = madd(v128.load(a, 6 * C_ROW), w, c6);
      c7 = madd(v128.load(a, 7 * C_ROW), w, c7);
      a += C_ROW;
      kernel += C_ROW;
    }
    from += row;
  }
  if (add) {
    c0 = f32x4.add(c0, v128.load(to));
    c1 = f32x4.add(c1, v128.load(to, C_ROW));
    c2 = f32x4.add(c2, v128.load(to, 2 * C_ROW));
    c3 = f32x4.add(c3, v128.load(to, 3 * C_ROW));
    c4 = f32x4.add(c4, v128.load(to, 4 * C_ROW));
    c5 = f32x4.add(c5, v128.load(to, 5 * C_ROW));
    c6 = f32x4.add(c6, v128.load(to, 6 * C_ROW));
    c7 = f32x4.add(c7, v128.load(to, 7 * C_ROW));
  }
  v128.store(to, c0);
  v128.store(to, c1, C_ROW);
  v128.store(to, c2, 2 * C_ROW);
  v128.store(to, c3, 3 * C_ROW);
  v128.store(to, c4, 4 * C_ROW);
  v128.store(to, c5, 5 * C_ROW);
  v128.store(to, c6, 6 * C_ROW);
  v128.store(to, c7, 7 * C_ROW);
}
