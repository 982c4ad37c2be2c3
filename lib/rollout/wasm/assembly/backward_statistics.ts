// Backward, once a step and group: what batch norm's statistics pass on. From the sums over the
// firing cells, D = Σ dy (v − mean)ᵀ and d = Σ dy, with G the covariance:
//
//   r = inv · rowsum(W1 · D),  dβ += d,  dγ += r,  dW1 += γ·inv · (D − r·inv · (W1 G)),
//   M = −W1ᵀ diag(γ·inv²·r/N) W1,  t = −W1ᵀ (γ·inv·d/N),
//
// and every cell, firing or not, gets M (v − mean) + t.

import { CHUNK_GRADIENTS_D, CHUNK_GRADIENTS_D_BIAS, CHUNK_GRADIENTS_D_BYTES } from "./buffers";
import {
  chunkGradientsAt,
  GROUP_GRADIENTS_BETA,
  GROUP_GRADIENTS_GAMMA,
  groupGradientsAt,
} from "./buffers";
import { GROUP_GRADIENTS_W1, GROUP_GRADIENTS_W1_BYTES, H, H_ROW, Job } from "./buffers";
import { SCRATCH_D, SCRATCH_D_BIAS, SCRATCH_PRODUCT, STATS_COVARIANCE } from "./buffers";
import { STATS_INVERSE, V_ROW, WORK_MAP, WORK_MAP_BYTES, WORK_SHIFT, workAt } from "./buffers";
import { dense, map } from "./products";
import { accumulate, madd, sum } from "./simd";
import { foldWeights, statsOf } from "./statistics";

/** Clears a group's sums and folds the weights of the last step. */
export function startGroup(job: Job, group: i32): void {
  const sums = groupGradientsAt(job, group);
  memory.fill(sums + GROUP_GRADIENTS_W1, 0, GROUP_GRADIENTS_W1_BYTES);
  memory.fill(sums + GROUP_GRADIENTS_GAMMA, 0, H_ROW);
  memory.fill(sums + GROUP_GRADIENTS_BETA, 0, H_ROW);
  foldWeights(job, <i32> job.steps - 1, group);
}

/** A group's share of the gradients at a step, M and t; then folds the weights of the step before. */
export function finishGroup(job: Job, step: i32, group: i32, scratch: usize): void {
  const all = job.groups == 1;
  const chunks = all ? <i32> job.chunks : <i32> job.chunksPerSlice;
  const first = all ? 0 : group * chunks;
  const n = <f32> (<i32> (job.height * job.width)) * (all ? <f32> job.batch : 1);
  const d = scratch + SCRATCH_D;
  const dBias = scratch + SCRATCH_D_BIAS;
  const wg = scratch + SCRATCH_PRODUCT;
  memory.copy(d, chunkGradientsAt(job, first) + CHUNK_GRADIENTS_D, CHUNK_GRADIENTS_D_BYTES);
  memory.copy(dBias, chunkGradientsAt(job, first) + CHUNK_GRADIENTS_D_BIAS, H_ROW);
  for (let i = first + 1; i < first + chunks; i++) {
    accumulate(d, chunkGradientsAt(job, i) + CHUNK_GRADIENTS_D, CHUNK_GRADIENTS_D_BYTES);
    accumulate(dBias, chunkGradientsAt(job, i) + CHUNK_GRADIENTS_D_BIAS, H_ROW);
  }

  const stats = statsOf(job, step, group);
  const out = groupGradientsAt(job, group);
  const m = workAt(job, group) + WORK_MAP;
  const t = workAt(job, group) + WORK_SHIFT;
  memory.fill(t, 0, V_ROW);
  dense(job.w1, stats + STATS_COVARIANCE, job.zeros, wg, H);
  accumulate(out + GROUP_GRADIENTS_BETA, dBias, H_ROW);
  for (let h: usize = 0; h < <usize> H; h++) {
    const w = <usize> job.w1 + h * V_ROW;
    const row = d + h * V_ROW;
    // A row of W1 G, in whose place that of diag(γ·inv²·r/N) W1 goes
    const scaled = wg + h * V_ROW;
    let product = f32x4.splat(0);
    for (let j: usize = 0; j < V_ROW; j += 16) {
      product = madd(v128.load(w + j), v128.load(row + j), product);
    }
    const inverse = load<f32>(stats + STATS_INVERSE + (h << 2));
    const scale = inverse * load<f32>(<usize> job.gamma + (h << 2));
    const r = inverse * sum(product);
    const gamma = out + GROUP_GRADIENTS_GAMMA + (h << 2);
    store<f32>(gamma, load<f32>(gamma) + r);

    const ri = f32x4.splat(-r * inverse);
    const s = f32x4.splat(scale);
    const tScale = f32x4.splat(-scale * load<f32>(dBias + (h << 2)) / n);
    const mScale = f32x4.splat(-scale * inverse * r / n);
    for (let j: usize = 0; j < V_ROW; j += 16) {
      const gradient = madd(ri, v128.load(scaled + j), v128.load(row + j));
      const at = out + GROUP_GRADIENTS_W1 + h * V_ROW + j;
      v128.store(at, madd(s, gradient, v128.load(at)));
      v128.store(t + j, madd(tScale, v128.load(w + j), v128.load(t + j)));
      v128.store(scaled + j, f32x4.mul(mScale, v128.load(w + j)));
    }
  }
  memory.fill(m, 0, WORK_MAP_BYTES);
  map(wg, job.w1, m, H);
  if (step > 0) foldWeights(job, step - 1, group);
}
