/**
 * Forward, third phase: the cells that fire change, x += W2 relu(A (v − mean) + β) + b2; the others
 * are copied.
 *
 * One work-group of up to 64 threads a chunk. It lists the cells of a tile that fire, and each thread
 * takes whole cells from the list: v and the change stay in its registers, and all threads of a
 * wave read the same weights, which the cache hands out once. Traffic: reads perception and state,
 * writes the state.
 *
 * @module
 */

import { type KernelShape, layoutOf } from "../layout.ts";
import { firing, header, LIST_FIRING, unroll } from "./common.ts";

/** The shader for a shape; run as (chunks of a slice, slices). */
export function updateShader(shape: KernelShape): string {
  const { c4, v4 } = layoutOf(shape);
  return header(shape, Math.min(64, shape.tile)) + /* wgsl */ `
@group(0) @binding(1) var<storage, read> weights: array<vec4f>;
@group(0) @binding(2) var<storage, read> state: array<vec4f>;
@group(0) @binding(3) var<storage, read> perception: array<vec4f>;
@group(0) @binding(4) var<storage, read> stats: array<vec4f>;
@group(0) @binding(5) var<storage, read_write> next: array<vec4f>;
${firing(6)}${LIST_FIRING}
@compute @workgroup_size(THREADS)
fn main(@builtin(workgroup_id) id: vec3u, @builtin(local_invocation_index) thread: u32) {
  let slice = id.y;
  let mean = group_of(slice) * STATS;
  let folded = mean + FOLDED;
  let end = chunk_end(id.x);
  for (var first = chunk_begin(id.x); first < end; first += TILE) {
    let count = list_firing(thread, slice, first);
    for (var i = thread; i < TILE * C4; i += THREADS) {
      let place = i / C4;
      let fired = (atomicLoad(&fired_bits[place / 32u]) >> (place % 32u)) & 1u;
      if (first + place < end && fired == 0u) {
        let at = (slice * size.cells + first) * C4 + i;
        next[at] = state[at];
      }
    }
    for (var i = thread; i < count; i += THREADS) {
      let cell = (slice * size.cells + fired_cells[i]) * C4;
      ${unroll(c4, (q) => `let x${q} = state[cell + ${q}u];`)}
      ${unroll(c4, (q) => `let v${q} = perception[cell + ${q}u] - stats[mean + ${q}u];`)}
      ${unroll(c4, (q) => `let v${c4 + q} = x${q} - stats[mean + ${c4 + q}u];`)}
      ${unroll(c4, (q) => `var change${q} = weights[BIAS2 + ${q}u];`)}
      for (var h = 0u; h < H; h++) {
        var dots = vec4f();
        ${unroll(v4, (j) => `dots += stats[folded + h * V4 + ${j}u] * v${j};`)}
        let y = dots.x + dots.y + dots.z + dots.w + weights[BETA + h / 4u][h % 4u];
        let activity = max(y, 0.0);
        ${unroll(c4, (q) => `change${q} += activity * weights[FC2 + h * C4 + ${q}u];`)}
      }
      ${unroll(c4, (q) => `next[cell + ${q}u] = x${q} + change${q};`)}
    }
  }
}
`;
}
