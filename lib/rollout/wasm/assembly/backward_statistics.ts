// Backward, once a step and group: what batch norm's statistics pass on. From the sums over the
// firing cells, D = Σ dy (v − mean)ᵀ and d = Σ dy, with G the covariance:
//
//   r = inv · rowsum(W1 · D),  dβ += d,  dγ += r,  dW1 += γ·inv · (D − r·inv · (W1 G)),
//   M = −W1ᵀ diag(γ·inv²·r/N) W1,  t = −W1ᵀ (γ·inv·d/N),
//
// and every cell, firing or not, gets M (v − mean) + t.

import { chunkGradients, SUM_D_BIAS, SUM_W2 } from "./backward_fired";
import { GROUP_GRADIENTS, H, H_ROW, Job, V, V_ROW } from "./layout";
import { accumulate, madd, sum } from "./simd";
import { foldWeights, STATS_COVARIANCE, STATS_INVERSE, statsOf } from "./statistics";
import { WORK_M, workOf, WORK_T } from "./statistics";

const GROUP_GAMMA: usize = <usize>H * V_ROW;
const GROUP_BETA: usize = GROUP_GAMMA + H_ROW;

/** Clears a group's sums and folds the weights of the last step. */
export function startGroup(job: Job, group: i32): void {
  memory.fill(<usize>job.groupGradients + <usize>group * GROUP_GRADIENTS, 0, GROUP_GRADIENTS);
  foldWeights(job, <i32>job.steps - 1, group);
}

/** A group's share of the gradients at a step, M and t; then folds the weights of the step before. */
export function finishGroup(job: Job, step: i32, group: i32, scratch: usize): void {
  const all = job.groups == 1;
  const chunks = all ? <i32>job.chunks : <i32>job.chunksPerSlice;
  const first = all ? 0 : group * chunks;
  const n = <f32>(<i32>(job.height * job.width)) * (all ? <f32>job.batch : 1);
  // D (H × V), then d (H): they lie side by side in a chunk's sums.
  const d = scratch;
  memory.copy(d, chunkGradients(job, first), SUM_W2);
  for (let i = 1; i < chunks; i++) accumulate(d, chunkGradients(job, first + i), SUM_W2);

  const stats = statsOf(job, step, group);
  const out = <usize>job.groupGradients + <usize>group * GROUP_GRADIENTS;
  const m = workOf(job, group) + WORK_M;
  const t = workOf(job, group) + WORK_T;
  const wg = d + SUM_W2;
  memory.fill(m, 0, <usize>V * V_ROW + V_ROW);
  accumulate(out + GROUP_BETA, d + SUM_D_BIAS, H_ROW);
  for (let h: usize = 0; h < <usize>H; h++) {
    const w = <usize>job.w1 + h * V_ROW;
    const row = d + h * V_ROW;
    let product = f32x4.splat(0);
    for (let j: usize = 0; j < V_ROW; j += 16) {
      product = madd(v128.load(w + j), v128.load(row + j), product);
    }
    const inverse = load<f32>(stats + STATS_INVERSE + (h << 2));
    const scale = inverse * load<f32>(<usize>job.gamma + (h << 2));
    const r = inverse * sum(product);
    store<f32>(out + GROUP_GAMMA + (h << 2), load<f32>(out + GROUP_GAMMA + (h << 2)) + r);

    vectorTimesMatrix(w, stats + STATS_COVARIANCE, wg);
    const ri = f32x4.splat(-r * inverse);
    const s = f32x4.splat(scale);
    const tScale = f32x4.splat(-scale * load<f32>(d + SUM_D_BIAS + (h << 2)) / n);
    const mScale = -scale * inverse * r / n;
    for (let j: usize = 0; j < V_ROW; j += 16) {
      const gradient = madd(ri, v128.load(wg + j), v128.load(row + j));
      const at = out + h * V_ROW + j;
      v128.store(at, madd(s, gradient, v128.load(at)));
      v128.store(t + j, madd(tScale, v128.load(w + j), v128.load(t + j)));
    }
    for (let i: usize = 0; i < <usize>V; i++) {
      const factor = f32x4.splat(mScale * load<f32>(w + (i << 2)));
      const mRow = m + i * V_ROW;
      for (let j: usize = 0; j < V_ROW; j += 16) {
        v128.store(mRow + j, madd(factor, v128.load(w + j), v128.load(mRow + j)));
      }
    }
  }
  if (step > 0) foldWeights(job, step - 1, group);
}

function vectorTimesMatrix(vector: usize, matrix: usize, out: usize): void {
  for (let j: usize = 0; j < V_ROW; j += 16) {
    let total = f32x4.splat(0);
    for (let i: usize = 0; i < <usize>V; i++) {
      total = madd(
        v128.load32_splat(vector + (i << 2)),
        v128.load(matrix + i * V_ROW + j),
        total,
      );
    }
    v128.store(out + j, total);
  }
}
