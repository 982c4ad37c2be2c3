/**
 * Forward, second phase, once a group: from the sums, the mean and covariance of v; from those the
 * variance of every hidden unit, W1 G W1ᵀ; and batch norm folded into fc1, A = γ·inv·W1, so that
 * y = A (v − mean) + β. The biases of perception and fc1 cancel and appear nowhere.
 *
 * One work-group a group, one thread a hidden unit, the covariance in work-group memory (4 KiB for
 * c = 16). Traffic: a few KiB.
 *
 * @module
 */

import { BATCH_NORM_EPSILON } from "../../types.ts";
import { type KernelShape, layoutOf } from "../layout.ts";
import { header, quad, unroll } from "./common.ts";

/** The shader for a shape; run as (groups). */
export function foldShader(shape: KernelShape): string {
  const { v4 } = layoutOf(shape);
  return header(shape, shape.hidden) + /* wgsl */ `
@group(0) @binding(1) var<storage, read> weights: array<vec4f>;
@group(0) @binding(2) var<storage, read_write> shifts: array<vec4f>; // of a group
@group(0) @binding(3) var<storage, read> moments: array<vec4f>; // of a group
@group(0) @binding(4) var<storage, read_write> stats: array<vec4f>;

var<workgroup> covariance: array<vec4f, 4u * V4 * V4>;
var<workgroup> inverses: array<f32, H>;

@compute @workgroup_size(THREADS)
fn main(@builtin(workgroup_id) id: vec3u, @builtin(local_invocation_index) h: u32) {
  let sums = id.x * MOMENTS;
  let out = id.x * STATS;
  for (var i = h; i < V4; i += H) {
    // The mean of this step is the shift of the next.
    let mean = shifts[id.x * V4 + i] + moments[sums + i] / size.count;
    shifts[id.x * V4 + i] = mean;
    stats[out + i] = mean;
  }
  for (var i = h; i < 4u * V4 * V4; i += H) {
    let row = i / V4;
    let product = moments[sums + row / 4u][row % 4u] / size.count;
    let value = moments[sums + V4 + i] / size.count -
      product * (moments[sums + i % V4] / size.count);
    covariance[i] = value;
    stats[out + COVARIANCE + i] = value;
  }
  workgroupBarrier();
  var variance = 0.0;
  ${unroll(v4, (i) => `let w${i} = weights[FC1 + h * V4 + ${i}u];`)}
  ${
    unroll(v4, (i) =>
      unroll(4, (e) =>
        `{
    let row = ${(4 * i + e) * v4}u;
    var dots = vec4f();
    ${unroll(v4, (j) => `dots += covariance[row + ${j}u] * w${j};`)}
    variance += w${i}[${e}] * (dots.x + dots.y + dots.z + dots.w);
  }`))
  }
  let inverse = 1.0 / sqrt(max(variance, 0.0) + ${BATCH_NORM_EPSILON});
  inverses[h] = inverse;
  let scale = weights[GAMMA + h / 4u][h % 4u] * inverse;
  ${unroll(v4, (i) => `stats[out + FOLDED + h * V4 + ${i}u] = scale * w${i};`)}
  workgroupBarrier();
  if (h < H / 4u) { stats[out + INVERSE + h] = ${quad("inverses")}; }
}
`;
}
