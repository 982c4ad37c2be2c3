/**
 * Forward, first phase: perception, and a chunk's sums of v and v·vᵀ around a shift.
 *
 * One work-group a chunk, one thread a 4×4 part of the 2c×2c products (64 threads for c = 16). The
 * threads fill a block of up to 64 cells in work-group memory (8 KiB), then each adds its sixteen
 * products of all of them in registers: two vec4 loads for sixteen multiply-adds.
 *
 * Traffic: reads the state (its neighbourhoods come from the cache), writes perception, and
 * 4·(2c + 4c²) bytes of sums a chunk.
 *
 * @module
 */

import { type KernelShape, layoutOf } from "../layout.ts";
import { convolution, header } from "./common.ts";

/** The shader for a shape; run as (chunks of a slice, slices). */
export function statisticsShader(shape: KernelShape): string {
  const { v4 } = layoutOf(shape);
  const block = Math.min(64, shape.tile);
  return header(shape, v4 * v4) + /* wgsl */ `
@group(0) @binding(1) var<storage, read> weights: array<vec4f>;
@group(0) @binding(2) var<storage, read> state: array<vec4f>;
@group(0) @binding(3) var<storage, read> shifts: array<vec4f>; // of a group
@group(0) @binding(4) var<storage, read_write> perception: array<vec4f>;
@group(0) @binding(5) var<storage, read_write> moments: array<vec4f>;
${convolution("state")}
const BLOCK = ${block}u;
var<workgroup> block: array<vec4f, BLOCK * V4>;

@compute @workgroup_size(THREADS)
fn main(@builtin(workgroup_id) id: vec3u, @builtin(local_invocation_index) thread: u32) {
  let slice = id.y;
  let end = chunk_end(id.x);
  let shift = group_of(slice) * V4;
  let row = thread / V4;
  let column = thread % V4;
  var sum = vec4f();
  var row0 = vec4f();
  var row1 = vec4f();
  var row2 = vec4f();
  var row3 = vec4f();
  for (var first = chunk_begin(id.x); first < end; first += BLOCK) {
    for (var i = thread; i < BLOCK * C4; i += THREADS) {
      let cell = first + i / C4;
      let q = i % C4;
      var seen = vec4f();
      var own = vec4f();
      if (cell < end) {
        let at = (slice * size.cells + cell) * C4 + q;
        seen = convolve_state(slice, cell, q);
        perception[at] = seen;
        seen -= shifts[shift + q];
        own = state[at] - shifts[shift + C4 + q];
      }
      block[i / C4 * V4 + q] = seen;
      block[i / C4 * V4 + C4 + q] = own;
    }
    workgroupBarrier();
    for (var i = 0u; i < BLOCK; i++) {
      let a = block[i * V4 + row];
      let b = block[i * V4 + column];
      row0 += a.x * b;
      row1 += a.y * b;
      row2 += a.z * b;
      row3 += a.w * b;
      sum += b;
    }
    workgroupBarrier();
  }
  let out = (slice * size.chunks + id.x) * MOMENTS;
  if (row == 0u) { moments[out + column] = sum; }
  let product = out + V4 + 4u * row * V4 + column;
  moments[product] = row0;
  moments[product + V4] = row1;
  moments[product + 2u * V4] = row2;
  moments[product + 3u * V4] = row3;
}
`;
}
