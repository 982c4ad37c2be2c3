/**
 * Backward, second phase, once a group: what batch norm's statistics pass on. From the sums over the
 * cells that fired, D = Σ dy (v − mean)ᵀ and d = Σ dy, with G the covariance:
 *
 *     r = inv · rowsum(W1 · D),  dβ += d,  dγ += r,  dW1 += γ·inv · (D − r·inv · (W1 G)),
 *     M = −W1ᵀ diag(γ·inv²·r/N) W1,  t = −W1ᵀ (γ·inv·d/N).
 *
 * One work-group a group, one thread a hidden unit, then one thread a vec4 of M and t (256 of M for
 * c = 16): all else waits for this work-group, so that it has threads for each. Traffic: a few KiB.
 *
 * @module
 */

import { type KernelShape, layoutOf } from "../layout.ts";
import { header, quad, unroll } from "./common.ts";

/** The shader for a shape; run as (groups). */
export function backwardStatisticsShader(shape: KernelShape): string {
  const { v4 } = layoutOf(shape);
  return header(shape, Math.max(256, shape.hidden)) + /* wgsl */ `
@group(0) @binding(1) var<storage, read> weights: array<vec4f>;
@group(0) @binding(2) var<storage, read> stats: array<vec4f>;
@group(0) @binding(3) var<storage, read> sums: array<vec4f>; // D and d of a group
@group(0) @binding(4) var<storage, read_write> gradients: array<vec4f>;
@group(0) @binding(5) var<storage, read_write> map: array<vec4f>;

const SUMS = CHUNK_FC2;
var<workgroup> gammas: array<f32, H>;
var<workgroup> map_scale: array<f32, H>;
var<workgroup> shift_scale: array<f32, H>;

@compute @workgroup_size(THREADS)
fn main(@builtin(workgroup_id) id: vec3u, @builtin(local_invocation_index) thread: u32) {
  if (thread < H) { fold_back(id.x, thread); }
  workgroupBarrier();
  let out = id.x * GROUP;
  if (thread < H / 4u) {
    let h = thread;
    gradients[out + GROUP_GAMMA + h] += ${quad("gammas")};
    gradients[out + GROUP_BETA + h] += sums[id.x * SUMS + CHUNK_D + h];
  }
  for (var i = thread; i < 4u * V4 * V4; i += THREADS) {
    let row = i / V4;
    var sum = vec4f();
    for (var unit = 0u; unit < H; unit++) {
      let factor = map_scale[unit] * weights[FC1 + unit * V4 + row / 4u][row % 4u];
      sum += factor * weights[FC1 + unit * V4 + i % V4];
    }
    map[id.x * MAP + i] = sum;
  }
  for (var j = thread; j < V4; j += THREADS) {
    var sum = vec4f();
    for (var unit = 0u; unit < H; unit++) {
      sum += shift_scale[unit] * weights[FC1 + unit * V4 + j];
    }
    map[id.x * MAP + MAP_T + j] = sum;
  }
}

// The gradients of a hidden unit, and what it brings to M and t.
fn fold_back(group: u32, h: u32) {
  let record = group * STATS;
  let rows = group * SUMS + h * V4;
  let out = group * GROUP;
  let d = sums[group * SUMS + CHUNK_D + h / 4u][h % 4u];
  let inverse = stats[record + INVERSE + h / 4u][h % 4u];
  let scale = inverse * weights[GAMMA + h / 4u][h % 4u];
  ${unroll(v4, (j) => `let w${j} = weights[FC1 + h * V4 + ${j}u];`)}
  ${unroll(v4, (j) => `let d${j} = sums[rows + ${j}u];`)}
  let dots = ${Array.from({ length: v4 }, (_, j) => `w${j} * d${j}`).join(" + ")};
  let r = inverse * (dots.x + dots.y + dots.z + dots.w);
  gammas[h] = r;
  // The covariance is symmetric: its rows are its columns.
  ${
    unroll(v4, (j) =>
      `{
    var wg = vec4f();
    ${
        unroll(v4, (i) =>
          unroll(4, (e) =>
            `wg += w${i}[${e}] * stats[record + COVARIANCE + ${(4 * i + e) * v4 + j}u];`))
      }
    gradients[out + h * V4 + ${j}u] += scale * (d${j} - r * inverse * wg);
  }`)
  }
  map_scale[h] = -scale * inverse * r / size.count;
  shift_scale[h] = -scale * d / size.count;
}
`;
}
