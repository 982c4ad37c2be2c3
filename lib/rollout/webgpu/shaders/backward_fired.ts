/**
 * Backward, first phase, the cells that fired: y again from the stored state, then the gradients
 * of fc2, of ReLU and of the folded fc1, and the part of ∂L/∂v that goes through a cell's own
 * update.
 *
 * One work-group a chunk, one thread a hidden unit: a thread keeps its rows of A and fc2ᵀ and its
 * rows of all sums in registers (6c + 1 numbers) while the cells go by in blocks of 16, so the
 * sums need no barrier and no second pass. Only ∂L/∂v = Aᵀ dy crosses threads, by way of dy in
 * work-group memory (7.5 KiB in all for c = 16, h = 64).
 *
 * Traffic: reads perception, state and gradient of the cells that fired, writes their gradient and
 * their perception's gradient; 4·(6c + 1)·h bytes of sums a chunk.
 *
 * @module
 */

import { type KernelShape, layoutOf } from "../layout.ts";
import { firing, header, LIST_FIRING, quad, unroll } from "./common.ts";

/** The shader for a shape; run as (chunks of a slice, slices). */
export function backwardFiredShader(shape: KernelShape): string {
  const { c4, v4 } = layoutOf(shape);
  return header(shape, shape.hidden) + /* wgsl */ `
@group(0) @binding(1) var<storage, read> weights: array<vec4f>;
@group(0) @binding(2) var<storage, read> state: array<vec4f>;
@group(0) @binding(3) var<storage, read> perception: array<vec4f>;
@group(0) @binding(4) var<storage, read> stats: array<vec4f>;
@group(0) @binding(5) var<storage, read_write> gradient: array<vec4f>;
@group(0) @binding(6) var<storage, read_write> seen_gradient: array<vec4f>;
@group(0) @binding(7) var<storage, read_write> sums: array<vec4f>;
${firing(8)}${LIST_FIRING}
const BLOCK = 16u;
var<workgroup> inputs: array<vec4f, BLOCK * V4>;  // v − mean
var<workgroup> slopes: array<vec4f, BLOCK * C4>;  // ∂L/∂(change)
var<workgroup> hidden: array<f32, BLOCK * H>;     // dy

@compute @workgroup_size(THREADS)
fn main(@builtin(workgroup_id) id: vec3u, @builtin(local_invocation_index) h: u32) {
  let slice = id.y;
  let mean = group_of(slice) * STATS;
  let folded = mean + FOLDED;
  let end = chunk_end(id.x);
  let beta = weights[BETA + h / 4u][h % 4u];
  ${unroll(v4, (j) => `let a${j} = stats[folded + h * V4 + ${j}u];`)}
  ${unroll(c4, (q) => `let w${q} = weights[FC2 + h * C4 + ${q}u];`)}
  ${unroll(v4, (j) => `var sum_a${j} = vec4f();`)}
  ${unroll(c4, (q) => `var sum_w${q} = vec4f();`)}
  var sum_d = 0.0;
  var sum_bias = vec4f();
  for (var first = chunk_begin(id.x); first < end; first += TILE) {
    let count = list_firing(h, slice, first);
    for (var start = 0u; start < count; start += BLOCK) {
      // Places beyond the last cell hold zeros, which add nothing to any sum.
      for (var i = h; i < BLOCK * C4; i += H) {
        let q = i % C4;
        var seen = vec4f();
        var own = vec4f();
        var slope = vec4f();
        if (start + i / C4 < count) {
          let at = (slice * size.cells + fired_cells[start + i / C4]) * C4 + q;
          seen = perception[at] - stats[mean + q];
          own = state[at] - stats[mean + C4 + q];
          slope = gradient[at];
        }
        inputs[i / C4 * V4 + q] = seen;
        inputs[i / C4 * V4 + C4 + q] = own;
        slopes[i] = slope;
      }
      workgroupBarrier();
      for (var i = 0u; i < BLOCK; i++) {
        ${unroll(v4, (j) => `let v${j} = inputs[i * V4 + ${j}u];`)}
        ${unroll(c4, (q) => `let g${q} = slopes[i * C4 + ${q}u];`)}
        let y4 = ${Array.from({ length: v4 }, (_, j) => `a${j} * v${j}`).join(" + ")};
        let y = y4.x + y4.y + y4.z + y4.w + beta;
        let activity = max(y, 0.0);
        let dy4 = ${Array.from({ length: c4 }, (_, q) => `w${q} * g${q}`).join(" + ")};
        let dy = select(0.0, dy4.x + dy4.y + dy4.z + dy4.w, y > 0.0);
        ${unroll(v4, (j) => `sum_a${j} += dy * v${j};`)}
        ${unroll(c4, (q) => `sum_w${q} += activity * g${q};`)}
        sum_d += dy;
        hidden[i * H + h] = dy;
        if (h < C4) { sum_bias += slopes[i * C4 + h]; }
      }
      workgroupBarrier();
      for (var i = h; i < BLOCK * V4; i += H) {
        let place = i / V4;
        let j = i % V4;
        if (start + place < count) {
          var dv = vec4f();
          for (var unit = 0u; unit < H; unit++) {
            dv += hidden[place * H + unit] * stats[folded + unit * V4 + j];
          }
          let at = (slice * size.cells + fired_cells[start + place]) * C4;
          if (j < C4) { seen_gradient[at + j] = dv; } else { gradient[at + j - C4] += dv; }
        }
      }
      workgroupBarrier();
    }
  }
  // D and d are of this step alone; the others add up over all steps.
  let out = (slice * size.chunks + id.x) * CHUNK;
  ${unroll(v4, (j) => `sums[out + h * V4 + ${j}u] = sum_a${j};`)}
  hidden[h] = sum_d;
  workgroupBarrier();
  if (h < H / 4u) { sums[out + CHUNK_D + h] = ${quad("hidden")}; }
  ${unroll(c4, (q) => `sums[out + CHUNK_FC2 + h * C4 + ${q}u] += sum_w${q};`)}
  if (h < C4) { sums[out + CHUNK_BIAS2 + h] += sum_bias; }
}
`;
}
