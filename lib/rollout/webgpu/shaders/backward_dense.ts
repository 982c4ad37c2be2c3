/**
 * Backward, third phase, every cell: ∂L/∂v = M (v − mean) + t, plus its own part where it fired.
 * The half that belongs to the state is added to the gradient; the half of perception goes to the
 * transposed convolution that follows.
 *
 * One thread a cell, v in registers, all threads of a wave read the same rows of M. Traffic: reads
 * perception and state, reads and writes both gradients.
 *
 * @module
 */

import { type KernelShape, layoutOf } from "../layout.ts";
import { firing, header, unroll } from "./common.ts";

/** Threads of a work-group, one a cell. */
export const DENSE_THREADS = 64;

/** The shader for a shape; run as (cells of a slice / 64, slices). */
export function backwardDenseShader(shape: KernelShape): string {
  const { c4, v4 } = layoutOf(shape);
  return header(shape, DENSE_THREADS) + /* wgsl */ `
@group(0) @binding(1) var<storage, read> state: array<vec4f>;
@group(0) @binding(2) var<storage, read> perception: array<vec4f>;
@group(0) @binding(3) var<storage, read> stats: array<vec4f>;
@group(0) @binding(4) var<storage, read> map: array<vec4f>;
@group(0) @binding(5) var<storage, read_write> gradient: array<vec4f>;
@group(0) @binding(6) var<storage, read_write> seen_gradient: array<vec4f>;
${firing(7)}
@compute @workgroup_size(THREADS)
fn main(@builtin(global_invocation_id) id: vec3u) {
  if (id.x >= size.cells) { return; }
  let mean = group_of(id.y) * STATS;
  let rows = group_of(id.y) * MAP;
  let cell = (id.y * size.cells + id.x) * C4;
  let fired = fires(id.y, id.x);
  ${unroll(c4, (q) => `let v${q} = perception[cell + ${q}u] - stats[mean + ${q}u];`)}
  ${unroll(c4, (q) => `let v${c4 + q} = state[cell + ${q}u] - stats[mean + ${c4 + q}u];`)}
  for (var j = 0u; j < V4; j++) {
    var dv = map[rows + MAP_T + j];
    // M is symmetric: its rows are its columns.
    ${
    unroll(v4, (i) => unroll(4, (e) => `dv += v${i}[${e}] * map[rows + ${(4 * i + e) * v4}u + j];`))
  }
    if (j >= C4) {
      gradient[cell + j - C4] += dv;
    } else if (fired) {
      seen_gradient[cell + j] += dv;
    } else {
      seen_gradient[cell + j] = dv;
    }
  }
}
`;
}
