/**
 * Backward, last phase: the transposed convolution carries perception's gradient to the cells that
 * were seen, and the kernel's gradient is the correlation of perception's gradient with the state.
 * It also makes the perception of the step before, which is the next in the backward pass: that
 * needs nothing of this phase, and saves a dispatch.
 *
 * One work-group a chunk. First one thread a vec4 of a cell, neighbours side by side in memory;
 * then one thread a vec4 of a tap (36 for k = 3, 196 for k = 7; the work-group is made as large),
 * which adds over all cells of the chunk in a register. Traffic: reads perception's gradient and
 * two states, reads and writes the gradient, writes perception, and 4·k²·c bytes of sums a chunk.
 *
 * @module
 */

import { type KernelShape, layoutOf } from "../layout.ts";
import { convolution, header } from "./common.ts";

/** The shader for a shape; run as (chunks of a slice, slices). */
export function backwardPerceptionShader(shape: KernelShape): string {
  const { taps, c4 } = layoutOf(shape);
  const threads = Math.min(256, 32 * Math.ceil(Math.max(taps * c4, 64) / 32));
  return header(shape, threads) + /* wgsl */ `
@group(0) @binding(1) var<storage, read> weights: array<vec4f>;
@group(0) @binding(2) var<storage, read> state: array<vec4f>;
@group(0) @binding(3) var<storage, read> seen_gradient: array<vec4f>;
@group(0) @binding(4) var<storage, read_write> gradient: array<vec4f>;
@group(0) @binding(5) var<storage, read_write> sums: array<vec4f>;
@group(0) @binding(6) var<storage, read> previous: array<vec4f>; // the state a step before
@group(0) @binding(7) var<storage, read_write> perception: array<vec4f>; // of previous
${convolution("seen_gradient", { transposed: true })}${convolution("previous")}
@compute @workgroup_size(THREADS)
fn main(@builtin(workgroup_id) id: vec3u, @builtin(local_invocation_index) thread: u32) {
  let slice = id.y;
  let begin = chunk_begin(id.x);
  let end = chunk_end(id.x);
  let base = slice * size.cells;
  for (var i = begin * C4 + thread; i < end * C4; i += THREADS) {
    gradient[base * C4 + i] += convolve_seen_gradient(slice, i / C4, i % C4);
    perception[base * C4 + i] = convolve_previous(slice, i / C4, i % C4);
  }
  for (var item = thread; item < TAPS * C4; item += THREADS) {
    let q = item % C4;
    let dy = i32(item / C4) / K - K / 2;
    let dx = i32(item / C4) % K - K / 2;
    var y = i32(begin / size.width) + dy;
    var x = i32(begin % size.width) + dx;
    var sum = vec4f();
    for (var cell = begin; cell < end; cell++) {
      if (y >= 0 && y < i32(size.height) && x >= 0 && x < i32(size.width)) {
        let seen = base + u32(y) * size.width + u32(x);
        sum += seen_gradient[(base + cell) * C4 + q] * state[seen * C4 + q];
      }
      x++;
      if (x == i32(size.width) + dx) {
        x = dx;
        y++;
      }
    }
    sums[(slice * size.chunks + id.x) * TAPS * C4 + item] += sum;
  }
}
`;
}
